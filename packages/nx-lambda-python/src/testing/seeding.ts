/** What a test or `-c local` sets up and looks at without the SDK: buckets, functions, live code. */

import { crc32 } from 'node:zlib';
import { checkArchive } from './lambda/code';
import { findVersion, lambdaDate, newRevision, settle } from './lambda/lifecycle';
import { newBucket } from './s3/buckets';
import type {
  Bucket,
  DurableExecution,
  FunctionSettings,
  FunctionVersion,
  StateStore,
  StoredFunction,
} from './state/model';
import { hexToBase64, regionalId, sha256Hex } from './state/model';

export interface BucketSeed {
  /** Default false. */
  versioning?: boolean;
  /** Default: the account's. */
  region?: string;
  /** The id of another account makes a bucket that exists and is forbidden. */
  owner?: string;
}

export interface FunctionSeed {
  name: string;
  runtime: string;
  handler: string;
  architecture: string;
  role?: string;
  /** A zip. */
  code?: Buffer;
  /** Default: an ordinary function. */
  kind?: FunctionKind;
}

/**
 * - durable: its executions stay on the version that they were started with
 * - managed: it runs on managed instances
 * - snap-start: its versions have snapshots
 * - image: its code is a container image
 * - signed: it accepts only signed code
 */
export type FunctionKind = 'durable' | 'managed' | 'snap-start' | 'image' | 'signed';

/** A function's $LATEST as it is now. */
export interface FunctionState {
  name: string;
  runtime: string;
  handler: string;
  architecture: string;
  /** Base64, as Lambda's CodeSha256. */
  codeSha256: string;
  state: FunctionVersion['state'];
  lastUpdateStatus: FunctionVersion['update']['status'];
  /** ARNs of layer versions. */
  layers: string[];
  /** Whether Lambda keeps a copy of the code, or reads the object in the bucket. */
  storageMode: 'COPY' | 'REFERENCE';
  /** Published ones, oldest first. */
  versions: string[];
  /** Alias → version. */
  aliases: Record<string, string>;
  /** Alias → version that shares its calls → share; only aliases that split theirs. */
  aliasWeights: Record<string, Record<string, number>>;
}

export interface Owner {
  store: StateStore;
  accountId: string;
  region: string;
  now: () => number;
}

/** @throws AwsError 400 InvalidBucketName */
export async function seedBucket(
  owner: Owner,
  name: string,
  seed: BucketSeed = {},
): Promise<boolean> {
  const bucket: Bucket = {
    ...newBucket({
      name,
      region: seed.region ?? owner.region,
      owner: seed.owner ?? owner.accountId,
      created: owner.now(),
    }),
    versioning: seed.versioning === true ? 'Enabled' : 'Disabled',
  };
  return owner.store.run((state) => {
    if (state.read('buckets', name) !== undefined) return false;
    state.write('buckets', name, bucket);
    return true;
  });
}

/** @throws AwsError 400 if `code` is not a zip that Lambda accepts */
export async function seedFunction(owner: Owner, seed: FunctionSeed): Promise<boolean> {
  const zip = seed.code ?? placeholderZip();
  const sha256 = sha256Hex(zip);
  return owner.store.run((state) => {
    const id = regionalId(owner.region, seed.name);
    if (state.read('functions', id) !== undefined) return false;
    state.writeBytes(sha256, zip);
    const code = { sha256, size: checkArchive(state, sha256).size };
    state.write('functions', id, newFunction(owner, seed, code));
    return true;
  });
}

export function readFunctionState(owner: Owner, name: string): Promise<FunctionState | undefined> {
  return owner.store.run((state) => {
    const stored = state.read('functions', regionalId(owner.region, name));
    if (stored === undefined) return undefined;
    const { settings, code, state: lifecycle, update } = settle(stored.latest, owner.now(), false);
    return {
      name,
      runtime: settings.runtime,
      handler: settings.handler,
      architecture: settings.architectures[0] ?? '',
      codeSha256: hexToBase64(code.sha256),
      state: lifecycle,
      lastUpdateStatus: update.status,
      layers: (settings.attachedLayers ?? []).map(({ arn }) => arn),
      storageMode: code.reference === undefined ? 'COPY' : 'REFERENCE',
      versions: stored.versions.map(({ version }) => version),
      aliases: Object.fromEntries(
        stored.aliases.map((alias) => [alias.name, alias.functionVersion]),
      ),
      aliasWeights: Object.fromEntries(
        stored.aliases
          .filter(({ weights }) => Object.keys(weights).length > 0)
          .map(({ name: alias, weights }) => [alias, weights]),
      ),
    };
  });
}

/** A durable execution on that version of a function. False if that version does not exist. */
export function seedExecution(
  owner: Owner,
  name: string,
  version: string,
  status: DurableExecution['status'],
): Promise<boolean> {
  return owner.store.run((state) => {
    const id = regionalId(owner.region, name);
    const stored = state.read('functions', id);
    if (stored === undefined || findVersion(stored, version) === undefined) return false;
    const execution = { id: newRevision(), version, status, start: owner.now() };
    state.write('functions', id, {
      ...stored,
      executions: [...(stored.executions ?? []), execution],
    });
    return true;
  });
}

export function readLiveCode(
  owner: Owner,
  name: string,
  qualifier = '$LATEST',
): Promise<Buffer | undefined> {
  return owner.store.run((state) => {
    const stored = state.read('functions', regionalId(owner.region, name));
    const alias = stored?.aliases.find((candidate) => candidate.name === qualifier);
    const wanted = alias?.functionVersion ?? qualifier;
    const version = stored && findVersion(stored, wanted);
    return version && state.readBytes(settle(version, owner.now(), false).liveSha256);
  });
}

function newFunction(
  { region, accountId, now }: Owner,
  seed: FunctionSeed,
  code: { sha256: string; size: number },
): StoredFunction {
  return {
    name: seed.name,
    region,
    latest: {
      version: '$LATEST',
      settings: {
        runtime: seed.runtime,
        handler: seed.handler,
        role: seed.role ?? `arn:aws:iam::${accountId}:role/simulated`,
        description: '',
        timeout: 3,
        memorySize: 128,
        architectures: [seed.architecture],
        ...kindSettings(seed.kind, region, accountId),
      },
      code,
      liveSha256: code.sha256,
      revisionId: newRevision(),
      lastModified: lambdaDate(now()),
      state: 'Active',
      update: { status: 'Successful', readyAt: now(), polls: 0 },
    },
    versions: [],
    nextVersion: 1,
    unchangedSincePublish: false,
    aliases: [],
  };
}

function kindSettings(
  kind: FunctionKind | undefined,
  region: string,
  accountId: string,
): Partial<FunctionSettings> {
  const capacityProvider = `arn:aws:lambda:${region}:${accountId}:capacity-provider:simulated`;
  return {
    ...(kind === 'durable' && { durable: { executionTimeout: 3600, retentionDays: 14 } }),
    ...(kind === 'managed' && { capacityProvider }),
    ...(kind === 'snap-start' && { snapStart: true }),
    ...(kind === 'image' && { image: true }),
    ...(kind === 'signed' && { codeSigning: true }),
  };
}

/** A new function's code until the first deploy. */
export function placeholderZip(): Buffer {
  return smallZip('placeholder.txt', 'Replaced by the first deploy.\n');
}

/**
 * The smallest zip that Lambda takes: one stored file. Layout: APPNOTE 4.3.7, 4.3.12, 4.3.16.
 * @param claimedSize the size of the file in the central directory; default: its real size
 */
export function smallZip(
  file: string,
  text: string,
  claimedSize = Buffer.byteLength(text),
): Buffer {
  const name = Buffer.from(file);
  const content = Buffer.from(text);
  const local = Buffer.concat([
    Buffer.from('PK\x03\x04'),
    sharedFields(name, content, content.length),
    name,
    content,
  ]);
  const central = Buffer.concat([
    Buffer.from('PK\x01\x02'),
    Buffer.from([20, 3]), // 4 - version made by: 2.0, Unix
    sharedFields(name, content, claimedSize),
    Buffer.alloc(14), // 32 - comment, disk, attributes, offset of the local header
    name,
  ]);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(1, 8); // entries on this disk
  end.writeUInt16LE(1, 10); // entries
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16); // offset of the central directory
  return Buffer.concat([local, central, end]);
}

/** The 26 bytes that both headers have, from "version needed to extract" on. */
function sharedFields(name: Buffer, content: Buffer, size: number): Buffer {
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(20, 0); // version needed to extract: 2.0
  fields.writeUInt16LE(0x21, 8); // date: 1980-01-01, the earliest
  fields.writeUInt32LE(crc32(content), 10);
  fields.writeUInt32LE(content.length, 14); // compressed size
  fields.writeUInt32LE(size, 18); // uncompressed size
  fields.writeUInt16LE(name.length, 22);
  return fields;
}
