/** Variables of a function, from a file that may hold secrets: no message quotes a value. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LambdaPythonError } from '../errors';

/**
 * Lines are `NAME=value`, with or without quotes and a leading `export`; a name alone takes this shell's value. What
 * begins with `#` is a comment.
 * @param path relative to the workspace
 * @throws OPTION_INVALID
 */
export function readEnvironmentFile(workspaceRoot: string, path: string): Record<string, string> {
  let text: string;
  try {
    text = readFileSync(join(workspaceRoot, path), 'utf8');
  } catch (cause) {
    throw new LambdaPythonError('OPTION_INVALID', {
      message: `\`envFile\` names \`${path}\`, which cannot be read`,
      hint: 'set it to a file of lines like `NAME=value`, relative to the workspace',
      cause,
    });
  }
  return parseEnvironment(text, path, process.env);
}

/** @throws OPTION_INVALID */
export function parseEnvironment(
  text: string,
  path: string,
  shell: NodeJS.ProcessEnv,
): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const [, name, value] = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*(?:=(.*))?$/.exec(line) ?? [];
    if (name === undefined) {
      throw new LambdaPythonError('OPTION_INVALID', {
        message: `line ${index + 1} of \`${path}\` is not \`NAME=value\``,
        hint: 'write one variable on each line; a comment begins with `#`',
      });
    }
    const own = value === undefined ? shell[name] : unquoted(value.trim());
    if (own !== undefined) variables[name] = own;
  }
  return variables;
}

function unquoted(value: string): string {
  const [, double, single] = /^(?:"(.*)"|'(.*)')$/.exec(value) ?? [];
  if (double !== undefined)
    return double.replaceAll(/\\([\\"n])/g, (_, one) => (one === 'n' ? '\n' : String(one)));
  return single ?? value.replace(/\s+#.*$/, '');
}
