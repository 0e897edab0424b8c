import {
  logger,
  readJson,
  readNxJson,
  updateJson,
  type NxJsonConfiguration,
  type Tree,
} from '@nx/devkit';
import { createTreeWithEmptyWorkspace } from '@nx/devkit/testing';
import { addExecutorDefaults, initGenerator } from './init';

let tree: Tree;
beforeEach(() => {
  tree = createTreeWithEmptyWorkspace();
});

const init = (options = {}) => initGenerator(tree, { skipFormat: true, ...options });

it('registers the plugin once, and adds itself to package.json', async () => {
  await init();
  const files = () =>
    ['nx.json', 'package.json', '.gitignore'].map((path) => tree.read(path, 'utf-8'));
  const first = files();
  expect(readNxJson(tree)?.plugins).toEqual(['nx-lambda-python']);
  const { devDependencies } = readJson(tree, 'package.json');
  expect(devDependencies).toEqual({ 'nx-lambda-python': expect.stringMatching(/^\d+\.\d+\.\d+/) });
  await init();
  expect(files()).toEqual(first);
});

it.each([
  ['{\n  // why\n  "plugins": []\n}\n', '{\n  // why\n  "plugins": ["nx-lambda-python"]\n}\n'],
  [
    '{\n  "plugins": [\n    { "plugin": "@nx/js", "include": ["a"] }, // ours\n    "@nx/x" /* too */\n  ]\n}\n',
    '{\n  "plugins": [\n    { "plugin": "@nx/js", "include": ["a"] }, // ours\n    "@nx/x" /* too */, "nx-lambda-python"\n  ]\n}\n',
  ],
  [
    '// the workspace\n{\n  "defaultBase": "main" // ours\n}\n',
    '// the workspace\n{\n  "plugins": ["nx-lambda-python"],\n  "defaultBase": "main" // ours\n}\n',
  ],
])('keeps the comments of %j', async (text, expected) => {
  tree.write('nx.json', text);
  await init();
  const defaults = ['build', 'upload', 'deploy'].map((name) => `"nx-lambda-python:${name}": {}`);
  const own = `{\n  "targetDefaults": { ${defaults.join(', ')} },`;
  expect(tree.read('nx.json', 'utf-8')).toBe(expected.replace('{', own));
  expect(readNxJson(tree)?.plugins).toContain('nx-lambda-python');
});

it('keeps the comments of defaults that are there', async () => {
  const nxJson = (more: string) =>
    `{ "plugins": ["nx-lambda-python"], "targetDefaults": { "build": {} /* all */${more} } }`;
  tree.write('nx.json', nxJson(', "nx-lambda-python:upload": {}'));
  await init();
  const added = ', "nx-lambda-python:build": {}, "nx-lambda-python:deploy": {}';
  expect(tree.read('nx.json', 'utf-8')).toBe(nxJson(`, "nx-lambda-python:upload": {}${added}`));
});

it('leaves an nx.json alone where only a rewrite would do', async () => {
  const warn = jest.spyOn(logger, 'warn').mockImplementation(() => undefined);
  const text = '{ "plugins": [\n"@nx/js" // the last\n] }';
  tree.write('nx.json', text);
  await init();
  expect(tree.read('nx.json', 'utf-8')).toBe(text);
  expect(warn).toHaveBeenCalledWith(
    expect.stringContaining('add "nx-lambda-python" to its "plugins"'),
  );
  warn.mockRestore();
});

it('keeps other plugins, and a registration with options', async () => {
  const plugins = ['@nx/js', { plugin: 'nx-lambda-python', options: { deploy: false } }];
  updateJson<NxJsonConfiguration>(tree, 'nx.json', (json) => ({ ...json, plugins }));
  await init();
  expect(readNxJson(tree)?.plugins).toEqual(plugins);
});

it('keeps defaults of a name away from its targets, and those that it has', async () => {
  const targetDefaults = {
    build: { inputs: ['production', '^production'] },
    'nx-lambda-python:deploy': { options: { stage: 'x' } },
  };
  updateJson<NxJsonConfiguration>(tree, 'nx.json', (json) => ({ ...json, targetDefaults }));
  await init();
  expect(readNxJson(tree)?.targetDefaults).toEqual({
    ...targetDefaults,
    'nx-lambda-python:build': {},
    'nx-lambda-python:upload': {},
  });
});

it.each([
  ['file:../nx-lambda-python.tgz', {}, 'file:../nx-lambda-python.tgz'],
  ['workspace:*', {}, 'workspace:*'],
  ['0.0.1', { keepExistingVersions: true }, '0.0.1'],
  ['^0.0.1', {}, expect.stringMatching(/^0\.[1-9]/)],
])('where package.json has %s with %j', async (existing, options, expected) => {
  updateJson(tree, 'package.json', (json) => ({
    ...json,
    devDependencies: { 'nx-lambda-python': existing },
  }));
  await init(options);
  expect(readJson(tree, 'package.json').devDependencies).toEqual({ 'nx-lambda-python': expected });
});

it('adds the defaults to a workspace that was set up before there were any, as a migration', async () => {
  const before = tree.read('nx.json', 'utf-8');
  await addExecutorDefaults(tree);
  expect(tree.read('nx.json', 'utf-8')).toBe(before);
  const plugins = ['nx-lambda-python'];
  updateJson<NxJsonConfiguration>(tree, 'nx.json', (json) => ({ ...json, plugins }));
  await addExecutorDefaults(tree);
  expect(Object.keys(readNxJson(tree)?.targetDefaults ?? {})).toContain('nx-lambda-python:build');
});

it('leaves package.json alone when told to', async () => {
  const before = tree.read('package.json', 'utf-8');
  await init({ skipPackageJson: true });
  expect(tree.read('package.json', 'utf-8')).toBe(before);
});

it('ignores what builds write, once, however it is written', async () => {
  tree.write('.gitignore', '/dist\nnode_modules');
  await init();
  expect(tree.read('.gitignore', 'utf-8')).toBe('/dist\nnode_modules\n.nx-lambda-python\n');
});
