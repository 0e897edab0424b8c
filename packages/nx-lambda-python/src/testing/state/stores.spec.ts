import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ORDERS, startBench, stoppedClock, stopBenches } from '../clients.fixtures';
import { zipOf } from '../conformance/check.fixtures';
import { inBatches, openDirectoryStore } from './stores';
import { sha256Hex } from './model';
import { setTimeout as sleep } from 'node:timers/promises';
import { nodeArguments } from '../../process.fixtures';
import { temporaryDirectory } from '../../temporary.fixtures';

let directory: string;
beforeEach(() => (directory = temporaryDirectory()));
afterEach(async () => {
  await stopBenches();
});

const ZIP = zipOf('kept');
const FunctionName = ORDERS.name;

describe('state on disk', () => {
  test('outlives the account', async () => {
    const first = await startBench({ directory, updateMilliseconds: 0 });
    await first.account.createBucket('releases', { versioning: true });
    await first.account.createFunction(ORDERS);
    const object = { Bucket: 'releases', Key: 'package.zip' };
    await first.s3.putObject({ ...object, Body: ZIP });
    const source = { FunctionName, S3Bucket: 'releases', S3Key: 'package.zip' };
    await first.lambda.updateFunctionCode(source);
    await first.lambda.getFunction({ FunctionName });
    await first.account.stop();

    const second = await startBench({ directory });
    expect(await second.account.createBucket('releases')).toBe(false);
    expect(await second.account.functionCode(FunctionName)).toEqual(ZIP);
    const { Body } = await second.s3.getObject(object);
    expect(Buffer.from((await Body?.transformToByteArray()) ?? [])).toEqual(ZIP);
    // One copy for the object and the function; the placeholder is gone.
    expect(readdirSync(join(directory, 'v1/bytes'))).toEqual([sha256Hex(ZIP)]);
  });

  test('is kept out of git', async () => {
    await startBench({ directory });
    expect(readFileSync(join(directory, '.gitignore'), 'utf8')).toBe('*\n');
  });

  test('tells names apart that differ only in case, as on a Mac’s disk', async () => {
    const { account } = await startBench({ directory });
    expect(await account.createFunction({ ...ORDERS, name: 'Orders' })).toBe(true);
    expect(await account.createFunction({ ...ORDERS, name: 'orders' })).toBe(true);
    const files = readdirSync(join(directory, 'v1/functions')).map((name) => name.toLowerCase());
    expect(new Set(files).size).toBe(2);
  });

  test('may be deleted under a running account', async () => {
    const { account } = await startBench({ directory });
    await account.createFunction(ORDERS);
    rmSync(join(directory, 'v1'), { recursive: true });
    expect(await account.readFunction(FunctionName)).toBeUndefined();
    expect(await account.createFunction(ORDERS)).toBe(true);
  });

  test('what a killed process left half written is cleared away', async () => {
    const before = await startBench({ directory });
    await before.account.createFunction(ORDERS);
    const leftovers = ['v1/functions/x.json.abc.tmp', 'v1/bytes/123.tmp', 'v1/bytes/unused'];
    for (const file of leftovers) writeFileSync(join(directory, file), '{"half":');
    const { account } = await startBench({ directory });
    expect(leftovers.filter((file) => existsSync(join(directory, file)))).toEqual([]);
    expect(await account.functionCode(FunctionName)).toBeDefined();
  });
});

describe('several accounts over one directory', () => {
  test('are one account', async () => {
    const [a, b] = await Promise.all([startBench({ directory }), startBench({ directory })]);
    const created = await Promise.all(
      Array.from({ length: 20 }, (_, index) => (index % 2 ? a : b).account.createFunction(ORDERS)),
    );
    expect(created.filter(Boolean)).toHaveLength(1);
    expect(await b.account.readFunction(FunctionName)).toBeDefined();
  });

  test('share one quota', async () => {
    const { now } = stoppedClock();
    const options = { directory, now, updateMilliseconds: 0 };
    const [a, b] = await Promise.all([startBench(options), startBench(options)]);
    await a.account.createFunction(ORDERS);
    const calls = Array.from({ length: 20 }, (_, index) => {
      return (index % 2 ? a : b).lambda.updateFunctionCode({ FunctionName, ZipFile: ZIP }).then(
        () => true,
        () => false,
      );
    });
    expect((await Promise.all(calls)).filter(Boolean)).toHaveLength(15);
  });
});

describe('several processes', () => {
  const run = promisify(execFile);
  /** Runs a body with `store` open on the directory, in a process of its own. */
  const inProcess = (body: string) => {
    const module = JSON.stringify(join(__dirname, 'stores.ts'));
    const open = `require(${module}).openDirectoryStore(${JSON.stringify(directory)})`;
    const script = `${open}.then(async (store) => { ${body} });`;
    return run(process.execPath, nodeArguments(script));
  };

  test('never lose each other’s writes, even if one is killed while it holds the lock', async () => {
    // All wait for each other first, or the quickest would be done before the next begins.
    const fs = `const { existsSync, writeFileSync } = require('node:fs');`;
    const meet = (name: string) => `${fs}
      writeFileSync(${JSON.stringify(join(directory, name))}, '');
      while (!['a', 'b', 'c'].every((other) => existsSync(${JSON.stringify(directory)} + '/' + other)));`;
    const counting = `for (let i = 0; i < 300; i += 1) await store.run((state) => {
      const tokens = (state.read('quotas', 'count')?.tokens ?? 0) + 1;
      state.write('quotas', 'count', { tokens, at: 0 });
    });`;
    const killed = `await store.run(() => process.kill(process.pid, 'SIGKILL'));`;
    const results = await Promise.allSettled([
      inProcess(meet('a') + counting),
      inProcess(meet('b') + counting),
      inProcess(meet('c') + killed),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    const store = await openDirectoryStore(directory);
    expect(await store.run((state) => state.read('quotas', 'count')?.tokens)).toBe(600);
  });
});

describe('the lock', () => {
  test('is given back when the work throws', async () => {
    const store = await openDirectoryStore(directory);
    const failing = store.run(() => {
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(existsSync(join(directory, 'v1/state.lock'))).toBe(false);
  });
});

describe('requests of one process', () => {
  test('works that wait are done together, in order, each with its own outcome', async () => {
    let locks = 0;
    const run = inBatches(async (work) => {
      locks += 1;
      await sleep(1);
      work();
    });
    const order: number[] = [];
    const works = Array.from({ length: 40 }, (_, index) =>
      run(() => {
        order.push(index);
        if (index === 3) throw new Error('three');
        return index;
      }),
    );
    const outcomes = await Promise.allSettled(works);
    expect(order).toEqual(Array.from({ length: 40 }, (_, index) => index));
    expect(outcomes.map(({ status }) => status).indexOf('rejected')).toBe(3);
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    // Not all at once: other processes wait, too.
    expect(locks).toBe(2);
  });

  test('without the lock none is done, and the next may try again', async () => {
    let locked = true;
    const run = inBatches(async (work) => {
      if (locked) throw new Error('locked');
      work();
    });
    const outcomes = await Promise.allSettled([run(() => 1), run(() => 2)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    locked = false;
    expect(await run(() => 3)).toBe(3);
  });
});
