import type { RunnableService } from '../../running/service-runner';
import { hostPython, taskOf } from '../../runtime/runtime.fixtures';
import { importFindings } from './import-findings';
import { importHandlers, type ImportOutcome } from './import-run';
import { importTimes } from './times';
import { temporaryDirectory } from '../../temporary.fixtures';
import type { Finding } from '../finding';

/** By handler: its module, and what is found. */
const CASES: Record<string, [module: string, finding?: Partial<Finding>]> = {
  fine: ['import threading\nthreading.Thread(target=threading.Event().wait).start()'],
  binary: [
    'import sys\nsys.stdout.buffer.write(b"\\x00\\xff")',
    { level: 'warning', kind: 'prints-binary' },
  ],
  boto: [
    'import snapshot_restore_py',
    {
      ...{ level: 'note', kind: 'runtime-module-missing', file: 'svc/handlers/boto.py' },
      hint: "require `snapshot_restore_py`, or run in AWS's own build image",
    },
  ],
  crash: [
    'import os\nos.kill(os.getpid(), 11)',
    {
      kind: 'import-crashes',
      message: '`crash` crashes when it is imported: signal 11, at svc/handlers/crash.py:2',
    },
  ],
  cycle: [
    'from svc import one',
    {
      kind: 'import-cycle',
      file: 'svc/two.py',
      message: expect.stringMatching(
        /^`cycle` imports in a circle: cannot import name 'y' from partially initialized module 'svc\.one'.* \(\/var\/task\/svc\/one\.py\), through svc\/handlers\/cycle\.py:1 → svc\/one\.py:1 → svc\/two\.py:1$/,
      ) as string,
    },
  ],
  descriptors: [
    'import os\nHELD = [os.open("/dev/null", os.O_RDONLY) for _ in range(600)]',
    { level: 'warning', kind: 'many-descriptors' },
  ],
  environment: [
    'import os\nos.environ["TABLE"]',
    {
      kind: 'import-failed',
      message:
        "`environment` cannot be imported: KeyError: 'TABLE', through svc/handlers/environment.py:2",
      hint: 'if it is a variable of the environment, set it: --envFile=<file of NAME=value>',
    },
  ],
  exits: [
    'import sys\nsys.exit(3)',
    {
      kind: 'exits-at-import',
      message:
        '`exits` ends the process when it is imported: sys.exit(3), through svc/handlers/exits.py:2',
    },
  ],
  given: ['import os\nassert os.environ["GIVEN"] == "yes" and "HOME" not in os.environ'],
  hangs: [
    'import threading, time\none = threading.Thread(target=time.sleep, args=(60,))\none.start()\none.join()',
    {
      kind: 'import-hangs',
      message:
        '`hangs` takes longer than 2 s to import: it waits at svc/handlers/hangs.py:4, with 1 thread that it has started',
    },
  ],
  hard: [
    'import os\nos._exit(5)',
    {
      kind: 'exits-at-import',
      message: '`hard` ends the process with exit status 5 when it is imported',
    },
  ],
  layered: ['import fromlayer'],
  nameless: ['other = print', { kind: 'handler-missing' }],
  optional: [
    'try:\n    open(__file__ + "c", "w")\nexcept OSError:\n    pass',
    { level: 'warning', kind: 'writes-own-directory', file: 'svc/handlers/optional.pyc' },
  ],
  writes: [
    'import os\nos.mkdir("cache")',
    {
      level: 'error',
      kind: 'writes-own-directory',
      message: '`writes` writes `cache` when it is imported, through svc/handlers/writes.py:2',
      hint: 'write to /tmp: the directory of the code is read-only in Lambda',
    },
  ],
};

describe('imports of handlers', () => {
  let outcomes: readonly ImportOutcome[];
  let task: string;
  const handlers = Object.keys(CASES).map((name) => ({
    ...{ name, file: `svc/handlers/${name}.py` },
    handler: `svc.handlers.${name}.handler`,
  }));
  const found = (maxInitMs?: number) =>
    importFindings(handlers, outcomes, [], { timeout: 2, roots: [task], maxInitMs });

  beforeAll(async () => {
    process.env['NX_LAMBDA_PYTHON_CACHE_DIRECTORY'] = temporaryDirectory();
    const { python, runtime } = await hostPython();
    task = taskOf({
      'svc/__init__.py': '',
      'svc/one.py': 'from svc.two import x\ny = 1\n',
      'svc/two.py': 'from svc.one import y\nx = 1\n',
      ...Object.fromEntries(
        Object.entries(CASES).map(([name, [text]]) => [
          `svc/handlers/${name}.py`,
          `${text}\n${name === 'nameless' ? '' : 'handler = print'}\n`,
        ]),
      ),
    });
    const opt = taskOf({ 'python/fromlayer.py': '' });
    const service = {
      ...{ marker: { runtime }, manifest: { project: 'svc', handlers }, tree: { task, opt } },
      place: { kind: 'host', python },
    } as unknown as RunnableService;
    const run = await importHandlers(service, { timeout: 2, environment: { GIVEN: 'yes' } });
    outcomes = run.handlers;
  });
  afterAll(() => {
    delete process.env['NX_LAMBDA_PYTHON_CACHE_DIRECTORY'];
  });

  it.each(Object.entries(CASES))('%s', (name, [, finding]) => {
    const own = found().filter(({ handler }) => handler === name);
    expect(own).toEqual(finding ? [expect.objectContaining({ handler: name, ...finding })] : []);
  });

  it('that fail for one reason are one finding', () => {
    const [outcome] = outcomes.slice(handlers.findIndex(({ name }) => name === 'boto'));
    const twice = [{ name: 'a' }, { name: 'b' }];
    const all = importFindings(twice, [outcome, outcome] as ImportOutcome[], [], {
      ...{ timeout: 2, roots: [task], maxInitMs: undefined },
    });
    expect(all).toMatchObject([
      { handler: 'a', message: expect.stringMatching(/^`a` \(and 1 more handler\) /) as string },
    ]);
  });

  it('are held to a budget, whose finding has no time in it', () => {
    const over = found(0.000_001).filter(({ kind }) => kind === 'over-budget');
    expect(over).toMatchObject([
      {
        message: expect.stringMatching(
          /more handlers\) takes longer to import than `maxInitMs`/,
        ) as string,
      },
    ]);
  });

  it('are measured, by handler and by distribution', () => {
    const six = {
      name: 'six',
      version: '1',
      record: '',
      rows: new Map(),
      requires: [],
      extras: [],
    };
    const outcome = {
      ms: 30,
      kilobytes: 5000,
      modules: [
        ['six.py', 20, 4000],
        ['six.py', 1, 0],
        ['a.py', 9, 1000],
      ],
    };
    const files = [{ path: 'six.py', distribution: six }];
    const times = importTimes(
      [{ name: 'h' }],
      [outcome as unknown as ImportOutcome],
      files,
      'here',
    );
    expect(times).toEqual({
      ...{ format: 1, place: 'here' },
      handlers: [{ name: 'h', initMs: 30, memoryMb: 5, modules: 2 }],
      distributions: [
        { name: 'six', initMs: 21, memoryMb: 4 },
        { name: 'own files', initMs: 9, memoryMb: 1 },
      ],
    });
  });
});
