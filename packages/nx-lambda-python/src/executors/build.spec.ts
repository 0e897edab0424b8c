import fs, { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFile } from '../platform/files/files';
import { readEntries } from '../packaging/zip/read';
import { readContent } from '../packaging/zip/verify';
import build from './build';

const HANDLER = 'svc/svc/handlers/one.py';
let root: string;
let printed: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'build-'));
  const files = {
    'svc/pyproject.toml': '[tool.nx-lambda-python]\npackage = "svc"\nruntime = "python3.11"\n',
    'svc/requirements.txt': '',
    [HANDLER]: source(0),
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  process.env['NX_LAMBDA_PYTHON_CACHE_DIRECTORY'] = join(root, 'store');
  printed = '';
  for (const method of ['log', 'warn', 'error'] as const) {
    jest.spyOn(console, method).mockImplementation((...words: unknown[]) => {
      printed += `${words.join(' ')}\n`;
    });
  }
});

afterEach(() => {
  jest.restoreAllMocks();
  delete process.env['NX_LAMBDA_PYTHON_CACHE_DIRECTORY'];
  rmSync(root, { recursive: true });
});

function source(edit: number): string {
  return `VERSION = ${edit}\n\n\ndef handler(event, context):\n    return VERSION\n`;
}

function run(): Promise<{ success: boolean }> {
  const projects = { svc: { root: 'svc' } };
  const context = { root, projectName: 'svc', projectsConfigurations: { projects } };
  return build({ outputPath: 'dist' }, context as never);
}

/** Edits the handler, or deletes it, as soon as it was read, this many times. */
function editAfterReading(times: number, edit: (number: number) => void): void {
  const read = readFileSync;
  let reads = 0;
  jest.spyOn(fs, 'readFileSync').mockImplementation(((path: string, ...rest: never[]) => {
    const content = (read as (path: string, ...rest: never[]) => unknown)(path, ...rest);
    if (String(path).endsWith(HANDLER) && reads < times) edit((reads += 1));
    return content;
  }) as never);
}

const edited = (number: number) => writeFileSync(join(root, HANDLER), source(number));

function packaged(): string {
  const file = openFile(join(root, 'dist/package.zip'));
  try {
    const entry = readEntries(file).find(({ path }) => path.endsWith('one.py'));
    return entry ? readContent(file, entry).toString() : '';
  } finally {
    file.close();
  }
}

describe('a build', () => {
  it('has files as they were at one moment, the last one', async () => {
    editAfterReading(1, edited);
    expect(await run()).toEqual({ success: true });
    expect(printed).toContain('changed during the build; reading it again');
    expect(packaged()).toBe(source(1));
  });

  it('is never taken for that of other content', async () => {
    editAfterReading(1, edited);
    await run();
    jest.mocked(fs.readFileSync).mockRestore();
    writeFileSync(join(root, HANDLER), source(0));
    expect(await run()).toEqual({ success: true });
    expect(packaged()).toBe(source(0));
  });

  it('gives up where a file changes whenever it is read', async () => {
    editAfterReading(Infinity, edited);
    expect(await run()).toEqual({ success: false });
    expect(printed).toContain('error[SOURCE_CHANGED]: `svc/handlers/one.py` changes again');
    expect(fs.existsSync(join(root, 'dist/package.zip'))).toBe(false);
  });

  it('reads all again where a file goes', async () => {
    editAfterReading(1, () => rmSync(join(root, HANDLER)));
    expect(await run()).toEqual({ success: false });
    expect(printed).toContain('reading it again');
    expect(printed).toContain('error[PACKAGE_DIRECTORY_MISSING]');
  });
});
