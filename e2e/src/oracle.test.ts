/** pip's own tree is the judge of the spliced one, over distributions that are odd in some way. */

import { cpSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { ROOT } from '../../tools/workspace-root';
import { CONTAINER_OPTIONS, describeLong, describeWithEngine } from './support/engine';
import { HELD_REQUIREMENT, startHeldIndex } from './support/package-index';
import { succeedNx } from './support/nx-process';
import {
  isNamed,
  namedDifferences,
  unnamedDifferences,
  type NamedDifference,
} from './support/pip-differences';
import { runDirectory } from './support/run-directory';
import { compareTrees, readTree, type Tree } from './support/tree';
import { Workspace } from './support/workspace';

const SETS = join(ROOT, 'e2e', 'oracle');
/** A requirements file to compare on demand. */
const OWN_SET = process.env['ORACLE_REQUIREMENTS'];
/** Builds and installs for minutes. */
const LONGEST_MILLISECONDS = 900_000;

/** The same service built in three ways, which share one wheel set. */
interface Trees {
  spliced: Tree;
  withScripts: Tree;
  installed: Tree;
  distributions: number;
}

const named = namedDifferences();
const ofKind = (kind: NamedDifference['kind']) => named.filter((one) => one.kind === kind);

/** Each distribution for itself: the lists are no working set. */
const OPTIONS = { ...CONTAINER_OPTIONS, pipArgs: ['--no-deps'] };

function createService(name: string, requirements: string): Workspace {
  const workspace = new Workspace(`oracle-${name}`);
  workspace.environment = {
    NX_LAMBDA_PYTHON_CACHE_DIRECTORY: join(runDirectory(), 'oracle-store'),
  };
  return workspace.generateOrders(requirements, OPTIONS);
}

async function buildTrees(name: string, file: string, more = ''): Promise<Trees> {
  const workspace = createService(name, `-r ../../requirements/${basename(file)}\n${more}`);
  cpSync(dirname(file), join(workspace.root, 'requirements'), { recursive: true });
  const build = (output: string, ...options: string[]) =>
    succeedNx(workspace, [
      ...['build', 'orders', '--skip-nx-cache', `--outputPath=dist/${output}`],
      ...options,
    ]);
  await build('spliced');
  await build('scripts', '--scripts');
  await build('installed', '--dependencies=install');
  expect(namesIn(workspace, 'installed')).toEqual(namesIn(workspace, 'spliced'));
  return {
    spliced: readTree(workspace, 'spliced'),
    withScripts: readTree(workspace, 'scripts'),
    installed: readTree(workspace, 'installed'),
    distributions: namesIn(workspace, 'spliced').length,
  };
}

function namesIn(workspace: Workspace, output: string): string[] {
  return workspace
    .manifest(output)
    .distributions.map(({ name, version }) => `${name} ${version}`)
    .sort();
}

function expectSame(trees: Trees): void {
  expect(unnamedDifferences(trees.withScripts, trees.installed)).toEqual({
    onlySpliced: [],
    onlyInstalled: [],
    different: [],
  });
  const scripts = compareTrees(trees.spliced, trees.withScripts);
  expect({ ...scripts, onlySecond: [] }).toEqual({ onlyFirst: [], onlySecond: [], different: [] });
  expect(scripts.onlySecond.filter((path) => !isNamed(ofKind('with scripts'), path))).toEqual([]);
}

describeWithEngine('the package, beside what pip installs', () => {
  let trees: Trees;
  let index: Awaited<ReturnType<typeof startHeldIndex>>;

  beforeAll(async () => {
    index = await startHeldIndex();
    index.release();
    const [name = ''] = HELD_REQUIREMENT.split('==');
    const url = `${index.url.replace(/simple$/, 'files')}/held-1.0-py3-none-any.whl`;
    trees = await buildTrees('quick', join(SETS, 'quick.txt'), `${name} @ ${url}\n`);
  }, LONGEST_MILLISECONDS);

  afterAll(() => index.stop());

  it('holds the same paths, bytes and modes, but for what the page names', () => {
    expectSame(trees);
  });

  it('differs in all that the page names', () => {
    const { onlySecond, different } = compareTrees(trees.withScripts, trees.installed);
    const scripts = compareTrees(trees.spliced, trees.withScripts).onlySecond;
    const seen = { missing: onlySecond, different, 'with scripts': scripts };
    const stale = named.filter((one) => !seen[one.kind].some((path) => isNamed([one], path)));
    expect(stale).toEqual([]);
  });

  it("starts the runtime's Python in scripts, where pip names the build image's", () => {
    const { withScripts, installed } = trees;
    expect(Object.keys(withScripts.interpreters)).toEqual(
      expect.arrayContaining(['bin/jp.py', 'bin/tqdm', 'bin/unidecode']),
    );
    expect(Object.keys(withScripts.interpreters)).toEqual(Object.keys(installed.interpreters));
    expect(new Set(Object.values(withScripts.interpreters))).toEqual(
      new Set(['/var/lang/bin/python3.11']),
    );
    expect(new Set(Object.values(installed.interpreters)).size).toBe(1);
  });

  it('was compared over the oddities that the list is for', () => {
    const lines = readFileSync(join(SETS, 'quick.txt'), 'utf8').match(/^\w.*==/gm) ?? [];
    expect(trees.distributions).toBe(lines.length + 1);
    expect(Object.keys(trees.spliced.files)).toEqual(
      expect.arrayContaining([
        'bazel_runfiles-2.4.6.dist-info/METADATA',
        'crcmod/_crcfunext.cpython-311-x86_64-linux-gnu.so',
        'docopt.py',
        'greenlet/_greenlet.cpython-311-x86_64-linux-gnu.so',
        'include/python/greenlet/greenlet.h',
        'jaraco/context/__init__.py',
        'jaraco/functools/__init__.py',
        'sphinxcontrib_jsmath-1.0.1-py3.7-nspkg.pth',
      ]),
    );
    expect(Object.keys(trees.spliced.files).some((path) => /[^ -~]/.test(path))).toBe(true);
    expect(trees.withScripts.files['bin/ninja']).toMatch(/^100755 /);
  });
});

describeLong('many distributions', () => {
  describeWithEngine('beside what pip installs', () => {
    it(
      'hold the same paths, bytes and modes',
      async () => {
        const trees = await buildTrees('many', join(SETS, 'many.txt'));
        expect(trees.distributions).toBeGreaterThan(70);
        expectSame(trees);
        // From .data/data, so that it is there without scripts.
        expect(trees.spliced.files['bin/z3']).toMatch(/^100755 /);
      },
      LONGEST_MILLISECONDS,
    );

    const conflicts = [
      [
        'PyJWT==2.15.1',
        'jwt==1.4.0',
        '`jwt 1.4.0` and `PyJWT 2.15.1` differ in 3 files: `jwt/__init__.py`',
        '"excludeDistributions": ["jwt"]` or `["PyJWT"]',
      ],
      [
        'docker==7.2.0',
        'docker-py==1.10.6',
        '`docker 7.2.0` and `docker-py 1.10.6` differ in 29 files: `docker/__init__.py`',
        '"excludeDistributions": ["docker"]` or `["docker-py"]',
      ],
      [
        'pyserial==3.5',
        'serial==0.0.97',
        '`serial/__init__.py` differs between `pyserial 3.5` and `serial 0.0.97`',
        '"collisions": { "serial/__init__.py": "pyserial" }',
      ],
    ] as const;
    it.each(conflicts)('are refused where two hold one path: %s, %s', (first, second, ...words) => {
      const workspace = createService(first, `${first}\n${second}\n`);
      workspace.fail(['build', 'orders'], ['error[ENTRY_COLLISION]', ...words]);
    });
  });
});

(OWN_SET ? describe : describe.skip)(
  `the requirements of ${OWN_SET ?? 'ORACLE_REQUIREMENTS'}`,
  () => {
    it(
      'hold the same paths, bytes and modes',
      async () => expectSame(await buildTrees('own', resolve(ROOT, OWN_SET ?? ''))),
      LONGEST_MILLISECONDS,
    );
  },
);
