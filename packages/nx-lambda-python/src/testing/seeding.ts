/** What a test or `-c local` sets up and looks at without the SDK: buckets, functions, live code. */

import { crc32 } from 'node:zlib';
import { encodeCentralHeader, encodeEnd, encodeLocalHeader } from '../packaging/zip/write';
import { checkArchive } from './lambda/code';
import { DEFAULT_SETTINGS } from './lambda/configuration';
import { findVersion, newFunction, newRevision, settle } from './lambda/lifecycle';
import { newBucket } from './s3/buckets';
import type {
  Bucket,
  DurableExecution,
  FunctionSettings,
  FunctionVersion,
  StateStore,
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
    const { region, accountId, now } = owner;
    const settings = {
      ...DEFAULT_SETTINGS,
      runtime: seed.runtime,
      handler: seed.handler,
      role: seed.role ?? `arn:aws:iam::${accountId}:role/simulated`,
      architectures: [seed.architecture],
      ...kindSettings(seed.kind, owner),
    };
    const update = { status: 'Successful', readyAt: now(), polls: 0 } as const;
    const ready = { settings, code, state: 'Active', update } as const;
    state.write('functions', id, newFunction({ region, now: now() }, seed.name, ready));
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

function kindSettings(
  kind: FunctionKind | undefined,
  { region, accountId }: Owner,
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
 * The smallest zip that Lambda takes: one stored file.
 * @param claimedSize the size of the file in the central directory; default: its real size
 */
export function smallZip(
  path: string,
  text: string,
  claimedSize = Buffer.byteLength(text),
): Buffer {
  const content = Buffer.from(text);
  const size = content.length;
  const file = { path, method: 0, crc32: crc32(content), compressedSize: size, size } as const;
  const local = Buffer.concat([encodeLocalHeader(file), content]);
  const entry = { ...file, size: claimedSize, mode: 0o644, localOffset: 0 } as const;
  const central = encodeCentralHeader(entry);
  const sizes = { centralSize: central.length, centralOffset: local.length };
  return Buffer.concat([local, central, encodeEnd({ entryCount: 1, ...sizes })]);
}
