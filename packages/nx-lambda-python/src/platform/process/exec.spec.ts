import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exec } from './exec';
import { temporaryDirectory } from '../../temporary.fixtures';

let directory: string;
beforeEach(() => (directory = temporaryDirectory()));

describe('exec', () => {
  it('reads a file, and writes one that is larger than what is kept in memory', async () => {
    const inputFile = join(directory, 'in');
    const outputFile = join(directory, 'out');
    writeFileSync(inputFile, 'given');
    const lines: string[] = [];
    const script = 'cat >&2; echo >&2; head -c 100000000 /dev/zero; exit 3';
    const result = await exec('sh', ['-c', script], {
      inputFile,
      outputFile,
      onLine: (line) => lines.push(line),
    });
    expect(result).toMatchObject({ exitCode: 3, stdout: '', output: 'given' });
    expect(lines).toEqual(['given']);
    expect(statSync(outputFile).size).toBe(100_000_000);
  });

  it('keeps every byte as it is, a last line break, too', async () => {
    const outputFile = join(directory, 'out');
    await exec('printf', [String.raw`\377\n`], { outputFile });
    expect([...readFileSync(outputFile)]).toEqual([0xff, 0x0a]);
  });

  it('says what a program said, in order, and that there is none', async () => {
    expect(await exec('sh', ['-c', 'echo a; echo b >&2'])).toMatchObject({
      ...{ exitCode: 0, stdout: 'a', stderr: 'b', notFound: false },
    });
    expect(await exec('nx-lambda-python-no-such-program', [])).toMatchObject({
      ...{ exitCode: null, notFound: true },
    });
  });
});
