import { readJson, readNxJson, updateJson, type NxJsonConfiguration, type Tree } from '@nx/devkit';
import { createTreeWithEmptyWorkspace } from '@nx/devkit/testing';
import { initGenerator } from './init';

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
