/** Names that Python can import: identifiers, packages, and the modules that files are. */

// Source: `keyword.kwlist`, the same in Python 3.9 to 3.14. Soft keywords (match, case, type) are fine as names.
const KEYWORDS: ReadonlySet<string> = new Set(
  `False None True and as assert async await break class continue def del elif else except finally
   for from global if import in is lambda nonlocal not or pass raise return try while with yield`
    .split(/\s+/)
    .filter(Boolean),
);

/** What a name must be, for the messages that refuse one. */
export const IDENTIFIER_RULE =
  'use letters, digits and `_`, start with a letter, and avoid the keywords of Python';

/** True for a name that `import` and `def` accept: Unicode letters count, keywords do not. */
export function isPythonIdentifier(name: string): boolean {
  return /^[\p{XID_Start}_]\p{XID_Continue}*$/u.test(name) && !KEYWORDS.has(name);
}

/** True for `orders` and `company.orders`. */
export function isImportPackage(name: string): boolean {
  return name.split('.').every(isPythonIdentifier);
}

/** `my-orders` → `my_orders`, `@scope/Orders` → `orders`; undefined if that gives no identifier, as for `2fa`. */
export function importPackageFor(projectName: string): string | undefined {
  const unscoped = projectName.split('/').at(-1) ?? '';
  const name = unscoped
    .toLowerCase()
    .replace(/[^\p{XID_Continue}]+/gu, '_')
    .replace(/^_+|_+$/g, '');
  return isPythonIdentifier(name) ? name : undefined;
}

/** `orders/handlers/create.py` → `orders.handlers.create`; a package's `__init__.py` is the package. */
export function moduleName(path: string): string {
  return path
    .replace(/\.py$/, '')
    .replace(/\/__init__$/, '')
    .replaceAll('/', '.');
}

/**
 * The top-level name under which Python imports a file, `yaml` of `yaml/nodes.py` and `six` of `six.py`; undefined
 * for a file that is not a module. A directory is a regular package if it has an `__init__`.
 */
export function topLevelModule(path: string): { name: string; isRegular: boolean } | undefined {
  const [first = '', ...rest] = path.split('/');
  const file = rest.at(-1) ?? first;
  const [stem = ''] = (rest[0] ?? first).split('.');
  const name = rest.length > 0 ? first : stem;
  if (!/\.(?:py|pyc|so)$/.test(file) || !isPythonIdentifier(name) || name === '__pycache__') {
    return undefined;
  }
  return { name, isRegular: rest.length === 0 || (rest.length === 1 && stem === '__init__') };
}
