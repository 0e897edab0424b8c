import type { RemoteFunction } from '../model/remote-function';
import { NEW_SHA, OLD_SHA, remoteFunction } from '../release.fixtures';
import { recorded, releaseRecord, stateOf } from './records.fixtures';
import { neededVersions, planRollback } from './rollback-plan';
import { undoLast } from './rollback-target';

const LIVE = { name: 'live', version: '3', codeSha256: OLD_SHA };

function undoOf(version = '3') {
  const alias = { ...LIVE, version };
  const rows = [recorded('a', { before: { ...stateOf(OLD_SHA), alias } })];
  return undoLast([releaseRecord(7, rows, { alias: 'live' })], '`svc`');
}

function planOf(
  { remote = {}, found }: { remote?: Partial<RemoteFunction>; found?: Partial<RemoteFunction> },
  version?: string,
) {
  const alias = { name: 'live', version: '4', codeSha256: NEW_SHA, layers: [] };
  const now = remoteFunction('a', { codeSha256: NEW_SHA, alias, ...remote });
  return planRollback({
    target: undoOf(version),
    region: 'eu-west-1',
    remote: new Map([['a', now]]),
    versions: new Map(found ? [['a', remoteFunction('a', { version: '3', ...found })]] : []),
    packages: new Map([
      [OLD_SHA, { sha256: OLD_SHA, bucket: 'packages', key: 'k', versionId: null }],
    ]),
    origins: new Map([[OLD_SHA, { runtime: 'python3.13', architecture: 'arm64' }]]),
  });
}

describe('the version that an alias goes back to', () => {
  it.each([
    [
      'another package',
      { codeSha256: NEW_SHA },
      'its version 3 has a different package than before',
    ],
    ['a failed snapshot', { state: 'Failed' }, 'its version 3 is Failed'],
    ['no snapshot yet', { state: 'Pending' }, 'its version 3 is Pending'],
    [
      'no readable code',
      { state: 'Inactive', stateReasonCode: 'InvalidConfiguration' },
      'Inactive',
    ],
  ])('is refused with %s', (_, found, words) => {
    expect(() => planOf({ found })).toThrow(words);
  });

  it('may sleep: the first call wakes it', () => {
    const { functions } = planOf({ found: { state: 'Inactive', stateReasonCode: 'Idle' } });
    expect(functions).toMatchObject([{ status: 'update', aliasTo: '3', package: null }]);
  });

  it('is asked for only where the alias is not there', () => {
    const alias = { ...LIVE, layers: [] };
    const remote = (more: Partial<RemoteFunction>) => new Map([['a', remoteFunction('a', more)]]);
    expect(neededVersions({ target: undoOf(), remote: remote({ alias: null }) })).toEqual([
      ['a', '3'],
    ]);
    expect(neededVersions({ target: undoOf(), remote: remote({ alias }) })).toEqual([]);
    expect(neededVersions({ target: undoOf('$LATEST'), remote: remote({ alias }) })).toEqual([]);
  });
});

describe('an alias that had no version of its own', () => {
  it.each(['$LATEST', ''])('goes to a version of the package: `%s`', (version) => {
    const { functions, alias } = planOf({}, version);
    expect(alias).toBe('live');
    expect(functions).toMatchObject([
      { status: 'update', aliasTo: null, package: { sha256: OLD_SHA, key: 'k' } },
    ]);
  });

  it('is refused where the package does not fit the function, or its kind', () => {
    expect(() => planOf({ remote: { architecture: 'x86_64' } }, '$LATEST')).toThrow(
      'is for python3.13 arm64, but the function is python3.13 x86_64 now',
    );
    expect(() => planOf({ remote: { isSigned: true } }, '$LATEST')).toThrow('its code is signed');
  });

  it('stays where it has that code by now', () => {
    const alias = { ...LIVE, layers: [] };
    const there = { codeSha256: OLD_SHA, alias };
    expect(planOf({ remote: there }, '$LATEST').functions).toMatchObject([{ status: 'unchanged' }]);
  });
});
