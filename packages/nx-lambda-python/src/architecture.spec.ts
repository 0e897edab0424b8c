/** Holds the sources to the two tables of docs/architecture.md: which folder imports what, and the order inside. */

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';

const SOURCES = __dirname;
const PAGE = join(SOURCES, '..', '..', '..', 'docs', 'architecture.md');
/** Every folder may import these. */
const COMMON = ['errors', 'report', 'schemas'];
const MAX_LINES = 400;
const MAX_EXECUTOR_LINES = 100;
/** Folder names that ignore lists of languages and editors take for output. */
const OUTPUT_NAMES =
  /^(bin|build|cache|coverage|debug|dist|env|lib|logs?|obj|out|output|target|temp|tmp|vendor|venv|wheels)$/i;

interface Rule {
  folders: string[];
  packages: string[];
  nodeModules: string[];
}

/** The words in backticks of each cell, row by row, of the table below `heading`. */
function readTable(heading: string): string[][][] {
  const [, section = ''] = readFileSync(PAGE, 'utf8').split(`\n${heading}\n`);
  const [table = ''] = section.split(/\n#+ /);
  return table
    .split('\n')
    .filter((line) => /^\| `/.test(line))
    .map((line) =>
      line
        .split('|')
        .slice(1)
        .map((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word)),
    );
}

const rules = new Map<string, Rule>(
  readTable('## Imports').map(
    ([[folder = ''] = [], folders = [], packages = [], nodeModules = []]) => [
      folder,
      { folders, packages, nodeModules },
    ],
  ),
);
/** Of each folder its sub-folders from the bottom up; `.` for the files beside them. */
const orders = new Map(
  readTable('### Inside a folder').map(([[folder = ''] = [], order = []]) => [folder, order]),
);

/** Of what is shipped: specs and fixtures may import what they like. */
const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter(
  (path) =>
    path.endsWith('.ts') &&
    !/\.(spec|fixtures|d)\.ts$/.test(path) &&
    !/[/\\]files[/\\]__/.test(path) &&
    statSync(join(SOURCES, path)).isFile(),
);
const texts = new Map(files.map((path) => [path, readFileSync(join(SOURCES, path), 'utf8')]));

/** Of values and of types, as they are written. */
function importsOf(path: string): string[] {
  const forms = /(?:^(?:import|export)[^;]*?from\s+|import\(|require(?:\.resolve)?\()'([^']+)'/gm;
  return [...(texts.get(path) ?? '').matchAll(forms)].map(([, name = '']) => name);
}

/** The source files that a source file imports. */
function filesOf(path: string): string[] {
  return importsOf(path)
    .filter((name) => name.startsWith('.'))
    .map((name) => normalize(join(dirname(path), name)))
    .flatMap((stem) => [`${stem}.ts`, join(stem, 'index.ts')].filter((file) => texts.has(file)));
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

const folderOf = (path: string): string => (path.includes(sep) ? (path.split(sep)[0] ?? '') : '');
const subFolderOf = (path: string): string => path.split(sep).slice(1, -1)[0] ?? '.';

/** Files that import each other in a loop; a walk from every file meets at least one import of each loop. */
function findCircles(): string[][] {
  const finished = new Set<string>();
  const circles: string[][] = [];
  const walk = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) circles.push(trail.slice(start));
    if (start >= 0 || finished.has(path)) return;
    for (const imported of filesOf(path)) walk(imported, [...trail, path]);
    finished.add(path);
  };
  for (const path of files) walk(path, []);
  return circles;
}

describe('the sources', () => {
  it('lie in the folders of the table, none of which an ignore list takes for output', () => {
    const folders = new Set(files.map(folderOf).filter((folder) => folder !== ''));
    expect([...folders, 'schemas'].sort()).toEqual([...rules.keys()].sort());
    const names = new Set(files.flatMap((path) => dirname(path).split(sep)));
    expect([...names].filter((name) => OUTPUT_NAMES.test(name))).toEqual([]);
  });

  it('import only what the table allows', () => {
    const complaints = files.flatMap((path) => {
      const rule = rules.get(folderOf(path));
      return rule
        ? importsOf(path).flatMap((name) => complaint(path, name, rule, folderOf(path)) ?? [])
        : [];
    });
    expect(complaints).toEqual([]);
  });

  it('import all that the table allows', () => {
    const unused = [...rules].flatMap(([folder, rule]) => {
      const own = files.filter((path) => folderOf(path) === folder);
      const names = new Set(own.flatMap(importsOf).map((name) => name.replace('node:', '')));
      const folders = new Set(own.flatMap(filesOf).map(folderOf));
      const isUsed = (name: string) =>
        [...names].some((imported) => imported === name || imported.startsWith(`${name}/`));
      return [
        ...rule.folders.filter((name) => !folders.has(name)),
        ...[...rule.packages, ...rule.nodeModules].filter((name) => !isUsed(name)),
      ].map((name) => `${folder} does not import ${name}`);
    });
    expect(unused).toEqual([]);
  });

  it('import downwards between the sub-folders of a folder', () => {
    const complaints = files.flatMap((path) => {
      const order = orders.get(folderOf(path)) ?? [];
      return filesOf(path)
        .filter((imported) => folderOf(imported) === folderOf(path) && folderOf(path) !== '')
        .map((imported) => [subFolderOf(path), subFolderOf(imported)] as const)
        .filter(
          ([from, to]) =>
            from !== to && !(order.indexOf(from) > order.indexOf(to) && order.includes(to)),
        )
        .map(([, to]) => `${path} imports ${to}`);
    });
    expect(complaints).toEqual([]);
  });

  it('have no circles, of types neither', () => {
    expect(findCircles()).toEqual([]);
  });

  it('have executors of one short file each, none of which imports another', () => {
    const executors = files.filter((path) => folderOf(path) === 'executors');
    expect(executors.flatMap(filesOf).filter((path) => executors.includes(path))).toEqual([]);
    const lines = (path: string): number => (texts.get(path) ?? '').split('\n').length - 1;
    expect(executors.filter((path) => lines(path) > MAX_EXECUTOR_LINES)).toEqual([]);
    expect(executors.filter((path) => subFolderOf(path) !== '.')).toEqual([]);
  });

  it('load the devkit in no command of Nx that is not about this plugin: the graph has its types alone', () => {
    const loaders = files.filter(
      (path) =>
        folderOf(path) === 'graph' &&
        /^import (?!type )[^;]*from '@nx\/devkit'/m.test(texts.get(path) ?? ''),
    );
    expect(loaders).toEqual([]);
  });

  it('load execa in one file', () => {
    const loaders = files.filter((path) => importsOf(path).includes('execa'));
    expect(loaders).toEqual([join('platform', 'process', 'exec.ts')]);
  });

  it(`have at most ${MAX_LINES} lines each`, () => {
    const long = files.filter((path) => (texts.get(path) ?? '').split('\n').length > MAX_LINES);
    expect(long).toEqual([]);
  });
});
