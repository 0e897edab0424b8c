import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Exec } from '../process/exec';
import { prepareRequest } from './prepare';
import type { ResolveRequest } from './request';

let directory: string;
beforeEach(() => (directory = realpathSync(mkdtempSync(join(tmpdir(), 'export-lock-')))));
afterEach(() => rmSync(directory, { recursive: true }));

const request = (tool: 'uv' | 'poetry', path: string): ResolveRequest => ({
  runtime: { name: 'python3.11', python: [3, 11], glibc: [2, 26], deprecated: null },
  architecture: 'x86_64',
  files: new Map(),
  requirements: [],
  constraints: [],
  pipArguments: ['--pre'],
  configuration: { deciding: {}, connecting: {}, certificates: undefined },
  local: {
    base: { projectRoot: 'services/a', workspaceRoot: '/ws' },
    files: [
      { path: 'vendor/w-1-py3-none-any.whl', source: lockFile(), executable: false, sha256: 'd1' },
    ],
    isLocked: true,
    lock: { tool, path, files: new Map([[path, 'the lock']]) },
  },
  ssh: 'auto',
  secrets: () => ({ variables: {}, netrc: undefined }),
  onLine: () => undefined,
});

function lockFile(): string {
  const file = join(directory, 'any');
  writeFileSync(file, '');
  return file;
}

/** A tool that writes these lines, `<input>` being where it finds the workspace. */
function tool(lines: string, ran: string[][] = []): Exec {
  return (_, args) => {
    if (args[0]?.endsWith('export_lock.py')) {
      ran.push(args.map((argument) => argument.replace(directory, '<work>')));
      const input = join(directory, 'export', 'input');
      writeFileSync(args[3] ?? '', lines.replaceAll('<input>', input));
    }
    return Promise.resolve({ exitCode: 0, notFound: false, stdout: '', stderr: '', output: '' });
  };
}

describe('a lock that only its own tool can read', () => {
  it('is exported in the directory of the service, beside copies of what it names', async () => {
    const ran: string[][] = [];
    const lines =
      './vendor/w-1-py3-none-any.whl \\\n    --hash=sha256:d1\nsix==1 --hash=sha256:aa\n';
    const prepared = await prepareRequest(
      directory,
      request('uv', 'uv.lock'),
      undefined,
      tool(lines, ran),
    );
    expect(ran).toEqual([
      [
        ...['<work>/export/export_lock.py', 'uv', '<work>/export/input/services/a'],
        ...['<work>/export/exported.txt', '<work>/export/tool'],
      ],
    ]);
    expect(readFileSync(join(directory, 'export/input/uv.lock'), 'utf8')).toBe('the lock');
    expect(prepared.requirements).toEqual(['uv.lock.txt']);
    expect(prepared.files.get('uv.lock.txt')?.trim().split('\n')).toEqual([
      `w @ file://${directory}/input/vendor/w-1-py3-none-any.whl#sha256=d1 --hash=sha256:d1`,
      'six==1 --hash=sha256:aa',
    ]);
    expect(prepared.pipArguments).toEqual(['--pre', '--no-deps']);
  });

  it('may come out with absolute paths', async () => {
    const lines = 'w @ file://<input>/vendor/w-1-py3-none-any.whl ; python_version >= "3.9"\n';
    const lock = 'services/a/poetry.lock';
    const prepared = await prepareRequest(
      directory,
      request('poetry', lock),
      undefined,
      tool(lines),
    );
    expect(prepared.files.get(`${lock}.txt`)).toBe(
      `w @ file://${directory}/input/vendor/w-1-py3-none-any.whl#sha256=d1 ; python_version >= "3.9"\n`,
    );
  });

  it("shows the tool's own words when it fails", async () => {
    const exec: Exec = (_, args) =>
      Promise.resolve({
        exitCode: args[1] === 'pip' ? 0 : 2,
        notFound: false,
        stdout: '',
        stderr: '',
        output: '+ uv export\nerror: no `project` table found\n',
      });
    await expect(
      prepareRequest(directory, request('uv', 'uv.lock'), undefined, exec),
    ).rejects.toMatchObject({
      code: 'LOCK_EXPORT_FAILED',
      message: expect.stringMatching(
        /^uv could not turn `uv\.lock`.*\n.*no `project` table/,
      ) as string,
      hint: expect.stringContaining('uv lock') as string,
    });
  });
});
