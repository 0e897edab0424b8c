/** One bucket for several accounts and regions, and records that an earlier version of the plugin left in it. */

import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import type { ReleaseRecord } from '../release/records/record';
import { all, BUCKET, Service } from './service.fixtures';

const ROOT = 'lambda-packages/svc/releases';

let service: Service;
beforeEach(async () => void (service = await Service.start()));

const keys = async () => {
  const { Contents = [] } = await service.s3.send(
    new ListObjectsV2Command({ Bucket: BUCKET, Prefix: ROOT }),
  );
  return Contents.flatMap(({ Key }) => Key ?? []);
};
const read = async (Key: string) => {
  const { Body } = await service.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
  return (await Body?.transformToString()) ?? '';
};
const write = (Key: string, Body: string) =>
  service.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }));

/** As before accounts and regions had folders of their own. */
async function moveToEarlierPlace(change: Partial<ReleaseRecord> = {}): Promise<void> {
  for (const key of await keys()) {
    const text = await read(key);
    const isRecord = /\d{6}\.json$/.test(key);
    const moved = isRecord ? JSON.stringify({ ...JSON.parse(text), ...change }) : text;
    await write(`${ROOT}/default/${key.split('/').at(-1)}`, moved);
    await service.s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: key }));
  }
}

/** Another account's deploy, by the same version of the plugin or an earlier one, in the same bucket. */
async function addForeignRelease(folder: string, number: number, owner: Partial<ReleaseRecord>) {
  const own = (await keys()).filter((key) => /\d{6}\.json$/.test(key)).at(-1) ?? '';
  const record = { ...JSON.parse(await read(own)), ...owner, number };
  await write(`${ROOT}/${folder}/${String(number).padStart(6, '0')}.json`, JSON.stringify(record));
}

async function deployTwice(): Promise<string> {
  const old = await service.release('old');
  await service.release('new');
  return old;
}

it('records and lock are kept by account, region and stage', async () => {
  await deployTwice();
  const { accountId, region } = service.account;
  expect(await keys()).toEqual(
    ['000001.json', '000002.json', 'lock.json'].map(
      (file) => `${ROOT}/${accountId}/${region}/default/${file}`,
    ),
  );
});

it.each([
  ['account', '999999999999/eu-west-1/default', { account: '999999999999' }],
  ['region', '000000000000/us-east-1/default', { region: 'us-east-1' }],
  ['account of an earlier version', 'default', { account: '999999999999' }],
  ['region of an earlier version', 'default', { region: 'us-east-1' }],
])('the release of another %s is never undone', async (_, folder, owner) => {
  const old = await deployTwice();
  await addForeignRelease(folder, 9, owner);
  expect((await service.records()).map(({ number }) => number)).toEqual([2, 1]);
  expect(await service.rollback()).toBe(true);
  expect(await service.codes()).toEqual(all(old));
  expect(service.printed()).toContain('undo release 2');
});

describe('records of an earlier version', () => {
  it('are listed and undone, and their numbers go on', async () => {
    const old = await deployTwice();
    await moveToEarlierPlace();
    expect((await service.records()).map(({ number }) => number)).toEqual([2, 1]);
    expect(await service.rollback()).toBe(true);
    expect(await service.codes()).toEqual(all(old));
    expect((await service.records()).map(({ number }) => number)).toEqual([3, 2, 1]);
  });

  it('are no others: those of another account are left out, and its numbers are not given again', async () => {
    await deployTwice();
    await moveToEarlierPlace({ account: '999999999999' });
    expect(await service.records()).toEqual([]);
    expect(await service.rollback()).toBe(false);
    expect(service.printed()).toContain('error[RELEASE_NOT_FOUND]');
    await service.release('newest');
    expect((await service.records()).map(({ number }) => number)).toEqual([3]);
  });

  it('one that is under way is waited for', async () => {
    await deployTwice();
    const lock = (await keys()).find((key) => key.endsWith('lock.json')) ?? '';
    const held = { ...JSON.parse(await read(lock)), state: 'held', holder: null };
    await write(lock, JSON.stringify(held));
    await moveToEarlierPlace();
    await service.bring('newest');
    expect(await service.deploy({})).toBe(false);
    expect(service.printed()).toContain('error[RELEASE_LOCKED]');
    expect(await service.deploy({ forceUnlock: true })).toBe(true);
  });
});
