/**
 * Holds what users and contributors read to plain English: messages, hints, schemas, comments and pages.
 * It knows only phrases that were written here before; a text without them can still be hard to read.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..', '..');
const PLUGIN = 'packages/nx-lambda-python';

/** Each phrase, and what to write instead. */
const REFUSED: readonly [RegExp, string][] = [
  [/\bshall\b/i, 'write "must" or "can", or state the fact'],
  [
    /(?<!\bthere )\b(is|are|was|were|be) no (?!longer|more\b|such\b)[a-z`$]/i,
    'write "is not a …" or "has no …"',
  ],
  [/\bbelongs? into\b/i, 'write "belongs in" or "goes into"'],
  [/\bwhere there (is|are)\b/i, 'write "if … exists" or "if … has"'],
  [/\banew\b/i, 'write "again"'],
  [/\bwhoever\b/i, 'name the person or the program: "the user who deploys"'],
  [/\bat hand\b/i, 'write "available", "current" or "existing"'],
  [/\bas good as\b/i, 'write "almost", or the figure'],
  [/\bcan(no|')t be had\b/i, 'write "is not available"'],
  [/\b(is|are|was|were) not there\b/i, 'write "does not exist" or "is missing"'],
  [/\b(that|what|which) (is|are|was|were) there\b/i, 'write "existing", or name the thing'],
  [/\b(nothing|something|anything) else than\b/i, 'write "only" or "something other than"'],
  [/\banother( one)? than\b/i, 'write "not the same as", "different from" or "instead of"'],
  [/\bhas to do with\b/i, 'write "concerns"'],
  [/\bof an own\b|\b(its|their|your) own one\b/i, 'write "of its own" or "its own …"'],
  [/\bmore than one time\b/i, 'write "more than once"'],
  [/\bagain and again\b/i, 'write "repeatedly" or "keeps …"'],
  [/\bsuch one\b/i, 'repeat the noun'],
  [/\bto and fro\b/i, 'write "back and forth"'],
  [/\bone's own\b/i, 'write "your own" or "its own"'],
  [/\bwithout that\b/i, 'write "without …ing", or make two sentences'],
  [/\bthe other way round\b/i, 'write "the reverse"'],
  [/\bweather\b/i, 'state the fact'],
];

const texts = [
  ...['README.md', 'CONTRIBUTING.md', `${PLUGIN}/README.md`],
  ...[`${PLUGIN}/executors.json`, `${PLUGIN}/generators.json`],
  ...below('docs', /\.md$/).filter((path) => !path.startsWith('docs/decisions/')),
  ...below(`${PLUGIN}/docs`, /\.md$/),
  ...below(`${PLUGIN}/src`, /(?<!\.(spec|fixtures|d))\.ts$|\.(json|py|template)$/),
  ...below('tools', /\.(ts|mjs|cjs|sh|md)$/),
];

function below(folder: string, name: RegExp): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => name.test(path) && !/(^|\/)(node_modules|corpus\/files)\//.test(path))
    .map((path) => `${folder}/${path}`);
}

/** One line: a phrase may be broken by a comment's next line. */
function flat(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8').replaceAll(/\n\s*(\*(?!\/)|\/\/|#(?!#))?\s*/g, ' ');
}

it('reads the sources, the schemas and the pages', () => {
  expect(texts.length).toBeGreaterThan(200);
  expect(texts).toEqual(
    expect.arrayContaining([
      `${PLUGIN}/src/errors.ts`,
      `${PLUGIN}/src/schemas/build.json`,
      `${PLUGIN}/docs/executors/build.md`,
    ]),
  );
});

it.each(REFUSED.map(([phrase, instead]) => [phrase.source, phrase, instead] as const))(
  '%s is not written',
  (_, phrase, instead) => {
    const found = texts.flatMap((path) => {
      const text = flat(path);
      return [...text.matchAll(new RegExp(phrase, 'gi'))].map(
        ({ index, 0: match }) =>
          `${path}: …${text.slice(Math.max(0, index - 30), index + match.length + 20)}…; ${instead}`,
      );
    });
    expect(found).toEqual([]);
  },
);

it.each([
  ['`x` is no wheel', true],
  ['the lock is no longer valid', false],
  ['there is no such release', false],
  ['it has no handler', false],
  ['no file that is there', true],
])('%s', (text, isRefused) => {
  expect(REFUSED.some(([phrase]) => phrase.test(text))).toBe(isRefused);
});
