/** `nx add nx-lambda-python`: registers the plugin in the workspace. Running it again changes nothing. */

import {
  addDependenciesToPackageJson,
  formatFiles,
  joinPathFragments,
  logger,
  parseJson,
  readJson,
  readJsonFile,
  readNxJson,
  updateNxJson,
  type GeneratorCallback,
  type NxJsonConfiguration,
  type Tree,
} from '@nx/devkit';
import { join } from 'node:path';
import { reporting } from '../generator';
import type { InitGeneratorSchema } from './schema';

export const PLUGIN = 'nx-lambda-python';

/**
 * Defaults by a target's name, `"build": { "inputs": ["production", "^production"] }`, replace what is inferred, unless
 * there are defaults of the executor: then Nx takes only those.
 */
const OWN_DEFAULTS = ['build', 'upload', 'deploy'].map((name) => `${PLUGIN}:${name}`);

// Where builds write, and where the simulated account keeps its state.
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

/** Migration to 0.2: workspaces that were set up before have no defaults for the executors. */
export async function addExecutorDefaults(tree: Tree): Promise<void> {
  if (!isRegistered(readNxJson(tree) ?? {})) return;
  registerPlugin(tree);
  await formatFiles(tree);
}

export function isRegistered({ plugins = [] }: NxJsonConfiguration): boolean {
  return plugins.some((entry) => (typeof entry === 'string' ? entry : entry.plugin) === PLUGIN);
}

function registerPlugin(tree: Tree): void {
  const nxJson = readNxJson(tree) ?? {};
  const { plugins = [], targetDefaults = {} } = nxJson;
  const hasPlugin = isRegistered(nxJson);
  const missing = OWN_DEFAULTS.filter((name) => !(name in targetDefaults));
  if (hasPlugin && missing.length === 0) return;
  const registered = hasPlugin ? nxJson : { ...nxJson, plugins: [...plugins, PLUGIN] };
  const defaults = Object.fromEntries(missing.map((name) => [name, {}]));
  const wanted = { ...registered, targetDefaults: { ...targetDefaults, ...defaults } };
  const text = tree.read('nx.json', 'utf-8') ?? '';
  if (!hasComments(text)) return updateNxJson(tree, wanted);
  const written = hasPlugin ? text : firstThatSays(withPlugin(text), registered);
  const complete = written && firstThatSays(withDefaults(written, missing), wanted);
  if (complete !== undefined) return tree.write('nx.json', complete);
  logger.warn(
    `nx.json was not changed, to keep its comments: add "${PLUGIN}" to its "plugins", and ${missing.map((name) => `"${name}": {}`).join(', ')} to its "targetDefaults"`,
  );
}

function hasComments(text: string): boolean {
  try {
    JSON.parse(text);
    return false;
  } catch {
    return text.trim() !== '';
  }
}

/** The first text that parses to `wanted`: an edit of the text keeps the comments, which Nx drops when it writes nx.json. */
function firstThatSays(texts: readonly string[], wanted: object): string | undefined {
  const facts = (json: object) => JSON.stringify(Object.entries(json).sort());
  return texts.find((text) => {
    try {
      return facts(parseJson<object>(text)) === facts(wanted);
    } catch {
      return false;
    }
  });
}

function withPlugin(text: string): string[] {
  const own = JSON.stringify(PLUGIN);
  return [
    text.replace(/"plugins"\s*:\s*\[(?=\s*\])/, (start) => `${start}${own}`),
    // Before the bracket that ends the list, wherever that is.
    ...[...text.matchAll(/,?\s*\]/g)].map(
      ({ index, 0: end }) =>
        `${text.slice(0, index)}, ${own}${end}${text.slice(index + end.length)}`,
    ),
    text.replace(/\{/, (start) => `${start}\n  "plugins": [${own}],`),
  ];
}

function withDefaults(text: string, names: readonly string[]): string[] {
  const own = names.map((name) => `${JSON.stringify(name)}: {}`).join(', ');
  return [
    // At the end, as `wanted` has them; whether there is anything before decides the comma.
    ...[...text.matchAll(/,?\s*\}/g)].flatMap(({ index, 0: end }) => {
      const [before, after] = [text.slice(0, index), text.slice(index + end.length)];
      return [`${before}, ${own}${end}${after}`, `${before}${own}${end}${after}`];
    }),
    text.replace(/\{/, (start) => `${start}\n  "targetDefaults": { ${own} },`),
  ];
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

/** The entries that a .gitignore lacks in any spelling: `dist`, `/dist` and `dist/` are the same. */
export function missingEntries(
  tree: Tree,
  directory: string,
  entries: readonly string[],
): string[] {
  const text = tree.read(ignoreFile(directory), 'utf-8') ?? '';
  const present = new Set(text.split(/\r?\n/).map(bare));
  return entries.filter((entry) => !present.has(bare(entry)));
}

/** Adds missing entries at the end. */
export function addIgnoreEntries(tree: Tree, directory: string, entries: readonly string[]): void {
  const missing = missingEntries(tree, directory, entries);
  if (missing.length === 0) return;
  const file = ignoreFile(directory);
  const text = tree.read(file, 'utf-8') ?? '';
  const separator = text === '' || text.endsWith('\n') ? '' : '\n';
  tree.write(file, `${text}${separator}${missing.join('\n')}\n`);
}

function ignoreFile(directory: string): string {
  return joinPathFragments(directory, '.gitignore');
}

function bare(entry: string): string {
  return entry.trim().replace(/^\/|\/$/g, '');
}
