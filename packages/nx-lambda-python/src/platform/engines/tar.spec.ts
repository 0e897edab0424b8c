import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { readTar, TarError, writeTar } from './tar';
import { temporaryDirectory } from '../../temporary.fixtures';

let directory: string;
let archive: string;
let output: string;
beforeEach(() => {
  directory = temporaryDirectory();
  archive = join(directory, 'archive.tar');
  output = join(directory, 'output');
  mkdirSync(join(directory, 'tree', 'empty'), { recursive: true });
  write('plain.txt', 'plain');
  write('nothing', '');
  write(`${'long'.repeat(30)}/${'ü'.repeat(60)}.bin`, Buffer.alloc(1_500_000, 7));
  chmodSync(join(directory, 'tree', 'plain.txt'), 0o640);
  symlinkSync('plain.txt', join(directory, 'tree', 'link'));
  symlinkSync('x'.repeat(150), join(directory, 'tree', 'far'));
});

function write(path: string, content: string | Buffer): void {
  mkdirSync(join(directory, 'tree', path, '..'), { recursive: true });
  writeFileSync(join(directory, 'tree', path), content);
}

const python = (...args: string[]) => {
  const { stdout, stderr, status } = spawnSync('python3', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout;
};

function expectTree(root: string): void {
  const long = join(root, 'long'.repeat(30), `${'ü'.repeat(60)}.bin`);
  expect(readFileSync(join(root, 'plain.txt'), 'utf8')).toBe('plain');
  expect(statSync(join(root, 'plain.txt')).mode & 0o777).toBe(0o640);
  expect(readFileSync(join(root, 'nothing'), 'utf8')).toBe('');
  expect(readFileSync(long).equals(Buffer.alloc(1_500_000, 7))).toBe(true);
  expect(statSync(join(root, 'empty')).isDirectory()).toBe(true);
  expect(readlinkSync(join(root, 'link'))).toBe('plain.txt');
  expect(readlinkSync(join(root, 'far'))).toBe('x'.repeat(150));
}

it('writes what Python reads', async () => {
  const certificates = join(directory, 'tree', 'plain.txt');
  await writeTar(archive, [
    { source: join(directory, 'tree'), target: '/a/tree' },
    { source: certificates, target: '/b/ca.crt' },
  ]);
  python(
    '-c',
    `import sys, tarfile; tarfile.open(sys.argv[1]).extractall(sys.argv[2])`,
    archive,
    output,
  );
  expectTree(join(output, 'a', 'tree'));
  expect(readFileSync(join(output, 'b', 'ca.crt'), 'utf8')).toBe('plain');
  expect(statSync(archive).size % 10_240).toBe(0);
  const owners = 'import sys, tarfile; print({(i.uid, i.gid) for i in tarfile.open(sys.argv[1])})';
  expect(python('-c', owners, archive).trim()).toBe('{(0, 0)}');
});

it('reads what the container writes, below the directory it is given', async () => {
  const script = readFileSync(join(__dirname, 'copy_in_container.py'), 'utf8');
  await writeTar(archive, []);
  const result = spawnSync(
    'python3',
    ['-c', script, directory, 'tree', 'sh', '-c', 'echo said; pwd'],
    { input: readFileSync(archive), maxBuffer: 1 << 26 },
  );
  expect(result.stderr.toString()).toBe(`said\n${directory}\n`);
  const back = join(directory, 'back.tar');
  writeFileSync(back, result.stdout);
  await readTar(back, output);
  expectTree(join(output, 'tree'));
});

it('hands over what the command added, where its names are not known', async () => {
  const script = readFileSync(join(__dirname, 'copy_in_container.py'), 'utf8');
  await writeTar(archive, []);
  const args = ['-c', script, directory, '*', 'sh', '-c', 'mkdir new; echo made > new/file'];
  const { stdout } = spawnSync('python3', args, { input: readFileSync(archive) });
  writeFileSync(archive, stdout);
  await readTar(archive, output);
  expect(readdirSync(output, { recursive: true }).sort()).toEqual(['new', 'new/file']);
});

it('hands nothing over after a failure, and its exit code', async () => {
  const script = readFileSync(join(__dirname, 'copy_in_container.py'), 'utf8');
  await writeTar(archive, []);
  const run = (command: string) => {
    const args = ['-c', script, directory, 'tree', 'sh', '-c', command];
    const { status, stdout } = spawnSync('python3', args, { input: readFileSync(archive) });
    return { status, bytes: stdout.length };
  };
  expect(run('exit 64')).toEqual({ status: 64, bytes: 0 });
  expect(run('kill -9 $$')).toEqual({ status: 137, bytes: 0 });
});

describe('refuses', () => {
  it.each([
    ['../outside', '`../outside` is not a path below its directory'],
    ['/absolute', '`/absolute` is not a path below its directory'],
    ['a/../../b', '`a/../../b` is not a path below its directory'],
  ])('%s', async (name, message) => {
    const code =
      'import io, sys, tarfile; t = tarfile.open(sys.argv[1], "w", format=tarfile.GNU_FORMAT); t.addfile(tarfile.TarInfo(sys.argv[2])); t.close()';
    python('-c', code, archive, name);
    await expect(readTar(archive, output)).rejects.toThrow(new TarError(message));
    expect(existsSync(join(directory, 'outside'))).toBe(false);
  });

  it('an archive that was cut off, wherever', async () => {
    await writeTarAgain();
    const whole = statSync(archive).size;
    for (const size of [0, 100, 512, 2000, whole - 10_240]) {
      rmSync(output, { recursive: true, force: true });
      await writeTarAgain();
      truncateSync(archive, size);
      await expect(readTar(archive, output)).rejects.toThrow(TarError);
    }
  });

  it('a damaged header', async () => {
    await writeTarAgain();
    const bytes = readFileSync(archive);
    bytes.writeUInt8(bytes.readUInt8(3) ^ 1, 3);
    writeFileSync(archive, bytes);
    await expect(readTar(archive, output)).rejects.toThrow(/^Invalid tar header/);
  });

  it('to write through a link that comes first', async () => {
    const code = `
import io, sys, tarfile
archive = tarfile.open(sys.argv[1], "w", format=tarfile.GNU_FORMAT)
link = tarfile.TarInfo("a")
link.type, link.linkname = tarfile.SYMTYPE, sys.argv[2]
archive.addfile(link)
file = tarfile.TarInfo("a/victim")
file.size = 1
archive.addfile(file, io.BytesIO(b"x"))
archive.close()
`;
    python('-c', code, archive, join(directory, 'tree'));
    await expect(readTar(archive, output)).rejects.toThrow();
    expect(existsSync(join(directory, 'tree', 'victim'))).toBe(false);
  });

  async function writeTarAgain(): Promise<void> {
    rmSync(archive, { force: true });
    await writeTar(archive, [{ source: join(directory, 'tree'), target: '/tree' }]);
  }
});
