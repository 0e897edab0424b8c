/** What every Nx command loads of the plugin, the largest part of what an unchanged workspace costs. */

import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** Of values alone: types are gone when it runs. */
const IMPORT = /^(?:import|export) (?!type\b)[^;]*? from '([^']+)';/gm;

/** The packages, and the files of the plugin that a file imports, at any depth. */
function loadedBy(file: string, files = new Set<string>(), packages = new Set<string>()) {
  if (files.has(file)) return { files, packages };
  files.add(file);
  for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
    if (name.startsWith('.')) loadedBy(`${join(dirname(file), name)}.ts`, files, packages);
    else if (!name.startsWith('node:')) packages.add(name);
  }
  return { files, packages };
}

describe('the plugin', () => {
  const { files, packages } = loadedBy(join(__dirname, 'plugin.ts'));

  it('loads no package before it has to', () => expect([...packages]).toEqual([]));

  it('loads a small part of its own files', () => {
    const paths = [...files].map((file) => relative(__dirname, file));
    expect(paths).toContain(join('graph', 'graph-cache.ts'));
    expect(paths).not.toContain(join('service', 'marker.ts'));
    expect(paths.length).toBeLessThan(30);
  });
});
