/** Reads what AWS has, for each function, as fast as the quota of GetFunction allows. */

import { failureError, type AwsPlace } from '../calls/failure-error';
import type { FunctionService } from '../calls/function-service';
import { forEachLimited, paced, type RetryPolicy } from '../calls/send';
import type { AliasShift, RemoteAlias, RemoteFunction } from '../model/remote-function';
import type { RateLimiter } from '../calls/rate';

export interface FunctionReader extends RetryPolicy {
  functions: FunctionService;
  reads: RateLimiter;
  /** GetAlias takes from it. */
  writes: RateLimiter;
  place: AwsPlace;
}

const READS_IN_FLIGHT = 40;

/** With an alias: which one, and whether what it points to leaves anything to do. */
export interface AliasReading {
  name: string;
  isRight: (aliased: RemoteFunction) => boolean;
  /**
   * Whether its weights matter too: of the function through the alias if that is right, else of $LATEST.
   * As dear as a write, so it is asked only where it saves one, or where there may be one to make.
   */
  needsWeights?: (remote: RemoteFunction, isRight: boolean) => boolean;
  /** Whether the settings of $LATEST are compared with those that callers get: one read more. */
  comparesSettings?: boolean;
}

/**
 * By function name; null if there is none. Through an alias GetFunction answers for the version that it
 * points to, so a function that needs nothing costs one read unless settings are compared, any other one a second.
 * @throws ACCESS_DENIED, credentials errors and AWS_UNREACHABLE: without all states there is no plan.
 */
export async function readRemoteStates(
  names: readonly string[],
  reader: FunctionReader,
  alias?: AliasReading,
): Promise<Map<string, RemoteFunction | null>> {
  const { functions, writes, place, ...policy } = reader;
  const states = new Map<string, RemoteFunction | null>();
  const read = (name: string, qualifier?: string) => readFunction(name, qualifier, reader);
  const readShift = async (name: string, qualifier: string): Promise<AliasShift | null> => {
    const result = await paced(() => functions.aliasWeights(name, qualifier), writes, policy);
    if (!result.ok) throw failureError(result.failure, `alias \`${name}:${qualifier}\``, place);
    // AWS takes one version beside the alias' own.
    const [version, weight] = Object.entries(result.value)[0] ?? [];
    if (version === undefined || weight === undefined) return null;
    const shifted = await read(name, version);
    return {
      version,
      weight,
      codeSha256: shifted?.codeSha256 ?? null,
      layers: shifted?.layers ?? [],
    };
  };
  const readAliased = async (
    name: string,
    { name: qualifier, isRight, needsWeights, comparesSettings }: AliasReading,
  ): Promise<RemoteFunction | null> => {
    const found = await read(name, qualifier);
    const { version = '$LATEST', codeSha256 = null, layers = [] } = found ?? {};
    const alias: RemoteAlias | null = found && { name: qualifier, version, codeSha256, layers };
    const aliased = found && { ...found, alias };
    const isDone = aliased !== null && isRight(aliased);
    let latest = isDone && !comparesSettings ? null : await read(name);
    const asked = isDone ? aliased : latest && { ...latest, alias };
    const needsShift = alias !== null && asked !== null && needsWeights?.(asked, isDone);
    const shift = needsShift ? await readShift(name, qualifier) : undefined;
    if (isDone && !shift) {
      return { ...aliased, ...(latest && { unpublished: differing(latest, aliased) }) };
    }
    latest ??= await read(name);
    const unpublished = found && latest && !shift ? differing(latest, found) : [];
    const shifted = alias && { ...alias, ...(shift !== undefined && { shift }) };
    return latest && { ...latest, alias: shifted, unpublished };
  };
  await forEachLimited(names, READS_IN_FLIGHT, async (name) => {
    states.set(name, await (alias === undefined ? read(name) : readAliased(name, alias)));
  });
  return states;
}

/** Null where does not exist, version or alias. @throws as `readRemoteStates` */
export async function readFunction(
  name: string,
  qualifier: string | undefined,
  { functions, reads, place, ...policy }: FunctionReader,
): Promise<RemoteFunction | null> {
  const result = await paced(() => functions.get(name, qualifier), reads, policy);
  if (result.ok) return result.value;
  if (result.failure.kind === 'not-found') return null;
  throw failureError(result.failure, `function \`${name}\``, place);
}

/** Names of settings, never their values. */
function differing(latest: RemoteFunction, aliased: RemoteFunction): string[] {
  const { settings: now = {} } = latest;
  const { settings: live = {} } = aliased;
  return Object.keys(now).filter((name) => live[name] !== undefined && live[name] !== now[name]);
}
