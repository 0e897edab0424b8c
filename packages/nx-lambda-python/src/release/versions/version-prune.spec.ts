import { ranges } from '../documents/version-document';
import type { AwsFailure, AwsResult } from '../model/aws-failure';
import type { FunctionState } from '../model/function-state';
import type { ReleaseRecord } from '../records/record';
import {
  planVersions,
  versionPlanError,
  versionsToDelete,
  type FunctionVersions,
  type StageRecords,
  type VersionFacts,
  type VersionService,
} from './version-prune';
import {
  deleteVersions,
  freedBytes,
  readVersionFacts,
  type StageAccess,
  type VersionPorts,
} from './version-calls';

const facts = (functions: FunctionVersions[], rest: Partial<VersionFacts> = {}): VersionFacts => ({
  service: 'svc',
  region: 'eu-west-1',
  keep: 2,
  functions: new Map(functions.map((one) => [one.name, one])),
  stages: [],
  ...rest,
});

const versioned = (
  name: string,
  numbers: readonly number[],
  aliases: FunctionVersions['aliases'] = [],
): FunctionVersions => ({
  name,
  account: '111122223333',
  versions: numbers.map((one) => ({
    version: String(one),
    size: 10 ** one % 9999,
    codeSha256: null,
  })),
  aliases,
});

const state = (version: string): FunctionState => ({
  codeSha256: null,
  storageMode: 'COPY',
  layers: [],
  alias: { name: 'live', version, codeSha256: null },
});

const released = (
  stage: string,
  number: number,
  functions: { name: string; before: string | null; after: string | null }[],
): StageRecords => {
  const record = {
    number,
    functions: functions.map(({ name, before, after }) => ({
      name,
      before: before === null ? null : state(before),
      after: after === null ? null : state(after),
    })),
  };
  return { stage, records: [record as ReleaseRecord] };
};

const gone = (given: VersionFacts) =>
  Object.fromEntries(
    planVersions(given).functions.map((one) => [
      one.name,
      versionsToDelete(one).map(({ version }) => version),
    ]),
  );

describe('planVersions', () => {
  it('keeps the newest by number, in whatever order they come', () => {
    expect(gone(facts([versioned('f', [10, 2, 9, 1, 11])]))).toEqual({ f: ['1', '2', '9'] });
    expect(gone(facts([versioned('f', [3, 7])]))).toEqual({ f: [] });
    expect(gone(facts([versioned('f', [])]))).toEqual({ f: [] });
  });

  it('keeps what any alias points to, by weight, too', () => {
    const aliases = [
      { name: 'live', versions: ['3', '1'] },
      { name: 'dev', versions: ['$LATEST'] },
    ];
    expect(gone(facts([versioned('f', [1, 2, 3, 4, 5, 6], aliases)]))).toEqual({ f: ['2', '4'] });
  });

  it('keeps what releases of every stage found or left, each of its own function', () => {
    const stages = [
      released('prod', 7, [{ name: 'f', before: '1', after: '3' }]),
      released('test', 2, [{ name: 'g', before: null, after: '2' }]),
      released('dev', 1, [{ name: 'f', before: '4', after: null }]),
    ];
    const functions = [versioned('f', [1, 2, 3, 4, 5, 6, 7]), versioned('g', [1, 2, 3, 4])];
    const plan = planVersions(facts(functions, { stages }));
    expect(gone(facts(functions, { stages }))).toEqual({ f: ['2', '5'], g: ['1'] });
    expect(plan.functions[0]?.versions.map(({ reasons }) => reasons)).toEqual([
      ['release 7 (prod)'],
      [],
      ['release 7 (prod)'],
      ['release 1 (dev)'],
      [],
      ['newest 2'],
      ['newest 2'],
    ]);
  });

  it('counts the bytes of what is deleted alone', () => {
    expect(planVersions(facts([versioned('f', [1, 2, 3, 4])])).bytes).toBe(110);
  });

  it('refuses another account, and a place where no function is', () => {
    const plan = planVersions(facts([versioned('f', [1])]));
    expect(versionPlanError(plan, '111122223333')).toBeNull();
    expect(versionPlanError(plan, undefined)).toBeNull();
    expect(versionPlanError(plan, '999999999999')?.code).toBe('FUNCTION_MISMATCH');
    const nowhere = planVersions(facts([], { functions: new Map([['f', null]]) }));
    expect(versionPlanError(nowhere, undefined)?.code).toBe('FUNCTION_MISSING');
  });
});

it.each([
  [[], ''],
  [[1], '1'],
  [[1, 2, 3, 7, 9, 10], '1-3, 7, 9-10'],
])('shows %j as "%s"', (numbers, text) => {
  expect(ranges(numbers.map((one) => ({ version: String(one) })))).toBe(text);
});

const ok = <T>(value: T): AwsResult<T> => ({ ok: true, value });
const refused = (kind: AwsFailure['kind']): AwsResult<never> => ({
  ok: false,
  failure: { kind, operation: 'DeleteFunction', name: kind, message: 'no' },
});
const version = (number: number) => ({ version: `${number}`, size: 10, codeSha256: null });

describe('reading and deleting versions', () => {
  let calls: string[];
  let paused: number;
  /** What the next deletions are answered, then success. */
  let answers: AwsResult<unknown>[];

  beforeEach(() => {
    calls = [];
    paused = 0;
    answers = [];
  });

  const versions: VersionService = {
    async listVersions(_, marker) {
      calls.push(`versions ${marker ?? ''}`);
      if (marker === undefined) return ok({ versions: [1, 2, 3].map(version), marker: 'next' });
      return ok({ versions: [4, 5].map(version) });
    },
    async listAliases(_, marker) {
      calls.push(`aliases ${marker ?? ''}`);
      if (marker === undefined) return ok({ aliases: [], marker: 'next' });
      return ok({ aliases: [{ name: 'live', versions: ['2'] }] });
    },
    async hasRunningExecution(name, number) {
      calls.push(`executions ${name}:${number}`);
      return ok(number === '1');
    },
    async deleteVersion(_, number) {
      calls.push(`delete ${number}`);
      return answers.shift() ?? ok(undefined);
    },
  };
  const ports: VersionPorts = {
    versions,
    writes: {
      take: async () => undefined,
      pause: (seconds) => (paused += seconds),
      open: () => undefined,
    },
    place: { region: 'eu-west-1' },
    clock: { now: () => 0, sleep: async () => undefined },
    random: () => 0,
  };
  const access: StageAccess = {
    ...ports,
    isGone: () => false,
    records: {
      async list(_, prefix) {
        calls.push('records');
        return ok([`${prefix}prod/lock.json`]);
      },
      async read({ key }) {
        calls.push(key.split('/').at(-1) ?? '');
        return ok(null);
      },
      write: async () => ok({ etag: '' }),
    },
    ...{
      bucket: { name: 'b' },
      prefix: 'p',
      project: 'svc',
      account: '111122223333',
      force: false,
      token: () => 't',
    },
  };
  const plan = async () => {
    const facts = await readVersionFacts(['f'], 1, ports, access);
    return planVersions({ service: 'svc', region: 'eu-west-1', keep: 1, ...facts });
  };
  const end = async () => {
    const deletions = await deleteVersions(await plan(), ports);
    return deletions.map((one) => `${one.version} ${one.status}`);
  };

  it('reads all pages, and aliases after locks and records', async () => {
    const { functions } = await plan();
    expect(functions[0]?.versions.map(({ status }) => status)).toEqual([
      ...['delete', 'keep', 'delete', 'delete', 'keep'],
    ]);
    expect(calls).toEqual([
      ...['versions ', 'versions next', 'records'],
      // This account's, and that of an earlier version.
      ...['lock.json', 'lock.json', 'aliases ', 'aliases next'],
    ]);
  });

  it('knows its own deletion again when its answer was lost, and pauses when throttled', async () => {
    answers = [refused('unreachable'), refused('throttled'), ok(undefined), refused('not-found')];
    expect(await end()).toEqual(['1 deleted', '3 deleted', '4 deleted']);
    expect(paused).toBe(1);
  });

  it('leaves what is refused, and does not count its bytes', async () => {
    answers = [refused('conflict'), refused('invalid')];
    const deletions = await deleteVersions(await plan(), ports);
    expect(deletions.map(({ status }) => status)).toEqual(['kept', 'failed', 'deleted']);
    expect(freedBytes(deletions)).toBe(10);
  });

  it('sends nothing more once it was denied', async () => {
    const many = await plan();
    const [first] = many.functions;
    const functions = first ? Array.from({ length: 20 }, () => first) : [];
    answers = Array.from({ length: 8 }, () => refused('denied'));
    const deletions = await deleteVersions({ ...many, functions }, ports);
    expect(calls.filter((one) => one.startsWith('delete')).length).toBeLessThanOrEqual(8);
    expect(deletions).toHaveLength(60);
    expect(new Set(deletions.map(({ status }) => status))).toEqual(new Set(['failed', 'skipped']));
  });
});
