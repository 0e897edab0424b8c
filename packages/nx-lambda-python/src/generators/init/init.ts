/** `nx add nx-lambda-python`: makes the plugin known to the workspace. Running it again changes nothing. */

import {
  addDependenciesToPackageJson,
  formatFiles,
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
import { addIgnoreEntries } from '../ignore-file';
import { reporting } from '../report';
import type { InitGeneratorSchema } from './schema';

export const PLUGIN = 'nx-lambda-python';

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
  const plugins = nxJson.plugins ?? [];
  const isRegistered = plugins.some(
    (entry) => (typeof entry === 'string' ? entry : entry.plugin) === PLUGIN,
  );
  if (isRegistered) return;
  const wanted = { ...nxJson, plugins: [...plugins, PLUGIN] };
  const text = tree.read('nx.json', 'utf-8') ?? '';
  if (!hasComments(text)) return updateNxJson(tree, wanted);
  const written = withPlugin(text, wanted);
  if (written !== undefined) return tree.write('nx.json', written);
  logger.warn(
    `nx.json was not changed, since its comments would be lost: add "${PLUGIN}" to its "plugins"`,
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

/** Nx writes nx.json anew, without its comments: the plugin goes into the text, where that says what is wanted. */
function withPlugin(text: string, wanted: NxJsonConfiguration): string | undefined {
  const own = JSON.stringify(PLUGIN);
  const candidates = [
    text.replace(/"plugins"\s*:\s*\[(?=\s*\])/, (start) => `${start}${own}`),
    // Before the bracket that ends the list, wherever that is.
    ...[...text.matchAll(/,?\s*\]/g)].map(
      ({ index, 0: end }) =>
        `${text.slice(0, index)}, ${own}${end}${text.slice(index + end.length)}`,
    ),
    text.replace(/\{/, (start) => `${start}\n  "plugins": [${own}],`),
  ];
  const facts = (json: object) => JSON.stringify(Object.entries(json).sort());
  return candidates.find((candidate) => {
    try {
      return facts(parseJson<object>(candidate)) === facts(wanted);
    } catch {
      return false;
    }
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
