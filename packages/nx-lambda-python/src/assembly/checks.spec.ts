import { mkdirSync, mkdtempSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { modulesOf } from '../packaging/dependency-part';
import { parseMarker } from '../service/marker';
import { checkPackage } from './checks';
import build from '../executors/build';
import type { BuildExecutorSchema } from '../schemas/build';

const IMPORTING = { file: 'svc/a.py', path: 'svc/a.py' };
const imports = (...modules: string[]) =>
  modules.map((module, index) => ({ module, level: 0, names: [], line: index + 1 }));
const marker = parseMarker(
  '[tool.nx-lambda-python]\npackage = "svc"\nruntime = "python3.11"\n',
  'pyproject.toml',
);
const SIX = {
  distributions: [{ name: 'six', version: '1', wheel: null, sha256: null, unpackedSize: 1 }],
  modules: modulesOf([{ path: 'six.py', distribution: 'six' }]),
};
const NONE = { distributions: [], modules: [] };

function check(
  modules: string[],
  options: { imports?: 'warn' | 'error' | 'off'; excludeDistributions?: string[] } = {},
  facts: typeof SIX | typeof NONE = SIX,
) {
  return checkPackage(
    { imports: 'warn', excludeDistributions: [], ...options },
    { marker, files: [], importing: [{ ...IMPORTING, imports: imports(...modules) }] },
    { leftOut: () => new Map([['numpy', 'numpy']]), whenNone: () => 'nothing is for it' },
    facts,
  );
}

describe('what a build says of imports', () => {
  it('is nothing where all lead somewhere', () => {
    expect(check(['six', 'json', 'boto3'], { imports: 'error' })).toEqual([]);
  });

  it('is a warning, an error, or nothing, as the option has it', () => {
    expect(check(['six', 'requests'])).toEqual([
      expect.stringMatching(/^an import leads nowhere.*\n {2}`svc\/a\.py:2` imports `requests`: /),
    ]);
    expect(() => check(['six', 'requests'], { imports: 'error' })).toThrow(
      expect.objectContaining({
        code: 'IMPORT_NOT_FOUND',
        message: expect.stringContaining('`svc/a.py:2` imports `requests`'),
      }),
    );
    expect(check(['requests'], { imports: 'off' })).toEqual([]);
  });

  it('is a warning only where an option leaves a distribution out', () => {
    expect(check(['numpy'], { imports: 'error', excludeDistributions: ['numpy'] })).toEqual([
      'a layer that is not of this build has to bring what "excludeDistributions" leaves out:\n  `svc/a.py:1` imports `numpy` of `numpy`',
    ]);
  });
});

it('says where all that is required is for other Pythons, and not where options leave it out', () => {
  expect(check([], {}, NONE)).toEqual(['nothing is for it']);
  expect(check([], { excludeDistributions: ['boto3'] }, NONE)).toEqual([]);
});

describe('a build', () => {
  let root: string;
  let printed: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'build-checks-'));
    process.env['NX_LAMBDA_PYTHON_CACHE_DIRECTORY'] = join(root, 'store');
    printed = '';
    for (const method of ['log', 'warn', 'error'] as const) {
      jest.spyOn(console, method).mockImplementation((...words: unknown[]) => {
        printed += `${words.join(' ')}\n`;
      });
    }
    write({
      'svc/pyproject.toml':
        '[project]\nname = "svc"\n[tool.nx-lambda-python]\npackage = "svc"\nruntime = "python3.11"\n',
      'svc/requirements.txt': '',
      'svc/svc/handlers/one.py':
        'import requests\nfrom ..shared import x\n\n\ndef handler(e, c):\n    return x\n',
    });
  });

  afterEach(() => {
    jest.restoreAllMocks();
    delete process.env['NX_LAMBDA_PYTHON_CACHE_DIRECTORY'];
    rmSync(root, { recursive: true });
  });

  function write(files: Record<string, string>): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
  }

  async function run(schema: Partial<BuildExecutorSchema> = {}): Promise<boolean> {
    printed = '';
    const projects = { svc: { root: 'svc' } };
    const context = { root, projectName: 'svc', projectsConfigurations: { projects } };
    const { success } = await build({ outputPath: 'dist', ...schema }, context as never);
    return success;
  }

  it('warns of imports that lead nowhere, however often it is run', async () => {
    // The second one finds the modules in the source cache.
    for (let builds = 0; builds < 2; builds += 1) {
      expect(await run()).toBe(true);
      expect(printed).toContain('warning: 2 imports lead nowhere');
      expect(printed).toContain('`svc/handlers/one.py:1` imports `requests`: neither');
      expect(printed).toContain('`svc/handlers/one.py:2` imports `..shared`: there is no');
    }
  });

  it('fails for them if told so, before it writes a package', async () => {
    expect(await run({ imports: 'error' })).toBe(false);
    expect(printed).toContain('error[IMPORT_NOT_FOUND]: 2 imports lead nowhere');
    expect(existsSync(join(root, 'dist/package.zip'))).toBe(false);
    write({ 'svc/svc/shared.py': 'x = 1\n', 'svc/svc/handlers/one.py': 'handler = print\n' });
    expect(await run({ imports: 'error' })).toBe(true);
  });

  it('names a second source of requirements, and which it takes', async () => {
    write({
      'svc/pyproject.toml': `[project]\nname = "svc"\ndependencies = ["requests"]\n${TABLE}`,
    });
    await run();
    expect(printed).toContain(
      'warning: the package is made of `svc/requirements.txt`; the dependencies in `svc/pyproject.toml` beside it are not read',
    );
    await run({ requirements: ['requirements.txt'] });
    expect(printed).not.toContain('not read');
  });
});

const TABLE = '[tool.nx-lambda-python]\npackage = "svc"\nruntime = "python3.11"\n';
