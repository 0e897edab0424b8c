/** What is published: the plugin, and nothing that only its tests need. */

import { execFileSync } from 'node:child_process';
import { TARBALL } from '../../tools/workspace-root';

describe('the tarball', () => {
  const paths = execFileSync('tar', ['-tzf', TARBALL], { encoding: 'utf8' }).trim().split('\n');

  it('has the plugin and its pages', () => {
    expect(paths).toEqual(
      expect.arrayContaining([
        'package/src/plugin.js',
        'package/executors.json',
        'package/migrations.json',
        'package/docs/pip-differences.md',
      ]),
    );
  });

  it('has the grammar of Python with its runtime and its licence, and no other grammar', () => {
    const directory = 'package/src/python/tree-sitter/';
    expect(
      paths
        .filter((path) => path.includes(directory) || path.endsWith('.wasm'))
        .map((path) => path.slice(directory.length))
        .sort(),
    ).toEqual([
      'LICENSE',
      ...['tree-sitter-python.wasm', 'tree-sitter.js', 'tree-sitter.wasm'].map(
        (name) => `wasm/${name}`,
      ),
    ]);
  });

  it('says where it comes from, and does not depend on what it carries', () => {
    const manifest = JSON.parse(
      execFileSync('tar', ['-xzOf', TARBALL, 'package/package.json'], { encoding: 'utf8' }),
    ) as { dependencies: object; repository: object };
    expect(manifest.repository).toMatchObject({ url: expect.stringMatching(/^git\+https:/) });
    expect(Object.keys(manifest.dependencies)).not.toContain('@vscode/tree-sitter-wasm');
  });

  it('has no specs, fixtures or hostile archives', () => {
    expect(
      paths.filter((path) => /\.(spec|fixtures)\.|\/corpus\/|\.(zip|whl)$/.test(path)),
    ).toEqual([]);
  });
});
