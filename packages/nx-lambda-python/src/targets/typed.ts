/**
 * Options as they were typed. Nx makes numbers of what looks like one, so that `--stage=12345e1`, an abbreviated SHA,
 * becomes 123450; the words themselves come beside the options, in `__unparsed__`.
 */

import { LambdaPythonError } from '../errors';

/** What is text, whatever it looks like: `"x-typed": "text"` in the schema. */
export const TEXT_OPTIONS = [
  'bucket',
  'canary',
  'expectedBucketOwner',
  'layerName',
  'prefix',
  'profile',
  'ref',
  'stage',
] as const;

/** @throws OPTION_INVALID for a number of a configuration file whose spelling is lost */
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
  // JSON has but one spelling of a whole number.
  if (Number.isSafeInteger(value) && value >= 0) return String(value);
  throw new LambdaPythonError('OPTION_INVALID', {
    message: `\`${name}\` is the number ${value}, expected a text`,
    hint: `write it in quotes where it is set: \`"${name}": "${value}"\``,
  });
}
