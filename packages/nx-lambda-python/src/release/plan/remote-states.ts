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
    let alias = found && aliasOf(found, qualifier);
    if (found && isRight({ ...found, alias })) {
      const latest = comparesSettings ? await read(name) : null;
      const aliased = { ...found, alias, ...(latest && { unpublished: differing(latest, found) }) };
      if (!needsWeights?.(aliased, true)) return aliased;
      const shift = await readShift(name, qualifier);
      if (shift === null) return aliased;
      alias = alias && { ...alias, shift };
    }
    const latest = await read(name);
    if (
      latest &&
      alias &&
      alias.shift === undefined &&
      needsWeights?.({ ...latest, alias }, false)
    ) {
      alias = { ...alias, shift: await readShift(name, qualifier) };
    }
    const isShifted = Boolean(alias?.shift);
    const unpublished = found && latest && !isShifted ? differing(latest, found) : [];
    return latest && { ...latest, alias, unpublished };
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

function aliasOf(aliased: RemoteFunction, name: string): RemoteAlias {
  const { version = '$LATEST', codeSha256 = null, layers } = aliased;
  return { name, version, codeSha256, layers };
}
