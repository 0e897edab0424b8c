import type { FunctionState } from '../model/function-state';
import type { ReleaseRecord } from '../records/record';
import { ranges } from '../documents/version-document';
import {
  planVersions,
  versionPlanError,
  versionsToDelete,
  type FunctionVersions,
  type StageRecords,
  type VersionFacts,
} from './version-prune';

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
