import type { AwsFailure, AwsResult } from '../model/aws-failure';
import { deleteVersions, freedBytes } from './version-deletion';
import { planVersions, type VersionService } from './version-prune';
import { readVersionFacts, type StageAccess, type VersionPorts } from './version-reading';

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
  let answers: AwsResult<undefined>[];

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
