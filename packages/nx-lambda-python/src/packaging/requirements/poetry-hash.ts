/** The hash of pyproject.toml by which Poetry knows whether its lock is current. */

import { hexDigest } from './canonical-json';
import { poetryTable } from './poetry-project';
import { tableOf, type TomlTable } from './toml';

const PROJECT_KEYS = ['requires-python', 'dependencies', 'optional-dependencies'];
/** Those of Poetry 1.0, which count even where they are missing. */
const FIRST_KEYS = ['dependencies', 'source', 'extras', 'dev-dependencies'];

/** Whether a lock with this `content-hash` was made from the project as it is now. */
export function isPoetryHash(hash: string, project: TomlTable): boolean {
  // Poetry before 2.3 did not look at `[dependency-groups]`.
  const groups = [tableOf(project['dependency-groups']), {}];
  return groups.some((one) => hash === contentHash(project, one));
}

function contentHash(document: TomlTable, groups: TomlTable): string {
  const poetry = poetryTable(document);
  const project = present(tableOf(document['project']), PROJECT_KEYS);
  const standard = {
    ...(Object.keys(project).length > 0 && { project }),
    ...(Object.keys(groups).length > 0 && { 'dependency-groups': groups }),
  };
  const own = present(poetry, [...FIRST_KEYS, 'group']);
  const missing = Object.fromEntries(FIRST_KEYS.map((key) => [key, null]));
  const content =
    Object.keys(standard).length > 0
      ? { ...standard, tool: { poetry: own } }
      : { ...missing, ...own };
  return hexDigest(pythonJson(content));
}

function present(table: TomlTable, keys: readonly string[]): TomlTable {
  return Object.fromEntries(keys.flatMap((key) => (key in table ? [[key, table[key]]] : [])));
}

/** As `json.dumps(value, sort_keys=True)` writes it. */
function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => `${pythonJson(key)}: ${pythonJson(member)}`);
    return `{${members.join(', ')}}`;
  }
  if (typeof value !== 'string') return String(value);
  return JSON.stringify(value).replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
