/** A bucket's records in memory, with a clock of its own, for the specs of records and lock. */

import type { AwsFailure, AwsResult } from '../model/aws-failure';
import type {
  Bucket,
  ObjectLocation,
  StoredText,
  TextStorage,
  WriteCondition,
} from '../upload/object-storage';
import type { RecordedFunction, ReleaseDraft, ReleaseRecord } from './record';
import { failure, NEW_SHA, OLD_SHA, VirtualClock } from '../release.fixtures';
import type { RecordAccess } from './record-store';
import type { LockHolder } from './release-lock';

export class FakeRecords implements TextStorage {
  readonly objects = new Map<string, { text: string; etag: string; written: number }>();
  /** S3's clock, seconds: nothing moves it but the spec. */
  now = 1_000_000;
  /** Failures that wait for the next writes; `landed`: the write itself is carried out. */
  readonly failingWrites: { failure: AwsFailure; landed?: boolean }[] = [];
  readonly failingReads: AwsFailure[] = [];
  /** Runs before a write is looked at: what another process does just then. */
  beforeWrite: () => void = () => undefined;
  ignoresConditions = false;
  writes = 0;

  async read({ key }: ObjectLocation): Promise<AwsResult<StoredText | null>> {
    const failed = this.failingReads.shift();
    if (failed) return { ok: false, failure: failed };
    const found = this.objects.get(key);
    if (!found) return { ok: true, value: null };
    const { text, etag, written } = found;
    const value = { text, etag, lastModified: written * 1000, now: this.now * 1000 };
    return { ok: true, value };
  }

  async write(
    { key }: ObjectLocation,
    text: string,
    condition: WriteCondition,
  ): Promise<AwsResult<{ etag: string }>> {
    this.beforeWrite();
    this.writes += 1;
    const failing = this.failingWrites.shift();
    if (failing && !failing.landed) return { ok: false, failure: failing.failure };
    const current = this.objects.get(key)?.etag;
    const wanted = typeof condition === 'string' ? undefined : condition.etag;
    if (current !== wanted && !this.ignoresConditions) {
      const kind = current === undefined ? 'not-found' : 'precondition';
      return { ok: false, failure: failure(kind, 'PutObject') };
    }
    // As S3's own: of the bytes alone.
    const etag = `"${Buffer.from(text).toString('base64')}"`;
    this.objects.set(key, { text, etag, written: this.now });
    return failing ? { ok: false, failure: failing.failure } : { ok: true, value: { etag } };
  }

  async list(_: Bucket, prefix: string): Promise<AwsResult<string[]>> {
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix));
    return { ok: true, value: keys.sort() };
  }
}

/** Who holds the lock. */
export const ADA: LockHolder = {
  owner: 'ada',
  host: 'laptop',
  pid: 7,
  process: 'ours',
  run: null,
  command: 'nx deploy svc',
  heldSince: '2026-11-25T10:00:00.000Z',
};

export const RELEASES = 'p/svc/releases/default/';

export function recordAccess(records: TextStorage, clock = new VirtualClock()): RecordAccess {
  let tokens = 0;
  return {
    records,
    clock: { now: () => clock.now(), sleep: async () => undefined },
    random: () => 0.5,
    place: { region: 'eu-west-1' },
    bucket: { name: 'packages' },
    releases: RELEASES,
    subject: '`svc`',
    isGone: (process) => process === 'gone',
    token: () => `token-${(tokens += 1)}`,
  };
}

export function recorded(name: string, more: Partial<RecordedFunction> = {}): RecordedFunction {
  return {
    name,
    handlerName: name,
    handler: `svc.handlers.${name}.handler`,
    before: stateOf(OLD_SHA),
    beforePackage: null,
    goal: NEW_SHA,
    after: stateOf(NEW_SHA),
    status: 'updated',
    ...more,
  };
}

export function stateOf(codeSha256: string): NonNullable<RecordedFunction['before']> {
  return { codeSha256, storageMode: 'COPY', layers: [], alias: null };
}

export function recordDraft(functions: RecordedFunction[], sha256 = NEW_SHA): ReleaseDraft {
  return {
    kind: 'deploy',
    of: null,
    service: 'svc',
    stage: null,
    region: 'eu-west-1',
    account: '111122223333',
    alias: null,
    by: { user: 'ada', host: 'laptop', run: null },
    source: { commit: '0123456789abcdef0123456789abcdef01234567', dirty: false },
    runtime: 'python3.13',
    architecture: 'arm64',
    package: { sha256, bucket: 'packages', key: 'p/svc/2.zip', versionId: 'v1' },
    functions,
  };
}

export function releaseRecord(
  number: number,
  functions: RecordedFunction[],
  more: Partial<ReleaseRecord> = {},
): ReleaseRecord {
  return {
    ...recordDraft(functions),
    format: 1,
    number,
    status: 'succeeded',
    startedAt: '2026-11-25T10:00:00.000Z',
    endedAt: '2026-11-25T10:00:09.000Z',
    ...more,
  };
}
