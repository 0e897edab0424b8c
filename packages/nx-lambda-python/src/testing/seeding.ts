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
export interface FunctionState extends Pick<
  FunctionSeed,
  'name' | 'runtime' | 'handler' | 'architecture'
> {
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

/** What is set up and looked at without the SDK. */
export interface Seeding {
  /** False if it exists already, whatever its settings. @throws AwsError 400 InvalidBucketName */
  createBucket(name: string, seed?: BucketSeed): Promise<boolean>;
  /**
   * Ready at once: Active, with placeholder code unless given. False if it exists already.
   * @throws AwsError 400 if `code` is not a zip that Lambda accepts
   */
  createFunction(seed: FunctionSeed): Promise<boolean>;
  readFunction(name: string): Promise<FunctionState | undefined>;
  /** The zip that an invocation would run now: after a failed update, still the one before. */
  functionCode(name: string, qualifier?: string): Promise<Buffer | undefined>;
  /** A durable execution, on a version of a durable function. False if that version does not exist. */
  createExecution(
    name: string,
    version: string,
    status?: DurableExecution['status'],
  ): Promise<boolean>;
}

interface Owner {
  accountId: string;
  region: string;
  now: () => number;
}

export function seeding(store: StateStore, { accountId, region, now }: Owner): Seeding {
  return {
    createBucket: async (name, seed = {}) => {
      const owner = seed.owner ?? accountId;
      const facts = { name, region: seed.region ?? region, owner, created: now() };
      const versioning = seed.versioning === true ? 'Enabled' : 'Disabled';
      const bucket: Bucket = { ...newBucket(facts), versioning };
      return store.run((state) => {
        if (state.read('buckets', name) !== undefined) return false;
        state.write('buckets', name, bucket);
        return true;
      });
    },

    createFunction(seed) {
      const zip = seed.code ?? placeholderZip();
      const sha256 = sha256Hex(zip);
      return store.run((state) => {
        const id = regionalId(region, seed.name);
        if (state.read('functions', id) !== undefined) return false;
        state.writeBytes(sha256, zip);
        const code = { sha256, size: checkArchive(state, sha256).size };
        const settings = {
          ...DEFAULT_SETTINGS,
          runtime: seed.runtime,
          handler: seed.handler,
          role: seed.role ?? `arn:aws:iam::${accountId}:role/simulated`,
          architectures: [seed.architecture],
          ...kindSettings(seed.kind, region, accountId),
        };
        const update = { status: 'Successful', readyAt: now(), polls: 0 } as const;
        const ready = { settings, code, state: 'Active', update } as const;
        state.write('functions', id, newFunction({ region, now: now() }, seed.name, ready));
        return true;
      });
    },

    readFunction: (name) =>
      store.run((state) => {
        const stored = state.read('functions', regionalId(region, name));
        return stored && functionState(stored, now());
      }),

    functionCode: (name, qualifier = '$LATEST') =>
      store.run((state) => {
        const stored = state.read('functions', regionalId(region, name));
        const alias = stored?.aliases.find((candidate) => candidate.name === qualifier);
        const version = stored && findVersion(stored, alias?.functionVersion ?? qualifier);
        return version && state.readBytes(settle(version, now(), false).liveSha256);
      }),

    createExecution: (name, version, status = 'RUNNING') =>
      store.run((state) => {
        const id = regionalId(region, name);
        const stored = state.read('functions', id);
        if (stored === undefined || findVersion(stored, version) === undefined) return false;
        const execution = { id: newRevision(), version, status, start: now() };
        const executions = [...(stored.executions ?? []), execution];
        state.write('functions', id, { ...stored, executions });
        return true;
      }),
  };
}

function functionState(stored: StoredFunction, now: number): FunctionState {
  const { settings, code, state, update } = settle(stored.latest, now, false);
  const { name, versions, aliases } = stored;
  const { runtime, handler, architectures, attachedLayers = [] } = settings;
  const split = aliases.filter(({ weights }) => Object.keys(weights).length > 0);
  return {
    ...{ name, runtime, handler, state },
    architecture: architectures[0] ?? '',
    codeSha256: hexToBase64(code.sha256),
    lastUpdateStatus: update.status,
    layers: attachedLayers.map(({ arn }) => arn),
    storageMode: code.reference === undefined ? 'COPY' : 'REFERENCE',
    versions: versions.map(({ version }) => version),
    aliases: Object.fromEntries(aliases.map((alias) => [alias.name, alias.functionVersion])),
    aliasWeights: Object.fromEntries(split.map((alias) => [alias.name, alias.weights])),
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
