/** Names that another tool gave to functions, read from a JSON file: a map, Terraform's outputs, or those of CDK and CloudFormation. */

import { LambdaPythonError } from '../../errors';
import { codeList, nearest } from '../../report/nearest';
import type { DeployExecutorSchema } from '../../schemas/deploy';
import { DEFAULT_FUNCTION_NAME } from '../../service/function-name';

/** One name, and where it stands. */
export interface GivenName {
  name: string;
  /** In the file: `lambda_functions.create_order`. */
  key: string;
  /** Of an ARN; null where the file has a name alone. */
  place: { account: string; region: string | null } | null;
}

export interface GivenNames {
  /** As messages show it: relative to the workspace. */
  file: string;
  /** By key, in the file's order. */
  entries: ReadonlyMap<string, GivenName>;
}

type NamesOptions = Pick<
  DeployExecutorSchema,
  'functionName' | 'functionNames' | 'functionNamesPath' | 'stage'
>;

/**
 * As the options of a deploy say it; undefined without the option `functionNames`.
 * @param read a file of the workspace
 * @throws OPTION_INVALID
 */
export function namesOfFile(
  { functionName, functionNames = '', functionNamesPath, stage }: NamesOptions,
  read: (file: string) => string,
): { names: GivenNames; isComplete: boolean } | undefined {
  if (functionNames === '') return undefined;
  const file = withStage('functionNames', functionNames, stage);
  const path = functionNamesPath && withStage('functionNamesPath', functionNamesPath, stage);
  let text: string;
  try {
    text = read(file);
  } catch (cause) {
    throw new LambdaPythonError('OPTION_INVALID', {
      message: `\`functionNames\` names \`${file}\`, which cannot be read`,
      hint: 'set it to a JSON file, relative to the workspace; `terraform output -json` and `cdk deploy --outputs-file` write one',
      cause,
    });
  }
  const isComplete = functionName === undefined || functionName === DEFAULT_FUNCTION_NAME;
  return { names: readGivenNames({ file, text, path }), isComplete };
}

function withStage(option: string, text: string, stage: string | undefined): string {
  if (!text.includes('{stage}')) return text;
  if (stage) return text.replaceAll('{stage}', stage);
  throw new LambdaPythonError('OPTION_INVALID', {
    message: `\`${option}\` is \`${text}\`, and no stage is set`,
    hint: 'pass `--stage=dev`, or set "stage" on the deploy target',
  });
}

interface NamesFile {
  file: string;
  text: string;
  /** Keys on the way to the names, with dots between them: `lambda_functions`, `Stacks.0.Outputs`. */
  path?: string;
}

/**
 * Other entries, such as other outputs of the same stack, are left out.
 * Sources: Terraform, `terraform output -json`; AWS CDK, `--outputs-file`; CloudFormation API, Output.
 * @throws OPTION_INVALID for text that is not JSON, and a path that leads to no names
 */
export function readGivenNames({ file, text, path = '' }: NamesFile): GivenNames {
  let value = parseJson(file, text);
  const steps = path === '' ? [] : path.split('.');
  for (const [index, step] of steps.entries()) {
    const next = members(value)?.find(([key]) => key === step);
    if (next === undefined) throw noStep(file, value, steps.slice(0, index + 1).join('.'));
    value = next[1];
  }
  const found = members(value);
  if (found === undefined) throw noNames(file, path, value);
  const entries = found.flatMap(([key, member]): [string, GivenName][] => {
    const given = nameIn(member);
    return given ? [[key, { ...given, key: [...steps, key].join('.') }]] : [];
  });
  if (entries.length === 0) throw noNames(file, path, value);
  return { file, entries: new Map(entries) };
}

/**
 * The name of a handler's function: its own key, or the only one that is it but for case, `-`, `_` and an end such as
 * `FunctionName` (output keys of CloudFormation have letters and digits alone). Undefined if there is none.
 * @throws FUNCTION_NAME_INVALID if several keys could be meant
 */
export function givenName({ file, entries }: GivenNames, handler: string): GivenName | undefined {
  const exact = entries.get(handler);
  if (exact) return exact;
  const wanted = plain(handler);
  const same = (strip: (key: string) => string) =>
    [...entries].filter(([key]) => strip(key) === wanted).map(([, given]) => given);
  const spelled = same(plain);
  const candidates = spelled.length > 0 ? spelled : same((key) => plain(key).replace(ENDS, ''));
  const names = new Set(candidates.map(({ name }) => name));
  if (names.size <= 1) return candidates[0];
  throw new LambdaPythonError('FUNCTION_NAME_INVALID', {
    message: `\`${file}\` has several names for handler \`${handler}\`: ${candidates.map(({ key, name }) => `\`${key}\` is ${name}`).join(', ')}`,
    hint: `give \`${handler}\` the right one under [tool.nx-lambda-python.functions], or name the key in the file \`${handler}\``,
  });
}

/** @throws FUNCTION_NAME_INVALID */
export function noGivenName({ file, entries }: GivenNames, handler: string): LambdaPythonError {
  const similar = nearest(handler, [...entries.keys()]);
  const shown = similar.length > 0 ? similar : [...entries.keys()].slice(0, 5);
  return new LambdaPythonError('FUNCTION_NAME_INVALID', {
    message: `\`functionNames\` names \`${file}\`, which has no name for handler \`${handler}\`; ${similar.length > 0 ? 'near it' : 'it'} has ${codeList(shown)}`,
    hint: `add it there, give \`${handler}\` a name under [tool.nx-lambda-python.functions], or set \`functionName\` for the handlers that the file does not have`,
  });
}

const ENDS = /(function|lambda)?(name|arn)?$/;

function plain(key: string): string {
  return key.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw new LambdaPythonError('OPTION_INVALID', {
      message: `\`functionNames\` names \`${file}\`, which is not JSON`,
      hint: `write it with \`terraform output -json > ${file}\`, or \`cdk deploy --outputs-file ${file}\``,
      cause,
    });
  }
}

/** Terraform wraps each output: `{"value": …, "type": …, "sensitive": false}`. */
function unwrapped(value: unknown): unknown {
  return isObject(value) && 'value' in value && 'sensitive' in value ? value['value'] : value;
}

/** Undefined for what has no members. CloudFormation's outputs are a list of keys and values. */
function members(wrapped: unknown): [string, unknown][] | undefined {
  const value = unwrapped(wrapped);
  if (Array.isArray(value)) {
    return value.map((one: unknown, index): [string, unknown] => {
      const { OutputKey, OutputValue } = isObject(one) ? one : {};
      return typeof OutputKey === 'string' ? [OutputKey, OutputValue] : [String(index), one];
    });
  }
  return isObject(value) ? Object.entries(value) : undefined;
}

/** A name, or an ARN whose start may be left out; `alias` names the alias. Source: Lambda API, FunctionName. */
const FUNCTION =
  /^(?:arn:(?:aws[a-z-]*):lambda:(?<region>[a-z0-9-]+):)?(?:(?<account>\d{12}):)?(?:function:)?(?<name>[A-Za-z0-9_-]{1,64})(?::[A-Za-z0-9$_-]+)?$/;

/** Text, or Terraform's whole resource. */
function nameIn(wrapped: unknown): Omit<GivenName, 'key'> | undefined {
  const value = unwrapped(wrapped);
  const text = isObject(value) ? (value['function_name'] ?? value['name']) : value;
  const groups = typeof text === 'string' ? FUNCTION.exec(text)?.groups : undefined;
  if (groups?.['name'] === undefined) return undefined;
  const { name, account, region = null } = groups as Partial<Record<string, string>>;
  return { name: name ?? '', place: account === undefined ? null : { account, region } };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function noStep(file: string, at: unknown, path: string): LambdaPythonError {
  const keys = (members(at) ?? []).map(([key]) => key);
  return new LambdaPythonError('OPTION_INVALID', {
    message: `\`functionNamesPath\` leads to \`${path}\`, which \`${file}\` does not have; there ${keys.length === 0 ? 'is nothing' : `is ${codeList(keys.slice(0, 8))}`}`,
    hint: 'correct `functionNamesPath` on the deploy target: keys with dots between them',
  });
}

function noNames(file: string, path: string, value: unknown): LambdaPythonError {
  const maps = (members(value) ?? []).filter(([, member]) => members(member)).map(([key]) => key);
  const at = path === '' ? '' : ` at \`${path}\``;
  const [first] = maps;
  return new LambdaPythonError('OPTION_INVALID', {
    message: `\`functionNames\` names \`${file}\`, which has no names of functions${at}${maps.length === 0 ? '' : `; it has ${codeList(maps.slice(0, 8))}`}`,
    hint:
      first === undefined
        ? 'name a JSON file whose keys are handlers and whose values are names or ARNs of functions'
        : `set \`functionNamesPath\` on the deploy target to the map that has them, such as "${[path, first].filter(Boolean).join('.')}"`,
  });
}
