import type { BuildManifest } from '../../packaging/manifest';
import type { AwsFailureKind } from '../model/aws-failure';
import type { PlannedLayer, PlanTarget } from '../model/plan';
import type { RemoteFunction } from '../model/remote-function';
import {
  failure,
  NEW_SHA,
  OLD_SHA,
  planned,
  remoteFunction,
  TARGET,
  VirtualClock,
} from '../release.fixtures';
import type { TextStorage } from '../upload/object-storage';
import { planDeploy } from './plan';
import { readSameCode } from './same-code';

const OTHER_SHA = Buffer.alloc(32, 3).toString('base64');
const LAYER = 'arn:aws:lambda:eu-west-1:111122223333:layer:svc';
const place = { bucket: { name: 'packages' }, prefix: 'p', project: 'svc' };

const manifest = (sha256: string, reach: unknown): BuildManifest =>
  ({
    ...{ format: 3, project: 'svc', package: { sha256 } },
    handlers: [{ name: 'a', handler: 'svc.handlers.a.handler', reach }],
  }) as BuildManifest;

const SAME = 'a'.repeat(64);
const NEW = manifest(NEW_SHA, SAME);
const OLD = manifest(OLD_SHA, SAME);
const keyOf = (sha256: string) =>
  `p/svc/${Buffer.from(sha256, 'base64').toString('hex')}.manifest.json`;

async function read(remote: RemoteFunction | null, texts: object, refused?: AwsFailureKind) {
  const unknown: [string, number][] = [];
  const records = {
    read: async ({ key }: { key: string }) => {
      if (refused) return { ok: false, failure: failure(refused, 'GetObject') };
      const text = (texts as Record<string, string>)[key];
      return { ok: true, value: text === undefined ? null : { text } };
    },
  } as unknown as TextStorage;
  const clock = new VirtualClock();
  const access = { records, place: { region: 'eu-west-1' }, clock, random: () => 0.5 };
  const functions = new Map([
    ['a', remote],
    ['b', remote],
    ['gone', null],
  ]);
  const work = readSameCode(NEW, functions, place, access, (...told) => unknown.push(told));
  return { sameCode: await clock.run(work), unknown };
}

describe('a package of which nothing is known', () => {
  it.each<[string, text?: unknown, refused?: AwsFailureKind]>([
    ['no manifest'],
    ['a forbidden one', OLD, 'denied'],
    ['one cut short', JSON.stringify(OLD).slice(0, -9)],
    ['an empty one', ''],
    ['null', null],
    ['an older format', { ...OLD, format: 2 }],
    ['a newer format', { ...OLD, format: 4 }],
    ['that of another project', { ...OLD, project: 'other' }],
    ['that of another package', { ...OLD, package: { sha256: NEW_SHA } }],
    ['one without handlers', { ...OLD, handlers: undefined }],
  ])('has %s, and is told once', async (...[, text, refused]) => {
    const body = typeof text === 'string' ? text : JSON.stringify(text);
    const texts = text === undefined ? {} : { [keyOf(OLD_SHA)]: body };
    const { sameCode, unknown } = await read(remoteFunction('a'), texts, refused);
    expect(unknown).toEqual([[OLD_SHA, 2]]);
    expect(sameCode('svc.handlers.a.handler', remoteFunction('a'))).toBeNull();
  });

  it('stops the deploy where S3 does not say', async () => {
    await expect(read(remoteFunction('a'), {}, 'expired')).rejects.toMatchObject({
      code: 'CREDENTIALS_EXPIRED',
    });
  });
});

const alias = (codeSha256: string | null, version = '1') => ({
  ...{ name: 'live', version, codeSha256, layers: [] },
});
const layer: PlannedLayer = { name: 'svc', arn: `${LAYER}:2`, package: TARGET.package };

type Row = [
  what: string,
  kept: boolean,
  state: Partial<RemoteFunction>,
  target?: Partial<PlanTarget>,
  publish?: boolean,
];

it.each<Row>([
  ['the same code', true, {}],
  ['the layer of the new package', true, { layers: [`${LAYER}:2`] }, { layer }],
  ['the same code behind its alias', true, { alias: alias(OLD_SHA) }, { alias: 'live' }],
  ['a package that is not known', false, { codeSha256: OTHER_SHA }],
  ['another handler', false, { handler: 'svc.handlers.b.handler' }],
  ['another runtime', false, { runtime: 'python3.9' }],
  ['signed code', false, { isSigned: true }],
  ['another storage mode', false, { storageMode: 'REFERENCE' }],
  ['an older layer', false, { layers: [`${LAYER}:1`] }, { layer }],
  ['a layer to be published', false, {}, { layer: { ...layer, arn: null } }],
  ['an update in progress', false, { lastUpdateStatus: 'InProgress' }],
  ['a failed update', false, { lastUpdateStatus: 'Failed' }],
  ['no alias', false, { alias: null }, { alias: 'live' }],
  ['an alias on $LATEST', false, { alias: alias(OLD_SHA, '$LATEST') }, { alias: 'live' }],
  ['an alias on other code', false, { alias: alias(OTHER_SHA) }, { alias: 'live' }],
  [
    'other code than its alias, as a gradual shift has',
    false,
    { codeSha256: OTHER_SHA, alias: alias(OLD_SHA) },
    { alias: 'live' },
  ],
  [
    'settings that are not live yet',
    true,
    { alias: alias(OLD_SHA), unpublished: ['memory'] },
    { alias: 'live' },
  ],
  [
    'settings that are to be made live',
    false,
    { alias: alias(OLD_SHA), unpublished: ['memory'] },
    { alias: 'live' },
    true,
  ],
])('a function with %s: kept %s', async (...[, kept, state, more, publish]) => {
  const remote = remoteFunction('a', state);
  const { sameCode } = await read(remote, { [keyOf(OLD_SHA)]: JSON.stringify(OLD) });
  const [one] = planDeploy({
    ...{ service: 'svc', stage: null, region: 'eu-west-1', source: null },
    target: { ...TARGET, ...more },
    functions: [planned('a')],
    remote: new Map([['a', remote]]),
    sameCode,
    ...(publish && { publish }),
  }).functions;
  const key = keyOf(OLD_SHA).replace('manifest.json', 'zip');
  const own = { sha256: OLD_SHA, bucket: 'packages', key, versionId: null };
  expect(one?.package).toEqual(kept ? own : TARGET.package);
  expect(one?.status === 'unchanged').toBe(kept);
});
