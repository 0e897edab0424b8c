import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { KeyComponents } from '../packaging/requirements-key';
import type { StoredWheel } from '../packaging/wheel-set';
import { buildWheel } from '../packaging/wheel/wheel.fixtures';
import { readLocalContent } from '../platform/files/local-files';
import { inputOf } from '../platform/pip/pip.fixtures';
import { admitWheel } from '../platform/store/store.fixtures';
import { DiskWheelStore } from '../platform/store/wheel-store';
import { temporaryDirectory } from '../temporary.fixtures';
import { followEdits, keepTrees, librariesOf, makeCanonical } from './library-edits';

const FILES = { 'src/common/__init__.py': 'RATE = 1\n', 'tests/test_it.py': '' };
const PYPROJECT = `[project]
name = "common"
version = "1.0"
`;

let root: string;
let store: DiskWheelStore;
let other: StoredWheel;

beforeEach(async () => {
  root = temporaryDirectory();
  store = new DiskWheelStore(join(root, 'v1'));
  other = await admitWheel(store, 'other');
  writeLibrary({ ...FILES, 'pyproject.toml': PYPROJECT });
  const wheel = await store.withDirectory((directory) => {
    const { filename, bytes } = buildWheel({
      name: 'common',
      files: { 'common/__init__.py': 'RATE = 1\n' },
    });
    const path = join(directory, filename);
    writeFileSync(path, bytes);
    makeCanonical([path], read().libraries);
    return store.admit(path, () => Promise.resolve({ name: 'common', version: '1.0' }));
  });
  const { libraries, components } = read();
  store.writeSet({ requirementsKey: 'a', image: 'i@b', engine: 'docker', wheels: [wheel, other] });
  keepTrees(components, 'a', libraries, store);
});

function writeLibrary(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    const file = join(root, 'libs/common', path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

function read(options: string[] = []) {
  const none = { archives: [], findLinks: [] };
  const { files, trees, digests } = readLocalContent(root, { ...none, trees: ['libs/common'] }, '');
  const required = inputOf('requirements.txt', '-e libs/common\n', { localFiles: files });
  const meaning = { requirements: [], constraints: [], options, content: digests };
  const components: KeyComponents = {
    ...{ meaning, runtime: 'python3.11', architecture: 'x86_64', dependencies: 'wheels' },
    ...{ place: 'host', imageDigest: null, pipArguments: [], pipEnvironment: {} },
  };
  return { libraries: librariesOf({ required, trees }), components };
}

function follow(options?: string[]) {
  const { libraries, components } = read(options);
  return followEdits(components, libraries, store);
}

it('an edit of what the wheel copies gives its wheel, with the others of the same set', async () => {
  writeLibrary({ 'src/common/__init__.py': 'RATE = 2\n', 'tests/test_it.py': 'x' });
  const following = follow();
  expect(following?.what).toBe('libs/common (2 files)');
  await store.withDirectory((directory) => {
    expect(following?.resolve(directory)).toEqual({
      files: [join(directory, 'common-1.0-py3-none-any.whl')],
      ...{ kept: [other], image: 'i@b', engine: 'docker' },
    });
    return Promise.resolve();
  });
});

it.each<[string, Readonly<Record<string, string>>, string[]?]>([
  ['a new file', { 'src/common/new.py': '' }],
  ['an edit of pyproject.toml', { 'pyproject.toml': `${PYPROJECT}description = ""\n` }],
  ['another requirement beside it', {}, ['--pre']],
  ['a plugin', { 'pyproject.toml': `${PYPROJECT}[build-system]\nrequires = ["x"]\n` }],
])('%s has pip build it', (_, files, options = []) => {
  writeLibrary(files);
  expect(follow(options)).toBeUndefined();
});

it('distributions of the image that may take part in builds have pip build it', () => {
  const { libraries, components } = read();
  const pipArguments = ['--no-build-isolation'];
  keepTrees({ ...components, pipArguments }, 'a', libraries, store);
  writeLibrary({ 'tests/test_it.py': 'x' });
  const edited = read();
  expect(followEdits({ ...edited.components, pipArguments }, edited.libraries, store)).toBe(
    undefined,
  );
});

it('a wheel that was damaged in the store has pip build it', () => {
  const [wheel] = store.readSet('a')?.wheels ?? [];
  writeFileSync(store.wheelPath(wheel ?? other), 'x'.repeat(wheel?.size ?? 0));
  writeLibrary({ 'src/common/__init__.py': 'RATE = 2\n' });
  expect(follow()).toBeUndefined();
});

it('a file that is edited again meanwhile has the build read all again', () => {
  writeLibrary({ 'src/common/__init__.py': 'RATE = 2\n' });
  const { libraries, components } = read();
  writeLibrary({ 'src/common/__init__.py': 'RATE = 3\n' });
  expect(() => followEdits(components, libraries, store)).toThrow('changed during the build');
});
