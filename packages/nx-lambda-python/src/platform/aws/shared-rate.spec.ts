import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../release/model/clock';
import { ownedName } from '../process/owner';
import { sharedRate } from './shared-rate';
import { nodeArguments } from '../../process.fixtures';
import { temporaryDirectory } from '../../temporary.fixtures';

let directory: string;
let warnings: string[];
beforeEach(() => {
  directory = temporaryDirectory('with spaces ü');
  warnings = [];
});

const NOW = 1_000_000;

/** Time that passes as it is slept through; files are the real ones. */
function sleepless(start = NOW): Clock {
  let now = start;
  return { now: () => now, sleep: async (milliseconds) => void (now += milliseconds) };
}

const limiter = (clock: Clock, place = directory) =>
  sharedRate({
    directory: place,
    key: 'account',
    perSecond: 10,
    burst: 2,
    clock,
    onUnusable: (reason) => warnings.push(reason),
  });

async function moments(count: number, clock: Clock, place?: string): Promise<number[]> {
  const rate = limiter(clock, place);
  const start = clock.now();
  const at: number[] = [];
  const taken = Array.from({ length: count }, () =>
    rate.take().then(() => at.push(Math.round(clock.now() - start))),
  );
  await Promise.all(taken);
  return at;
}

const stateFile = () =>
  join(directory, readdirSync(directory).find((name) => name.endsWith('.json')) ?? 'none');

describe('sharedRate', () => {
  it('goes on where another process stopped', async () => {
    expect(await moments(4, sleepless())).toEqual([0, 0, 100, 200]);
    expect(await moments(2, sleepless())).toEqual([300, 400]);
    expect(readdirSync(directory)).toHaveLength(1);
  });

  it('pauses the others, and is lower for them', async () => {
    limiter(sleepless()).pause(2);
    // Under its lock the file changes a moment later.
    while (!existsSync(stateFile())) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await moments(2, sleepless())).toEqual([2000, 2143]);
  });

  it.each([
    ['half a file', '{"format":1,"due":'],
    ['another format', '{"format":2,"due":1,"pausedUntil":0,"share":1}'],
    ['no state at all', 'null'],
    ['a share of nothing', `{"format":1,"due":${NOW},"pausedUntil":0,"share":0}`],
    ['a call due next week', `{"format":1,"due":${NOW + 6e8},"pausedUntil":0,"share":1}`],
    ['a pause until next week', `{"format":1,"due":0,"pausedUntil":${NOW + 6e8},"share":1}`],
  ])('replaces %s, at the usual pace', async (_, text) => {
    await moments(1, sleepless());
    writeFileSync(stateFile(), text);
    const at = await moments(20, sleepless());
    expect(at[19]).toBeLessThanOrEqual(1000 + 2000);
    expect(at[1]).toBeGreaterThan(0);
    expect(JSON.parse(readFileSync(stateFile(), 'utf8'))).toMatchObject({ format: 1, share: 1 });
  });

  it('is not held up by a process that died with the lock', async () => {
    await moments(2, sleepless());
    const dead = ownedName(spawnSync(process.execPath, ['--version']).pid);
    const lock = stateFile().replace(/\.json$/, '.lock');
    mkdirSync(lock);
    writeFileSync(join(lock, dead), '');
    expect(await moments(1, sleepless())).toEqual([100]);
  });

  it('counts for itself where the directory cannot be used, and says so once', async () => {
    const file = join(directory, 'file');
    writeFileSync(file, '');
    expect(await moments(4, sleepless(), join(file, 'rates'))).toEqual([0, 0, 100, 200]);
    expect(warnings).toEqual([expect.stringContaining('file')]);
  });

  it('forgets rates that nobody used for a day', async () => {
    writeFileSync(join(directory, 'old.json'), '');
    utimesSync(join(directory, 'old.json'), 1, 1);
    await moments(1, sleepless());
    expect(existsSync(join(directory, 'old.json'))).toBe(false);
  });
});

describe('several processes', () => {
  const PER_SECOND = 100;

  /** Takes so many, a line for each. */
  function taker(count: number) {
    const module = JSON.stringify(join(__dirname, 'shared-rate.ts'));
    const options = JSON.stringify({ directory, key: 'k', perSecond: PER_SECOND, burst: 1 });
    const script = `const { sharedRate, dayClock } = require(${module});
      const rate = sharedRate({ ...${options}, clock: dayClock, onUnusable: (why) => { throw new Error(why); } });
      for (let i = 0; i < ${count}; i += 1) rate.take().then(() => process.stdout.write('x'));`;
    const child = spawn(process.execPath, nodeArguments(script), {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const run = { child, taken: 0, end: Promise.resolve<number | null>(null) };
    child.stdout.on('data', (bytes: Buffer) => (run.taken += bytes.length));
    run.end = new Promise((resolve) => child.on('close', resolve));
    return run;
  }

  it('take no moment twice, though one is killed in the middle', async () => {
    const start = Date.now();
    const runs = [taker(60), taker(60), taker(100_000)];
    const [, , endless] = runs;
    endless?.child.stdout.on('data', () => {
      if (endless.taken >= 20) endless.child.kill('SIGKILL');
    });
    expect(await Promise.all(runs.map(({ end }) => end))).toEqual([0, 0, null]);
    const taken = runs.reduce((sum, run) => sum + run.taken, 0);
    expect(taken).toBeGreaterThanOrEqual(140);
    // Each call that was sent has moved it by its share of a second.
    const { due } = JSON.parse(readFileSync(stateFile(), 'utf8')) as { due: number };
    expect(due - start).toBeGreaterThanOrEqual((taken * 1000) / PER_SECOND);
    expect(readdirSync(directory).filter((name) => name.endsWith('.lock'))).toEqual([]);
  });
});
