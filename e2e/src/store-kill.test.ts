/**
 * Builds killed at random points, over and over, on one wheel store: none of them harms the next one.
 *
 * `KILLS` and `KILL_SEED` set how many and which.
 */

import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { BareWorkspace, type Run } from './support/bare-workspace';
import { CONTAINER_OPTIONS, describeLong, describeWithEngine } from './support/engine';
import { killRunning } from './support/nx-process';
import { seededRandom } from './support/random';
import { until } from './support/until';
import { startPackageIndex, type PackageIndex } from './support/package-index';

/** Of one store, before a build must succeed on it. */
const KILLS_IN_A_ROW = 3;
const SEED = Number(process.env['KILL_SEED'] ?? 1);
const WHEELS = ['alpha', 'beta', 'gamma', 'delta'].map((name) => ({
  name,
  files: {
    [`${name}/__init__.py`]: `NAME = "${name}"\n`,
    // Random, so that moving, hashing and copying it takes its time.
    [`${name}/data.bin`]: { content: randomBytes(4_000_000), method: 0 as const },
  },
}));

let index: PackageIndex;
let workspace: BareWorkspace;

beforeAll(async () => {
  index = await startPackageIndex(WHEELS);
  workspace = new BareWorkspace('store kill', { PIP_INDEX_URL: index.url });
  workspace.addService('killed', WHEELS.map(({ name }) => `${name}==1.0\n`).join(''));
});
afterAll(() => index.stop());
afterEach(killRunning);

/** Where in a build a kill fell: measured by what it had said by then. */
type Step = 'before pip' | 'in pip' | 'after pip';

/** How long the two halves of an undisturbed build take: until pip is done, and from then on. */
interface Pace {
  resolving: number;
  assembling: number;
}

/** Kills builds until `count` were hit while they ran; how many fell into each step. */
async function killBuilds(count: number, run: Run): Promise<Record<Step, number>> {
  const random = seededRandom(SEED);
  const pace = await measure(run);
  const digest = workspace.digest('killed');
  const steps = { 'before pip': 0, 'in pip': 0, 'after pip': 0 };
  const total = () => Object.values(steps).reduce((sum, number) => sum + number);
  while (total() < count) {
    workspace.remove('cache');
    workspace.remove('dist');
    for (let inARow = 0; inARow < KILLS_IN_A_ROW && total() < count;) {
      const step = await killOne(pace, random, run);
      // A manifest never stands beside a package that it does not describe.
      if (workspace.exists('dist/killed/manifest.json')) {
        expect(workspace.digest('killed')).toBe(digest);
      }
      if (step === undefined) break;
      steps[step] += 1;
      inARow += 1;
    }
    await workspace.build('killed', run);
    expect(workspace.digest('killed')).toBe(digest);
    expect(workspace.leftovers(workspace.cache)).toEqual([]);
    expect(workspace.leftovers(`${workspace.root}/dist`)).toEqual([]);
  }
  return steps;
}

async function measure(run: Run): Promise<Pace> {
  workspace.remove('cache');
  workspace.remove('dist');
  const started = performance.now();
  const build = workspace.startBuild('killed', run);
  await build.until('the end of pip', () => isPipDone(build.output));
  const resolved = performance.now();
  expect((await build.ended).code).toBe(0);
  return { resolving: resolved - started, assembling: performance.now() - resolved };
}

/**
 * At a random moment of a random half, which are not equally long; with all that the build started, or alone.
 * Undefined where the build was faster.
 */
async function killOne(
  { resolving, assembling }: Pace,
  random: () => number,
  run: Run,
): Promise<Step | undefined> {
  const build = workspace.startBuild('killed', run);
  if (random() < 0.5) await pause(random() * resolving);
  else {
    // With a wheel set in the store there is no pip to wait for.
    let hasEnded = false;
    void build.ended.then(() => (hasEnded = true));
    await until('the end of pip', () => hasEnded || isPipDone(build.output));
    await pause(random() * assembling);
  }
  const { code, output } = await (random() < 0.5 ? build.kill() : build.interrupt('SIGKILL'));
  if (code === 0) return undefined;
  if (isPipDone(output)) return 'after pip';
  return output === '' ? 'before pip' : 'in pip';
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function isPipDone(output: string): boolean {
  return [...output.matchAll(/^ *Saved /gm)].length === WHEELS.length;
}

async function expectSurvival(count: number, run: Run = {}): Promise<void> {
  const steps = await killBuilds(count, run);
  console.log(`${count} kills, seed ${SEED}: ${JSON.stringify(steps)}`);
}

describe('killed builds', () => {
  it('on this machine, a few times', () => expectSurvival(4));

  describeLong('many times', () => {
    const count = Number(process.env['KILLS'] ?? 36);
    it(`on this machine, ${count} times`, () => expectSurvival(count), 900_000);
  });

  describeLong('in containers', () => {
    describeWithEngine('of docker', () => {
      it('several times', () => expectSurvival(9, { options: CONTAINER_OPTIONS }), 600_000);
    });
  });
});
