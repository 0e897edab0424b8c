/** `nx add nx-lambda-python`: makes the plugin known to the workspace. Running it again changes nothing. */

import {
  addDependenciesToPackageJson,
  formatFiles,
  readJson,
  readJsonFile,
  readNxJson,
  updateNxJson,
  type GeneratorCallback,
  type Tree,
} from '@nx/devkit';
import { join } from 'node:path';
import { addIgnoreEntries } from '../ignore-file';
import { reporting } from '../report';
import type { InitGeneratorSchema } from './schema';

export const PLUGIN = 'nx-lambda-python';

/**
 * Defaults by a target's name, `"build": { "inputs": ["production", "^production"] }`, would replace what is inferred:
 * Nx takes those of the executor instead where there are some, and none of the name's.
 */
const OWN_DEFAULTS = ['build', 'upload', 'deploy'].map((name) => `${PLUGIN}:${name}`);

// What builds write, and where the simulated account keeps its state.
const OUTPUTS = ['dist', '.nx-lambda-python'];

export default reporting(initGenerator);

export async function initGenerator(
  tree: Tree,
  options: InitGeneratorSchema,
): Promise<GeneratorCallback> {
  registerPlugin(tree);
  addIgnoreEntries(tree, '.', OUTPUTS);
  const install = options.skipPackageJson ? () => undefined : addPackage(tree, options);
  if (!options.skipFormat) await formatFiles(tree);
  return install;
}

function registerPlugin(tree: Tree): void {
  const nxJson = readNxJson(tree) ?? {};
  const { plugins = [], targetDefaults = {} } = nxJson;
  const isRegistered = plugins.some(
    (entry) => (typeof entry === 'string' ? entry : entry.plugin) === PLUGIN,
  );
  const missing = OWN_DEFAULTS.filter((name) => !(name in targetDefaults));
  if (isRegistered && missing.length === 0) return;
  updateNxJson(tree, {
    ...nxJson,
    plugins: isRegistered ? plugins : [...plugins, PLUGIN],
    targetDefaults: {
      ...targetDefaults,
      ...Object.fromEntries(missing.map((name) => [name, {}])),
    },
  });
}

function addPackage(tree: Tree, { keepExistingVersions }: InitGeneratorSchema): GeneratorCallback {
  if (!tree.exists('package.json')) return () => undefined;
  const existing = existingVersion(tree);
  // A tarball, a link or a workspace reference is a choice that no version replaces.
  const isChosen = existing !== undefined && !/^[\^~]?\d/.test(existing);
  if (existing !== undefined && (isChosen || keepExistingVersions)) return () => undefined;
  return addDependenciesToPackageJson(tree, {}, { [PLUGIN]: ownVersion() });
}

function existingVersion(tree: Tree): string | undefined {
  const { dependencies, devDependencies } = readJson<{
    dependencies?: Record<string, string>;
    devDependencies?: Record<string, string>;
  }>(tree, 'package.json');
  return devDependencies?.[PLUGIN] ?? dependencies?.[PLUGIN];
}

function ownVersion(): string {
  return readJsonFile<{ version: string }>(join(__dirname, '../../../package.json')).version;
}
