/** Kinds of functions that do not take every release. */

import { isNumbered } from '../plan/alias-goal';
import type { RemoteFunction } from '../calls/function-service';

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
    return 'its code is signed (code signing), and this package is not';
  }
  if (alias === null && remote.isManaged) {
    return 'it runs on managed instances, whose callers reach a published version and not $LATEST: set `alias`';
  }
  if (alias === null && remote.isDurable) {
    return 'it is durable, and executions that run on $LATEST would go on with other code: set `alias`';
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
