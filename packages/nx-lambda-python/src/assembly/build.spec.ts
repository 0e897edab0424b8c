import fs, { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import lock from '../executors/lock';
import { DamagedFileError, SourceChangedError } from '../packaging/package';
import { readEntries } from '../packaging/zip/read';
import { readContent } from '../packaging/zip/verify';
import { openFile } from '../platform/files/files';
import { withRepairs } from './build';
import { HANDLER, MARKER, TestService } from './service.fixtures';

const PACKAGE = 'dist/svc/package.zip';
let service: TestService;
beforeEach(() => (service = new TestService()));
afterEach(() => service.remove());

it('has metadata of the service where its marker asks for it', async () => {
  const marker = `${MARKER}metadata = true\n[project]\nname = "My.Svc"\nversion = "1.2-rc1"\n`;
  service.write({ 'svc/pyproject.toml': marker });
  expect(await service.build()).toBe(true);
  using file = openFile(service.path(PACKAGE));
  const path = 'my_svc-1.2_rc1.dist-info/METADATA';
  const entry = readEntries(file).find((one) => one.path === path);
  expect(entry && readContent(file, entry).toString()).toBe(
    'Metadata-Version: 2.1\nName: My.Svc\nVersion: 1.2-rc1\n',
  );
});

describe('a build of a folder that holds more than the package', () => {
  beforeEach(() => {
    symlinkSync('/usr', service.path('svc/data'));
    service.write({ 'svc/jobs/a.py': 'def handler(event, context): ...\n', 'svc/dist/x': '' });
  });

  it.each([
    ['', true, '1 handler,'],
    ['include = ["*"]\n', false, 'error[ENTRY_INVALID]: the symbolic link `data` points out of'],
    ['include = ["*"]\nexclude = ["data"]\n', true, '1 handler,'],
    [
      'handlers = ["jobs/*.py"]\n',
      false,
      'error[NO_HANDLERS]: the handlers `jobs/*.py` of `svc/pyproject.toml` match `jobs/a.py`, which is not in the package',
    ],
  ])('with %j: %s', async (settings, succeeds, words) => {
    service.write({ 'svc/pyproject.toml': `${MARKER}${settings}` });
    expect(await service.build()).toBe(succeeds);
    expect(service.printed).toContain(words);
  });

  it('does not walk what the marker leaves out', async () => {
    const walked = jest.spyOn(fs, 'readdirSync');
    expect(await service.build()).toBe(true);
    const paths = walked.mock.calls.map(([path]) => String(path));
    expect(paths).toContain(service.path('svc/svc'));
    expect(paths.filter((path) => /svc.(dist|jobs|data)$/.test(path))).toEqual([]);
  });
});

describe('a build whose handlers import what `exclude` leaves out', () => {
  const build = (files: Record<string, string>, exclude: string) => {
    service.write({
      'svc/svc/old/__init__.py': '',
      'svc/svc/old/x.py': '',
      ...files,
      'svc/pyproject.toml': `${MARKER}exclude = ${exclude}\n`,
    });
    return service.build();
  };
  const HANDLED = 'def handler(event, context): ...\n';
  const SHARED = { [HANDLER]: `from svc import shared\n${HANDLED}` };

  it.each([
    [{ [HANDLER]: `\nimport svc.old.x\n${HANDLED}` }, 'svc/handlers/one.py', 2, 'svc.old', 'old/'],
    [
      { ...SHARED, 'svc/svc/shared.py': 'from .old import x\n' },
      'svc/shared.py',
      1,
      'svc.old',
      'old/',
    ],
    [
      { ...SHARED, 'svc/svc/shared.py': '', 'svc/svc/__init__.py': 'from .old import x\n' },
      'svc/__init__.py',
      1,
      'svc.old.x',
      'svc/old/x*',
    ],
    [
      { ...SHARED, 'svc/svc/shared.py': 'x = 1; from svc.old import (\n  x,\n)\n' },
      'svc/shared.py',
      1,
      'svc.old',
      'old/',
    ],
    [
      { ...SHARED, 'svc/svc/shared.py': 'import json, \\\n  svc.old as y\n' },
      'svc/shared.py',
      1,
      'svc.old',
      'old/',
    ],
  ])('%j is an error with file, line and pattern', async (files, file, line, module, pattern) => {
    expect(await build(files, `["nothing", "${pattern}"]`)).toBe(false);
    expect(service.printed).toContain(
      `error[IMPORT_NOT_FOUND]: \`${file}\` line ${line} imports \`${module}\`, which the pattern \`${pattern}\` of \`exclude\` leaves out of the package\n`,
    );
  });

  it.each([
    ['try', { [HANDLER]: `try:\n    import svc.old\nexcept ImportError: pass\n${HANDLED}` }],
    ['function', { [HANDLER]: `${HANDLED}    import svc.old\n`.replace(' ...', '') }],
    [
      'a default exclude',
      { [HANDLER]: `from svc.tests import x\n${HANDLED}`, 'svc/svc/tests/x.py': '' },
    ],
    ['a module that no handler reaches', { 'svc/svc/shared.py': 'import svc.old\n' }],
    [
      'a name that the package defines',
      { [HANDLER]: `from svc import old\n${HANDLED}`, 'svc/svc/__init__.py': 'old = 1\n' },
    ],
  ])('%s is none', async (_, files) => {
    expect(await build(files as Record<string, string>, '["old/"]')).toBe(true);
  });
});

describe('a build whose files change meanwhile', () => {
  const source = (edit: number) => `def handler(event, context):\n    return ${edit}\n`;
  const edited = (number: number) => service.write({ [HANDLER]: source(number) });

  /** Edits the handler, or deletes it, as soon as it was read, this many times. */
  function editAfterReading(times: number, edit: (number: number) => void): void {
    edited(0);
    const read = readFileSync;
    let reads = 0;
    jest.spyOn(fs, 'readFileSync').mockImplementation(((path: string, ...rest: never[]) => {
      const content = (read as (path: string, ...rest: never[]) => unknown)(path, ...rest);
      if (String(path).endsWith(HANDLER) && reads < times) edit((reads += 1));
      return content;
    }) as never);
  }

  function packaged(): string {
    using file = openFile(service.path(PACKAGE));
    const entry = readEntries(file).find(({ path }) => path.endsWith('one.py'));
    return entry ? readContent(file, entry).toString() : '';
  }

  it('has files as they were at one moment, the last one, and no other content later', async () => {
    editAfterReading(1, edited);
    expect(await service.build()).toBe(true);
    expect(service.printed).toContain('changed during the build; reading it again');
    expect(packaged()).toBe(source(1));
    jest.mocked(fs.readFileSync).mockRestore();
    edited(0);
    expect(await service.build()).toBe(true);
    expect(packaged()).toBe(source(0));
  });

  it('gives up if a file changes whenever it is read', async () => {
    editAfterReading(Infinity, edited);
    expect(await service.build()).toBe(false);
    expect(service.printed).toContain('error[SOURCE_CHANGED]: `svc/handlers/one.py` kept changing');
    expect(existsSync(service.path(PACKAGE))).toBe(false);
  });

  it('reads all again if a file is deleted', async () => {
    editAfterReading(1, () => rmSync(service.path(HANDLER)));
    expect(await service.build()).toBe(false);
    expect(service.printed).toContain('reading it again');
    expect(service.printed).toContain('error[PACKAGE_DIRECTORY_MISSING]');
  });
});

describe('withRepairs', () => {
  it.each([
    ['a file changes', new SourceChangedError('a.py')],
    ['a wheel is damaged', new DamagedFileError('damaged: a.whl')],
  ])('starts again if %s, once what was begun has ended', async (_, error) => {
    const events: string[] = [];
    let attempts = 0;
    const built = await withRepairs(async (begin) => {
      const name = `attempt ${(attempts += 1)}`;
      events.push(name);
      void begin(
        delay(20).then(() => {
          events.push(`pip of ${name} ended`);
          // As pip does when it is the service that cannot be built.
          if (attempts === 1) throw error;
        }),
      );
      await delay(1);
      if (attempts === 1) throw error;
      await delay(30);
      return name;
    });
    expect(built).toBe('attempt 2');
    expect(events).toEqual([
      'attempt 1',
      'pip of attempt 1 ended',
      'attempt 2',
      'pip of attempt 2 ended',
    ]);
  });

  it('reports every other fault at once', async () => {
    let isOver = false;
    const failing = withRepairs(async (begin) => {
      void begin(delay(1_000, undefined, { ref: false }).then(() => (isOver = true)));
      await delay(1);
      throw new Error('a fault of the service');
    });
    await expect(failing).rejects.toThrow('a fault of the service');
    expect(isOver).toBe(false);
  });

  it('gives up after two repairs', async () => {
    let attempts = 0;
    const failing = withRepairs(() => {
      attempts += 1;
      return Promise.reject(new SourceChangedError('a.py'));
    });
    await expect(failing).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
    expect(attempts).toBe(3);
  });
});

describe('what a build warns of', () => {
  beforeEach(() =>
    service.write({
      [HANDLER]: 'import requests\nfrom ..shared import x\n\n\ndef handler(e, c):\n    return x\n',
    }),
  );

  it('warns of imports that lead nowhere, however often it is run', async () => {
    // The second one finds the modules in the source cache.
    for (let builds = 0; builds < 2; builds += 1) {
      expect(await service.build()).toBe(true);
      expect(service.printed).toContain('warning: 2 imports lead nowhere');
      expect(service.printed).toContain('`svc/handlers/one.py:1` imports `requests`: neither');
      expect(service.printed).toContain('`svc/handlers/one.py:2` imports `..shared`: `');
    }
  });

  it('fails for them if told so, before it writes a package', async () => {
    expect(await service.build({ imports: 'error' })).toBe(false);
    expect(service.printed).toContain('error[IMPORT_NOT_FOUND]: 2 imports lead nowhere');
    expect(existsSync(service.path(PACKAGE))).toBe(false);
    service.write({
      'svc/svc/shared.py': 'x = 1\n',
      'svc/svc/handlers/one.py': 'handler = print\n',
    });
    expect(await service.build({ imports: 'error' })).toBe(true);
  });

  it('names a second source of requirements, and which it takes', async () => {
    service.write({
      'svc/pyproject.toml': `[project]\nname = "svc"\ndependencies = ["requests"]\n${MARKER}`,
    });
    await service.build();
    expect(service.printed).toContain(
      'warning: the package is built from `svc/requirements.txt`; the dependencies in `svc/pyproject.toml` are not read',
    );
    await service.build({ requirements: ['requirements.txt'] });
    expect(service.printed).not.toContain('not read');
  });

  it('is out of date when pyproject.toml has changed, until it is written again', async () => {
    const project = (dependencies: string, end = '') =>
      service.write({
        'svc/pyproject.toml': `[project]\nname = "svc"\ndependencies = ${dependencies}\n${MARKER}${end}`,
      });
    rmSync(service.path('svc/requirements.txt'));
    service.write({ [HANDLER]: 'def handler(e, c): ...\n' });
    project('[]');
    expect(await lock({}, service.context('lock'))).toEqual({ success: true });
    const text = readFileSync(service.path('svc/requirements.txt'), 'utf8');
    expect(text).toContain('# Input: {"format":1,');
    const warnings = async () => {
      expect(await service.build()).toBe(true);
      return service.warnings.join('\n');
    };
    expect(await warnings()).toBe('');
    project('["six"]');
    expect(await warnings()).toBe(
      'warning: `svc/requirements.txt` is out of date: `svc/pyproject.toml` changed; the package has what the lock says until you run `nx lock svc`',
    );
    project('[]', '# A comment.\n');
    expect(await warnings()).toBe('');
    // An older lock has no digest.
    project('["six"]');
    writeFileSync(service.path('svc/requirements.txt'), text.replace(/^# Input: .*\n/m, ''));
    expect(await warnings()).not.toContain('is out of date');
  });
});
