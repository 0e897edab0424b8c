/** Every file of the corpus is what the generator makes, and is refused for the reason in its name. */

import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { LambdaPythonError } from '../../errors';
import { findRuntime, interpreterPath } from '../../service/runtimes';
import { validateWheel } from '../wheel/admit';
import { readWheel } from '../wheel/read';
import { makeScripts } from '../wheel/layout';
import { checkRecords } from '../wheel/record';
import { bufferSource } from '../zip/bytes';
import { readEntries } from '../zip/read';
import { verifyEntry } from '../zip/verify';
import { corpusFiles } from './files.fixtures';

const MAX_BYTES = 200_000;

const generated = corpusFiles();
const stored = new Map(
  readdirSync(__dirname, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(zip|whl)$/.test(path))
    .map((path) => [path, readFileSync(join(__dirname, path))]),
);

/** As the store's door, a build and, where scripts are wanted, the dependency part read a wheel. */
async function readAsWheel(name: string, bytes: Buffer): Promise<void> {
  const runtime = findRuntime('python3.11');
  if (!runtime) throw new Error('no runtime');
  const isMisnamed = name.startsWith('filename-');
  const filename = isMisnamed ? name : 'demo-1.0-py3-none-any.whl';
  const source = bufferSource(bytes);
  const facts = await validateWheel(source, filename, { runtime, architecture: 'x86_64' });
  checkRecords([{ ...facts, file: filename }], []);
  makeScripts(source, readWheel(source, filename), interpreterPath(runtime));
}

async function readAsArchive(_name: string, bytes: Buffer): Promise<void> {
  const source = bufferSource(bytes);
  for (const entry of readEntries(source)) await verifyEntry(source, entry);
}

async function refusal(path: string, bytes: Buffer): Promise<{ code: string; reason: unknown }> {
  const read = dirname(path) === 'wheel' ? readAsWheel : readAsArchive;
  try {
    await read(basename(path), bytes);
  } catch (error) {
    if (!(error instanceof LambdaPythonError)) throw error;
    return { code: error.code, reason: 'reason' in error ? error.reason : undefined };
  }
  return { code: 'accepted', reason: 'none' };
}

describe('the corpus', () => {
  it('is what `npm run corpus` writes', () => {
    expect([...stored.keys()].sort()).toEqual([...generated.keys()].sort());
    const different = [...stored].filter(([path, bytes]) => !generated.get(path)?.equals(bytes));
    expect(different.map(([path]) => path)).toEqual([]);
  });

  it('is small', () => {
    const bytes = [...stored.values()].reduce((sum, { length }) => sum + length, 0);
    expect(bytes).toBeLessThan(MAX_BYTES);
  });

  it.each([...stored])('%s', async (path, bytes) => {
    const { code, reason } = await refusal(path, bytes);
    expect(reason).toBe(basename(path).split('.')[0]);
    expect(['ARCHIVE_INVALID', 'WHEEL_INVALID']).toContain(code);
  });
});
