import { parseModule } from '../python/module';
import { RUNTIMES, type Runtime } from '../service/runtimes';
import { readImportGraph } from './import-graph';
import { OwnModules } from './own-modules';
import { reachDigests, type ReachSurroundings } from './reach-digest';
import { hexDigest } from './requirements/canonical-json';

/** By path in the package. */
type Service = Record<string, string>;

const HANDLERS = ['a', 'b', 'c', 'any'];
const SERVICE: Service = {
  'svc/__init__.py': '',
  'svc/handlers/__init__.py': '',
  'svc/handlers/a.py': 'from svc.shared import money\n',
  'svc/handlers/b.py': 'import json\nfrom svc import ring\n',
  'svc/handlers/c.py': 'import yaml\n',
  'svc/handlers/any.py': 'import importlib\nimportlib.import_module(NAME)\n',
  'svc/shared/__init__.py': '',
  'svc/shared/money.py': 'from . import rates\n',
  'svc/shared/rates.py': '',
  'svc/ring.py': 'import svc.back\n',
  'svc/back.py': 'import svc.ring\nimport svc.shared.rates\n',
  'svc/unused.py': '',
  'svc/data.json': '{}',
};
const [RUNTIME, OTHER] = RUNTIMES as [Runtime, Runtime];
const SURROUNDINGS: ReachSurroundings = {
  runtime: RUNTIME,
  architecture: 'arm64',
  dependencies: 'f'.repeat(64),
};

async function digests(
  service: Service,
  surroundings: Partial<ReachSurroundings> = {},
  executable = '',
): Promise<string[]> {
  const files = Object.keys(service)
    .sort()
    .map((path) => {
      const sha256 = hexDigest(service[path] ?? '');
      return { path, sha256, executable: path === executable };
    });
  const own = new OwnModules(files);
  const starts = HANDLERS.map((name) => `svc/handlers/${name}.py`);
  const graph = await readImportGraph(starts, own, (path) => parseModule(service[path] ?? ''));
  return reachDigests(starts, graph, own, files, { ...SURROUNDINGS, ...surroundings });
}

/** Names of handlers that two packages do not do the same for. */
const differing = (some: string[], others: string[]): string =>
  HANDLERS.filter((_, index) => some[index] !== others[index]).join(' ');

it.each<[edited: string, Service, handlers: string]>([
  ['nothing', {}, ''],
  ['a handler', { 'svc/handlers/a.py': 'from svc.shared import money\nX = 1\n' }, 'a any'],
  ['a shared module', { 'svc/shared/money.py': 'from . import rates\nX = 1\n' }, 'a any'],
  ['what a shared module imports', { 'svc/shared/rates.py': 'X = 1\n' }, 'a b any'],
  ['one file of a circle', { 'svc/back.py': 'import svc.ring, svc.shared.rates\n' }, 'b any'],
  ['a package on the way', { 'svc/handlers/__init__.py': 'X = 1\n' }, 'a b c any'],
  ['what no handler imports', { 'svc/unused.py': 'X = 1\n' }, 'any'],
  ['a new module that no handler imports', { 'svc/new.py': '' }, 'any'],
  ['a module that takes the place of another', { 'svc/ring/__init__.py': '' }, 'b any'],
  ['one that takes the place of a distribution', { 'yaml.py': '' }, 'c any'],
  ['one that takes the place of the standard library', { 'json/x.py': '' }, 'a b c any'],
  ["one that takes the place of the runtime's", { 'six.py': '' }, 'a b c any'],
  ['one that Python imports when it starts', { 'sitecustomize.py': '' }, 'a b c any'],
  ['a file that is not Python', { 'svc/data.json': '[]' }, 'a b c any'],
  ['a new one', { 'svc/more.txt': '' }, 'a b c any'],
  ['an import that can be anything', { 'svc/shared/money.py': 'exec(X)\n' }, 'a any'],
])('%s changes', async (_, edit, handlers) => {
  expect(differing(await digests(SERVICE), await digests({ ...SERVICE, ...edit }))).toBe(handlers);
});

it('is another one for each difference in what surrounds the files, and the same for the same', async () => {
  const before = await digests(SERVICE);
  expect(before).toEqual(Array(HANDLERS.length).fill(expect.stringMatching(/^[0-9a-f]{64}$/)));
  const changed: Partial<ReachSurroundings>[] = [
    { runtime: OTHER },
    { architecture: 'x86_64' },
    { dependencies: 'e'.repeat(64) },
    { dependencies: null },
  ];
  for (const one of changed) {
    expect(differing(before, await digests(SERVICE, one))).toBe('a b c any');
  }
  expect(differing(before, await digests(SERVICE, {}, 'svc/shared/rates.py'))).toBe('a b any');
  const turned = Object.fromEntries(Object.entries(SERVICE).reverse());
  expect(await digests(turned)).toEqual(before);
});

it('walks 2,000 modules that import each other in turn', async () => {
  const chain = Object.fromEntries(
    Array.from({ length: 2000 }, (_, index) => [`svc/m${index}.py`, `import svc.m${index + 1}\n`]),
  );
  const service = { ...SERVICE, ...chain, 'svc/handlers/c.py': 'import svc.m0\n' };
  const edited = { ...service, 'svc/m1999.py': 'X = 1\n' };
  expect(differing(await digests(service), await digests(edited))).toBe('c any');
}, 30_000);
