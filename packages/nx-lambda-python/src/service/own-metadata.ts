/** `metadata = true` in the marker: the service as a distribution, for code that asks importlib.metadata for its version. */

import { asTable, tryParse, type MarkerTable } from './pyproject';
import { TomlError } from 'smol-toml';

export interface OwnMetadata {
  /** As [project] spells it. */
  name: string;
  version: string;
}

/** @throws MARKER_INVALID without a name and a version that stand in the file */
export function readOwnMetadata(table: MarkerTable, text: string): OwnMetadata | undefined {
  const value = table.values['metadata'];
  if (value === undefined || value === false) return undefined;
  if (value !== true) {
    throw table.wrongType('metadata', value, 'true or false', 'metadata = true');
  }
  const document = tryParse(text);
  const project = document instanceof TomlError ? undefined : asTable(document['project']);
  const { name, version } = project ?? {};
  const isName = typeof name === 'string' && /^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/i.test(name);
  if (isName && typeof version === 'string' && /^[\w.!+-]+$/.test(version)) {
    return { name, version };
  }
  throw table.invalid(
    'metadata',
    '`metadata` needs `name` and `version` under `[project]`, since a package has those of its own text',
    'add both: `[project]` with `name = "orders"` and `version = "1.2.0"`, or remove `metadata`',
  );
}

/** The one file that importlib.metadata needs, at the top of the package. */
export function metadataFile({ name, version }: OwnMetadata): { path: string; text: string } {
  // > Recording installed projects: name and version, with `_` for `-`.
  const directory = [name.replace(/[-_.]+/g, '_').toLowerCase(), version.replaceAll('-', '_')];
  return {
    path: `${directory.join('-')}.dist-info/METADATA`,
    text: `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`,
  };
}
