/** A function as AWS describes it. */

import type { FunctionState, StorageMode } from './function-state';

/** A function as GetFunction or a write describes it; absent means that AWS left it out. */
export interface RemoteFunction {
  name: string;
  arn: string;
  /** Absent for container images. */
  runtime?: string;
  handler?: string;
  architecture: string;
  packageType: string;
  /** ARNs of its layers' versions. */
  layers: readonly string[];
  /** Base64. */
  codeSha256?: string;
  /** GetFunction alone tells it. */
  storageMode?: StorageMode;
  /** Of the KMS key that encrypts Lambda's copy of the zip, null for AWS's own; GetFunction alone tells it. */
  sourceKmsKeyArn?: string | null;
  state?: string;
  /** `Idle` of a function that the next call wakes. */
  stateReasonCode?: string;
  lastUpdateStatus?: string;
  lastUpdateStatusReason?: string;
  /** Of this state: a write that names it is refused once something else has changed the function. */
  revisionId?: string;
  /** Where this very answer is about a published version. */
  version?: string;
  /** Kinds of functions that cannot take every release; absent for all others. */
  isDurable?: true;
  /** On managed instances: who names no version reaches `$LATEST.PUBLISHED`, not $LATEST. */
  isManaged?: true;
  /** AWS Signer has signed its code. */
  isSigned?: true;
  /** What a version keeps of the function's settings, by name, as digests: they may hold secrets. */
  settings?: Readonly<Record<string, string>>;
  /** What the deploy's alias points to; null if the alias does not exist, absent if it was not read. */
  alias?: RemoteAlias | null;
  /** Names of the settings in which $LATEST differs from the alias's version; absent if they were not compared. */
  unpublished?: readonly string[];
}

export interface RemoteAlias {
  name: string;
  /** A number, or `$LATEST`: then it moves with each change of the function. */
  version: string;
  codeSha256: string | null;
  layers: readonly string[];
  /** The version that gets a share of its calls; null if none does, absent if it was not read. */
  shift?: AliasShift | null;
}

export interface AliasShift extends Pick<RemoteAlias, 'version' | 'codeSha256' | 'layers'> {
  /** Between 0 and 1. */
  weight: number;
}

/** Only a numbered version always names the same code, and can share calls with another. */
export function isNumbered(version: string): boolean {
  return /^\d+$/.test(version);
}

/** What a record keeps of a function. */
export function stateOf(remote: RemoteFunction | null): FunctionState | null {
  if (remote === null) return null;
  const { alias } = remote;
  return {
    codeSha256: remote.codeSha256 ?? null,
    storageMode: remote.storageMode ?? 'COPY',
    layers: [...remote.layers],
    alias: alias
      ? { name: alias.name, version: alias.version, codeSha256: alias.codeSha256 }
      : null,
  };
}

/** AWS refuses writes until it has finished with the last one. */
export function isUnsettled({ state, lastUpdateStatus }: RemoteFunction): boolean {
  return lastUpdateStatus === 'InProgress' || state === 'Pending';
}

export function accountsOf(remote: Iterable<RemoteFunction | null>): string[] {
  const accounts = new Set<string>();
  for (const one of remote) {
    // arn:aws:lambda:eu-west-1:111122223333:function:orders-refund
    const account = one?.arn.split(':')[4];
    if (account) accounts.add(account);
  }
  return [...accounts].sort();
}

/**
 * Why a release can't be done right with this function, in words; null where it can.
 * @param alias of the release; null where it changes what $LATEST runs for its callers
 * @param putsCode whether the function gets code, or only its alias moves
 */
export function unsupported(
  remote: RemoteFunction,
  alias: string | null,
  putsCode: boolean,
): string | null {
  if (remote.packageType !== 'Zip' || !putsCode) return null;
  if (remote.isSigned) {
    return 'its code is signed (code signing), but this package is not';
  }
  if (alias === null && remote.isManaged) {
    return 'it runs on managed instances, whose callers reach a published version and not $LATEST: set `alias`';
  }
  if (alias === null && remote.isDurable) {
    return 'it is durable, and executions on $LATEST would continue with different code: set `alias`';
  }
  const version = remote.alias?.version;
  if (version === undefined || isNumbered(version)) return null;
  if (remote.isDurable) {
    return `it is durable, and executions that its alias ${alias} started run on ${version}: point the alias to a published version first`;
  }
  if (remote.isManaged) {
    return `it runs on managed instances, and its alias ${alias} points to ${version}: point it to a published version first`;
  }
  return null;
}
