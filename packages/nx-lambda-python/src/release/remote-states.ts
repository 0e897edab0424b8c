/** Reads what AWS has, for each function, as fast as the quota of GetFunction allows. */

import { failureError, type AwsPlace } from './failure-error';
import type { FunctionService, RemoteAlias, RemoteFunction } from './function-service';
import { forEachLimited } from './concurrency';
import { paced } from './paced';
import type { RateLimiter } from './rate';
import type { RetryPolicy } from './retry';

export interface FunctionReader extends RetryPolicy {
  functions: FunctionService;
  reads: RateLimiter;
  place: AwsPlace;
}

const READS_IN_FLIGHT = 40;

/** With an alias: which one, and whether what it points to leaves anything to do. */
export interface AliasReading {
  name: string;
  isRight: (aliased: RemoteFunction) => boolean;
}

/**
 * By function name; null where there is none. Through an alias GetFunction answers for the version that it
 * points to, so a function that needs nothing costs one read, any other one a second.
 * @throws ACCESS_DENIED, credentials errors and AWS_UNREACHABLE: without all states there is no plan.
 */
export async function readRemoteStates(
  names: readonly string[],
  { functions, reads, place, ...policy }: FunctionReader,
  alias?: AliasReading,
): Promise<Map<string, RemoteFunction | null>> {
  const states = new Map<string, RemoteFunction | null>();
  const read = async (name: string, qualifier?: string): Promise<RemoteFunction | null> => {
    const result = await paced(() => functions.get(name, qualifier), reads, policy);
    if (result.ok) return result.value;
    if (result.failure.kind === 'not-found') return null;
    throw failureError(result.failure, `function \`${name}\``, place);
  };
  await forEachLimited(names, READS_IN_FLIGHT, async (name) => {
    if (alias === undefined) {
      states.set(name, await read(name));
      return;
    }
    const aliased = await read(name, alias.name);
    const pointed = aliased && aliasOf(aliased, alias.name);
    if (aliased && alias.isRight({ ...aliased, alias: pointed })) {
      states.set(name, { ...aliased, alias: pointed });
      return;
    }
    const latest = await read(name);
    states.set(name, latest && { ...latest, alias: pointed });
  });
  return states;
}

function aliasOf(aliased: RemoteFunction, name: string): RemoteAlias {
  const { version = '', codeSha256 = null, layers } = aliased;
  return { name, version, codeSha256, layers };
}
