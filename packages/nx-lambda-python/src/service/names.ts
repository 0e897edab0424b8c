/** Names: what Python can import, what Lambda accepts, and how one becomes the other. */

import { LambdaPythonError } from '../errors';
import { codeList, didYouMean } from '../report/nearest';

// Source: `keyword.kwlist`, the same in Python 3.9 to 3.14. Soft keywords (match, case, type) are fine as names.
const KEYWORDS: ReadonlySet<string> = new Set(
  `False None True and as assert async await break class continue def del elif else except finally
   for from global if import in is lambda nonlocal not or pass raise return try while with yield`
    .split(/\s+/)
    .filter(Boolean),
);

/** True for a name that `import` and `def` accept: Unicode letters count, keywords do not. */
export function isPythonIdentifier(name: string): boolean {
  return /^[\p{XID_Start}_]\p{XID_Continue}*$/u.test(name) && !KEYWORDS.has(name);
}

/** True for `orders` and `company.orders`. */
export function isImportPackage(name: string): boolean {
  return name.split('.').every(isPythonIdentifier);
}

/** `my-orders` → `my_orders`, `@scope/Orders` → `orders`; undefined where no identifier comes out, as from `2fa`. */
export function importPackageFor(projectName: string): string | undefined {
  const unscoped = projectName.split('/').at(-1) ?? '';
  const name = unscoped
    .toLowerCase()
    .replace(/[^\p{XID_Continue}]+/gu, '_')
    .replace(/^_+|_+$/g, '');
  return isPythonIdentifier(name) ? name : undefined;
}

export interface FunctionNameValues {
  /** The Nx project. */
  project: string;
  /** The handler's name. */
  handler: string;
  stage?: string;
  /** The import package; its dots become dashes. */
  package?: string;
}

const PLACEHOLDERS = ['project', 'handler', 'stage', 'package'] as const;
type Placeholder = (typeof PLACEHOLDERS)[number];

/**
 * Fills a template such as `{project}-{handler}`; text without placeholders is a name already.
 *
 * @throws FUNCTION_NAME_INVALID for an unknown placeholder, one without a value, or a result that Lambda refuses
 */
export function functionName(template: string, values: FunctionNameValues): string {
  if (template.includes('[object Object]')) throw filledByNx(template);
  const name = template.replaceAll(/\{([^{}]*)\}/g, (_, placeholder: string) => {
    if (!isPlaceholder(placeholder)) throw unknownPlaceholder(template, placeholder);
    const value = values[placeholder];
    if (value === undefined || value === '') throw noValue(template, placeholder, values.handler);
    return placeholder === 'package' ? value.replaceAll('.', '-') : value;
  });
  // Lambda API, FunctionName: letters, digits, hyphens and underscores, 64 characters.
  if (!/^[a-zA-Z0-9_-]+$/.test(name)) throw refused(name, values, 'has other characters');
  if (name.length > 64) throw refused(name, values, `has ${name.length} characters`);
  return name;
}

function isPlaceholder(text: string): text is Placeholder {
  return PLACEHOLDERS.some((placeholder) => placeholder === text);
}

/** Nx replaces `{project}` in arguments, by the project's whole configuration. */
function filledByNx(template: string): LambdaPythonError {
  return new LambdaPythonError('FUNCTION_NAME_INVALID', {
    message: `the function name \`${template}\` was changed by Nx, which fills in \`{project}\` on the command line itself`,
    hint: 'set "functionName" on the deploy target, in project.json or under targetDefaults in nx.json',
  });
}

function unknownPlaceholder(template: string, placeholder: string): LambdaPythonError {
  return new LambdaPythonError('FUNCTION_NAME_INVALID', {
    message: `the function name \`${template}\` has the unknown placeholder \`{${placeholder}}\`${didYouMean(placeholder, PLACEHOLDERS)}`,
    hint: `use only ${codeList(PLACEHOLDERS.map((known) => `{${known}}`))} in \`functionName\``,
  });
}

function noValue(template: string, placeholder: Placeholder, handler: string): LambdaPythonError {
  return new LambdaPythonError('FUNCTION_NAME_INVALID', {
    message: `the function name \`${template}\` of \`${handler}\` has \`{${placeholder}}\`, which is not set`,
    hint:
      placeholder === 'stage'
        ? 'pass `--stage=dev`, or set "stage" on the deploy target'
        : `set \`${placeholder}\` under [tool.nx-lambda-python] in pyproject.toml, or leave \`{${placeholder}}\` out of \`functionName\``,
  });
}

function refused(name: string, values: FunctionNameValues, got: string): LambdaPythonError {
  return new LambdaPythonError('FUNCTION_NAME_INVALID', {
    message: `the function name \`${name}\` of handler \`${values.handler}\` ${got}; Lambda allows 1 to 64 letters, digits, \`-\` and \`_\``,
    hint: `give it a name of its own under [tool.nx-lambda-python.functions]: ${tomlKey(values.handler)} = "…", or change \`functionName\` on the deploy target`,
  });
}

/** A key as TOML writes it: bare where it may be. */
export function tomlKey(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : JSON.stringify(key);
}
