import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ExecResult } from '../process/exec';
import { withSoundCache } from './cache-damage';
import { temporaryDirectory } from '../../temporary.fixtures';

let cache: string;
beforeEach(() => (cache = temporaryDirectory()));

/** An entry of pip's cache, as its own sources name it. */
function keep(url: string): string {
  const digest = createHash('sha224').update(url).digest('hex');
  const path = join(cache, 'http-v2', ...digest.slice(0, 5), digest);
  mkdirSync(dirname(path), { recursive: true });
  for (const file of [path, `${path}.body`]) writeFileSync(file, 'kept');
  return `${path}.body`;
}

const ended = (output: string): ExecResult => ({
  exitCode: output === '' ? 0 : 1,
  ...{ output, stdout: '', stderr: output, notFound: false },
});
/** pip's words, see `HashMismatch`. */
const mismatch = (...urls: string[]) =>
  ended(
    [
      'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you …',
      ...urls.flatMap((url) => [
        `    six==1.17.0 from ${url}`,
        '        Expected sha256 1111',
        '             Got        8abb',
        '',
      ]),
    ].join('\n'),
  );

/** Runs that end so, one after the other, with what each was given. */
function runs(...results: ExecResult[]) {
  const given: Readonly<Record<string, string>>[] = [];
  const run = (environment: Readonly<Record<string, string>>) => {
    given.push(environment);
    return Promise.resolve(results[given.length - 1] ?? ended('once too often'));
  };
  return { given, run };
}

const SIX = 'https://host:8080/six-1.17.0.whl';
const IDNA = 'https://host/idna-3.7.whl';
const NO_CACHE = { PIP_NO_CACHE_DIR: '1' };

it('drops the damaged entry alone and fetches it again', async () => {
  const [six, idna] = [keep(SIX), keep(IDNA)];
  const { given, run } = runs(mismatch(`${SIX}#sha256=1111 (from -r a.txt (line 1)):`), ended(''));
  expect((await withSoundCache(cache, run)).exitCode).toBe(0);
  expect(given).toEqual([{}, {}]);
  expect([six, idna].map((path) => existsSync(path))).toEqual([false, true]);
});

it('finds an entry whatever stands around its URL', async () => {
  const six = keep(SIX);
  const { run } = runs(mismatch('HTTPS://me:****@HOST:8080/six-1.17.0.whl:'), ended(''));
  await withSoundCache(cache, run);
  expect(existsSync(six)).toBe(false);
});

it('takes a hash that the index never had for what it is', async () => {
  const [, idna] = [keep(SIX), keep(IDNA)];
  const wrong = mismatch(`${SIX}:`);
  const { given, run } = runs(wrong, wrong);
  expect((await withSoundCache(cache, run)).exitCode).toBe(1);
  expect(given).toEqual([{}, {}]);
  expect(existsSync(idna)).toBe(true);
});

it('does without the cache where more is damaged, or nobody can tell what', async () => {
  keep(SIX);
  keep(IDNA);
  const more = runs(mismatch(`${SIX}:`), mismatch(`${IDNA}:`), ended(''));
  expect((await withSoundCache(cache, more.run)).exitCode).toBe(0);
  expect(more.given).toEqual([{}, {}, NO_CACHE]);

  const idna = keep(IDNA);
  const unknown = runs(ended('zipfile.BadZipFile: Bad CRC-32'), ended(''));
  expect((await withSoundCache(cache, unknown.run)).exitCode).toBe(0);
  expect(unknown.given).toEqual([{}, NO_CACHE]);
  expect(existsSync(idna)).toBe(true);
});

it('leaves it alone for every other failure', async () => {
  const six = keep(SIX);
  const { given, run } = runs(ended('ERROR: No matching distribution found for six'));
  await withSoundCache(cache, run);
  expect(given).toEqual([{}]);
  expect(existsSync(six)).toBe(true);
});
