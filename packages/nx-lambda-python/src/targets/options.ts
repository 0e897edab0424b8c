/**
 * The options of a target: as Nx would run it in a configuration, and as they were typed. Nx makes numbers of what
 * looks like one, so that `--stage=12345e1`, an abbreviated SHA, becomes 123450; the words themselves come beside
 * the options, in `__unparsed__`.
 */

import { LambdaPythonError } from '../errors';

/**
 * The variable in which the plugin tells its executors the configuration that the command line asks for: Nx
 * itself drops one that a target lacks, and runs its default. Empty if none is asked for.
 */
export const ASKED_CONFIGURATION = 'NX_LAMBDA_PYTHON_ASKED_CONFIGURATION';

/** What each target runs, by its key in the plugin's options. */
export const EXECUTORS = {
  build: 'nx-lambda-python:build',
  upload: 'nx-lambda-python:upload',
  deploy: 'nx-lambda-python:deploy',
  releases: 'nx-lambda-python:releases',
  rollback: 'nx-lambda-python:rollback',
  pruneVersions: 'nx-lambda-python:prune-versions',
  lock: 'nx-lambda-python:lock',
  explain: 'nx-lambda-python:explain',
  size: 'nx-lambda-python:size',
  verify: 'nx-lambda-python:verify',
  invoke: 'nx-lambda-python:invoke',
  prune: 'nx-lambda-python:prune',
  serve: 'nx-lambda-python:serve',
  shell: 'nx-lambda-python:shell',
} as const;

/** What `serve` prints once it answers, with its address. */
export const READY = 'ready: http';

/** As much of a target as decides its options. */
interface ConfiguredTarget {
  options?: object;
  configurations?: Record<string, object>;
  defaultConfiguration?: string;
}

/** A target that has no configuration of this name runs in its default one, as in Nx's own dependencies. */
export function optionsIn<T extends object>(
  { options, configurations = {}, defaultConfiguration }: ConfiguredTarget,
  configuration: string | undefined,
): Partial<T> {
  const isItsOwn = configuration !== undefined && configuration in configurations;
  const chosen = isItsOwn ? configuration : defaultConfiguration;
  return { ...options, ...(chosen === undefined ? {} : configurations[chosen]) };
}

/** Options that are text, even if they look like numbers: `"x-typed": "text"` in the schema. */
export const TEXT_OPTIONS = [
  'bucket',
  'canary',
  'event',
  'expectedBucketOwner',
  'layerName',
  'prefix',
  'profile',
  'ref',
  'stage',
  'tenantId',
] as const;

/** @throws OPTION_INVALID for a number in a configuration file whose spelling is lost */
export function asTyped<T extends object>(options: T): T {
  const { __unparsed__: words = [], ...own } = options as Record<string, unknown> & {
    __unparsed__?: readonly string[];
  };
  for (const name of TEXT_OPTIONS) {
    const value = own[name];
    if (typeof value === 'number') own[name] = textOf(name, value, words);
  }
  return own as T;
}

function textOf(name: string, value: number, words: readonly string[]): string {
  const typed = words.flatMap((word, index) => {
    const [, option = '', text = words[index + 1]] = /^--([^=]+)(?:=(.*))?$/s.exec(word) ?? [];
    const camel = option.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
    return camel === name && text !== undefined && Number(text) === value ? [text] : [];
  });
  const last = typed.at(-1);
  if (last !== undefined) return last;
  // JSON has only one spelling of a whole number.
  if (Number.isSafeInteger(value) && value >= 0) return String(value);
  throw new LambdaPythonError('OPTION_INVALID', {
    message: `\`${name}\` is the number ${value}, expected text`,
    hint: `write it in quotes where it is set: \`"${name}": "${value}"\``,
  });
}

export function withoutUndefined<T extends object>(options: T): Partial<T> {
  const set = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(set) as Partial<T>;
}

/** On the command line Nx takes twelve digits for a number, and loses leading zeros. */
export function normalizeAccount(accountId: string | number | undefined): string | undefined {
  return accountId === undefined ? undefined : String(accountId).padStart(12, '0');
}
