import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorWith } from '../../errors.fixtures';
import type { Exec, ExecOptions } from '../process/exec';
import { inputOf, settingsOf } from './pip.fixtures';
import { lockByUv } from './uv';
import { temporaryDirectory } from '../../temporary.fixtures';

let directory: string;
beforeEach(() => (directory = temporaryDirectory()));

const input = inputOf('a/requirements.in', 'six\n', {
  files: new Map([
    ['a/requirements.in', 'six\n'],
    ['a/limits.txt', 'six<2\n'],
  ]),
  constraints: ['a/limits.txt'],
  pipArguments: ['--pre'],
});
const deciding = { PIP_INDEX_URL: 'https://me:token@h/simple', PIP_PRE: '1' };
const settings = settingsOf({ deciding, certificates: '/ca.pem' }, 'arm64', { TOKEN: 'secret' });
const upgrade = { all: false, packages: [] };
const lock = (exec: Exec) =>
  lockByUv(directory, input, settings, { previous: undefined, upgrade }, exec);

function uv(result: { exitCode: number | null; output: string; notFound?: boolean }) {
  const calls: { command: string[]; options: ExecOptions | undefined }[] = [];
  const exec: Exec = (file, args, options) => {
    const command = [file, ...args].map((argument) => argument.replaceAll(directory, '<work>'));
    calls.push({ command, options });
    if (result.exitCode === 0) {
      writeFileSync(
        join(directory, 'locked.txt'),
        `${readFileSync(join(directory, 'locked.txt'), 'utf8')}new`,
      );
    }
    return Promise.resolve({ notFound: false, ...result, stdout: '', stderr: result.output });
  };
  return { calls, exec };
}

describe('lockByUv', () => {
  it('asks for the runtime, keeps the old lock, and passes secrets by the environment alone', async () => {
    const { calls, exec } = uv({ exitCode: 0, output: '' });
    const kept = { previous: 'old\n', upgrade: { all: false, packages: ['idna'] } };
    expect(await lockByUv(directory, input, settings, kept, exec)).toBe('old\nnew');
    expect(calls[0]?.command).toEqual([
      'uv',
      'pip',
      'compile',
      '<work>/input/a/requirements.in',
      '--constraint',
      '<work>/input/a/limits.txt',
      '--output-file=<work>/locked.txt',
      '--generate-hashes',
      '--no-header',
      '--no-annotate',
      '--quiet',
      '--python-version=3.11',
      '--python-platform=aarch64-manylinux2014',
      '--only-binary=:all:',
      '--upgrade-package=idna',
    ]);
    expect(calls[0]?.options?.env).toEqual({
      UV_DEFAULT_INDEX: 'https://me:token@h/simple',
      UV_INDEX_STRATEGY: 'unsafe-best-match',
      UV_NO_PROGRESS: '1',
      UV_PRERELEASE: 'allow',
      NO_COLOR: '1',
      SSL_CERT_FILE: '/ca.pem',
      TOKEN: 'secret',
    });
  });

  it("gives uv the constraints of pip's configuration, by the copies that pip would have", async () => {
    const { calls, exec } = uv({ exitCode: 1, output: '' });
    const place = '.nx-lambda-python/outside/etc/limits.txt';
    const configured = settingsOf({
      deciding: { PIP_CONSTRAINT: '/etc/limits.txt', PIP_UPLOADED_PRIOR_TO: '2026-01-01' },
      constraints: {
        files: new Map([[place, 'six<2\n']]),
        named: { PIP_CONSTRAINT: [place] },
        meaning: { PIP_CONSTRAINT: 'six<2' },
        inside: [],
        outside: ['/etc/limits.txt'],
      },
    });
    const kept = { previous: '', upgrade };
    await expect(lockByUv(directory, input, configured, kept, exec)).rejects.toThrow();
    expect(calls[0]?.options).toMatchObject({
      cwd: directory,
      env: { UV_CONSTRAINT: `input/${place}`, UV_EXCLUDE_NEWER: '2026-01-01' },
    });
    expect(readFileSync(join(directory, 'input', place), 'utf8')).toBe('six<2\n');
  });

  it('takes sources of what has no wheel, and of nothing else', async () => {
    const { exec, calls } = uv({
      exitCode: 1,
      output: 'hint: Wheels are required for `docopt` because building from source is disabled',
    });
    await expect(lock(exec)).rejects.toThrow('docopt');
    expect(calls.map(({ command }) => command.slice(-2))).toEqual([
      ['--python-platform=aarch64-manylinux2014', '--only-binary=:all:'],
      ['--only-binary=:all:', '--no-binary=docopt'],
    ]);
  });

  it.each([
    [{ exitCode: null, output: '', notFound: true }, 'which has no such program', '"tool": "pip"'],
    [
      { exitCode: 1, output: 'No solution: https://me:token@h' },
      'No solution: https://h',
      "uv's output",
    ],
  ])('%# fails with a hint', async (result, message, hint) => {
    const { exec } = uv(result);
    await expect(lock(exec)).rejects.toThrow(errorWith('LOCK_FAILED', message, hint));
  });
});
