/** Functions of a CDK app in Python or TypeScript, as far as their constructs have plain texts. */

import { posix } from 'node:path';
import { bracketed, placeOf, type DeclaredFunction } from './declared';

const CONSTRUCT = /\b(?:new\s+)?(?:\w+\.)*(PythonFunction|Function)\s*\(/g;

/** @param app directory in which CDK runs, to which plain paths are relative */
export function readCdk(text: string, path: string, app: string): DeclaredFunction[] {
  if (!/aws[_-]cdk/.test(text)) return [];
  return [...text.matchAll(CONSTRUCT)].flatMap((match) => {
    const [all, construct] = match;
    const body = bracketed(text, match.index + all.length - 1);
    const given = (...names: string[]) =>
      new RegExp(`\\b(?:${names.join('|')})\\s*[=:]\\s*["']([^"'\\n]+)["']`).exec(body)?.[1];
    // Undefined for what is computed.
    const textOr = (name: string, usual: string) =>
      given(name) ?? (new RegExp(`\\b${name}\\s*[=:,}]`).test(body) ? undefined : usual);
    const isPython = construct === 'PythonFunction';
    if (!isPython && !isLambda(all, body)) return [];
    const [, version] = /PYTHON_(3_\d+)/.exec(body) ?? [];
    const index = textOr('index', 'index.py')?.replace(/\.py$/, '');
    const attribute = textOr('handler', 'handler');
    const entry = given('entry');
    const whole = index && attribute && `${index}.${attribute}`;
    return {
      key: /^\s*[\w.]+\s*,\s*(?:id\s*=\s*)?["']([\w-]+)["']/.exec(body)?.[1] ?? 'function',
      handler: isPython ? whole : given('handler'),
      code: isPython && entry !== undefined ? placeOf(app, entry) : assetOf(body, path, app),
      runtime: version && `python${version.replace('_', '.')}`,
      architecture: /\bARM_64\b/.test(body) ? 'arm64' : 'x86_64',
      name: given('function_name', 'functionName'),
      source: path,
      line: text.slice(0, match.index).split('\n').length,
    };
  });
}

/** A function whose code is a directory of Python; CloudFront and JavaScript have a `Function`, too. */
function isLambda(call: string, body: string): boolean {
  if (/\bRuntime\.(?!PYTHON)/.test(body) || /from_?[iI]nline\s*\(/.test(body)) return false;
  const isBare = !call.includes('.') && /^\s*[\w.]+\s*,/.test(body);
  return isBare || /lambda/i.test(call) || /\bhandler\b/.test(body);
}

/** `Code.from_asset("lambda")`, or with the parts of a path from the file's own directory. */
function assetOf(body: string, path: string, app: string): string | undefined {
  const match = /from_?[aA]sset\s*\(/.exec(body);
  if (!match) return undefined;
  const argument = bracketed(body, match.index + match[0].length - 1);
  const isFromFile = /__dirname|__file__/.test(argument);
  const [plain = ''] = argument.split(/\b(?:bundling|exclude)\b/);
  const parts = [...plain.matchAll(/["']([^"'\n]*)["']/g)];
  const joined = parts.map(([, part = '']) => part).join('/');
  return joined === '' ? undefined : placeOf(isFromFile ? posix.dirname(path) : app, joined);
}
