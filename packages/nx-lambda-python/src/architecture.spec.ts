/** Holds the sources to the import table of docs/architecture.md. */

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';

const SOURCES = __dirname;
const PAGE = join(SOURCES, '..', '..', '..', 'docs', 'architecture.md');
/** Every folder may import these. */
const COMMON = ['errors', 'report', 'schemas'];
const MAX_LINES = 400;

interface Rule {
  folders: string[];
  packages: string[];
  nodeModules: string[];
}

function readTable(): Map<string, Rule> {
  const rows = readFileSync(PAGE, 'utf8')
    .split('\n')
    .filter((line) => /^\| `/.test(line))
    .map((line) =>
      line.split('|').map((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word)),
    );
  return new Map(
    rows.map(([, [folder = ''] = [], folders = [], packages = [], nodeModules = []]) => [
      folder,
      { folders, packages, nodeModules },
    ]),
  );
}

/** Of what is shipped: specs and fixtures may import what they like. */
const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter(
  (path) =>
    path.endsWith('.ts') &&
    !/\.(spec|fixtures|d)\.ts$/.test(path) &&
    !path.split(sep).includes('files') &&
    statSync(join(SOURCES, path)).isFile(),
);

function importsOf(path: string): string[] {
  const text = readFileSync(join(SOURCES, path), 'utf8');
  const forms = /(?:^(?:import|export)[^;]*?from\s+|import\(|require(?:\.resolve)?\()'([^']+)'/gm;
  return [...text.matchAll(forms)].map(([, name = '']) => name);
}

/** Why this import is not allowed; undefined where it is. */
function complaint(path: string, imported: string, rule: Rule, own: string): string | undefined {
  if (imported.startsWith('.')) {
    const [folder = ''] = normalize(join(dirname(path), imported)).split(sep);
    const isAllowed = folder === own || COMMON.includes(folder) || rule.folders.includes(folder);
    return isAllowed ? undefined : `${path} imports ${folder}`;
  }
  if (imported.startsWith('node:')) {
    const [name = ''] = imported.slice('node:'.length).split('/');
    return rule.nodeModules.includes(name) ? undefined : `${path} imports ${imported}`;
  }
  const name = imported
    .split('/')
    .slice(0, imported.startsWith('@') ? 2 : 1)
    .join('/');
  return rule.packages.includes(name) ? undefined : `${path} imports ${imported}`;
}

describe('the sources', () => {
  const table = readTable();

  it('lie in the folders of the table', () => {
    const folders = new Set(
      files.filter((path) => path.includes(sep)).map((path) => path.split(sep)[0] ?? ''),
    );
    folders.add('schemas');
    expect([...folders].sort()).toEqual([...table.keys()].sort());
  });

  it('import only what the table allows', () => {
    const complaints = files.flatMap((path) => {
      const [own = ''] = path.split(sep);
      const rule = table.get(own);
      return rule ? importsOf(path).flatMap((name) => complaint(path, name, rule, own) ?? []) : [];
    });
    expect(complaints).toEqual([]);
  });

  it('load the devkit in no command of Nx that is not about this plugin: the graph has its types alone', () => {
    const loaders = files.filter(
      (path) =>
        path.startsWith(`graph${sep}`) &&
        /^import (?!type )[^;]*from '@nx\/devkit'/m.test(readFileSync(join(SOURCES, path), 'utf8')),
    );
    expect(loaders).toEqual([]);
  });

  it('load execa in one file', () => {
    const loaders = files.filter((path) => importsOf(path).includes('execa'));
    expect(loaders).toEqual([join('platform', 'process', 'exec.ts')]);
  });

  it(`have at most ${MAX_LINES} lines each`, () => {
    const long = files.filter(
      (path) => readFileSync(join(SOURCES, path), 'utf8').split('\n').length > MAX_LINES,
    );
    expect(long).toEqual([]);
  });
});
