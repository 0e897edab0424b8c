/** Names of functions: the deploy target's template filled, as Lambda accepts it. */

import { LambdaPythonError } from '../errors';
import { codeList, didYouMean } from '../report/nearest';
import { tomlKey } from './pyproject';

export const DEFAULT_FUNCTION_NAME = '{project}-{handler}';

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
 * Fills a template such as `{project}-{handler}`; text without placeholders is already a name.
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
  if (!/^[a-zA-Z0-9_-]+$/.test(name)) throw refused(name, values, 'contains other characters');
  if (name.length > 64) throw refused(name, values, `has ${name.length} characters`);
  return name;
}

function isPlaceholder(text: string): text is Placeholder {
  return PLACEHOLDERS.some((placeholder) => placeholder === text);
}

/** Nx replaces `{project}` in arguments, by the project's whole configuration. */
function filledByNx(template: string): LambdaPythonError {
  return new LambdaPythonError('FUNCTION_NAME_INVALID', {
    message: `the function name \`${template}\` was changed by Nx, which replaces \`{project}\` on the command line`,
    hint: 'set "functionName" on the deploy target, in project.json or under targetDefaults in nx.json',
  });
}

function unknownPlaceholder(template: string, placeholder: string): LambdaPythonError {
  return new LambdaPythonError('FUNCTION_NAME_INVALID', {
    message: `the function name \`${template}\` contains the unknown placeholder \`{${placeholder}}\`${didYouMean(placeholder, PLACEHOLDERS)}`,
    hint: `use only ${codeList(PLACEHOLDERS.map((name) => `{${name}}`))} in \`functionName\``,
  });
}

function noValue(template: string, placeholder: Placeholder, handler: string): LambdaPythonError {
  return new LambdaPythonError('FUNCTION_NAME_INVALID', {
    message: `the function name \`${template}\` of \`${handler}\` contains \`{${placeholder}}\`, which is not set`,
    hint:
      placeholder === 'stage'
        ? 'pass `--stage=dev`, or set "stage" on the deploy target'
        : `set \`${placeholder}\` under [tool.nx-lambda-python] in pyproject.toml, or remove \`{${placeholder}}\` from \`functionName\``,
  });
}

function refused(name: string, values: FunctionNameValues, got: string): LambdaPythonError {
  return new LambdaPythonError('FUNCTION_NAME_INVALID', {
    message: `the function name \`${name}\` of handler \`${values.handler}\` ${got}; Lambda allows 1 to 64 letters, digits, \`-\` and \`_\``,
    hint: `give it its own name under [tool.nx-lambda-python.functions]: ${tomlKey(values.handler)} = "…", or change \`functionName\` on the deploy target`,
  });
}
