/** What the region's code takes of the storage that Lambda keeps for it. */

import { AwsError } from '../aws-error';
import type { Context } from '../protocol';
import type { FunctionCode } from './model';

/** Source: AWS Lambda developer guide, "Lambda quotas": 300 GB. */
const DEFAULT_LIMIT = 322_122_547_200;

export function codeStorageLimit({ account }: Context): number {
  return account.codeStorageBytes ?? DEFAULT_LIMIT;
}

/**
 * Bytes of all functions' versions and of all layers' versions; what is referenced in S3 takes
 * none. Source: AWS Lambda developer guide, "Self-managed S3 code storage".
 */
export function usedCodeStorage({ state, region }: Context): number {
  const functions = state
    .list('functions')
    .filter((stored) => stored.region === region)
    .flatMap(({ latest, versions }) => [latest, ...versions]);
  const layers = state
    .list('layers')
    .filter((stored) => stored.region === region)
    .flatMap(({ versions }) => versions);
  return [...functions, ...layers].reduce((sum, { code }) => sum + stored(code), 0);
}

/**
 * @param added what the call would store
 * @param replaced what it takes the place of
 * @throws AwsError 400 CodeStorageExceededException when it does not fit
 */
export function checkCodeStorage(
  context: Context,
  added: FunctionCode,
  replaced?: FunctionCode,
): void {
  // AWS's own limit is beyond what a test can store: only a set one is worth reading everything.
  if (context.account.codeStorageBytes === undefined) return;
  const growth = stored(added) - (replaced === undefined ? 0 : stored(replaced));
  if (growth <= 0 || usedCodeStorage(context) + growth <= codeStorageLimit(context)) return;
  throw new AwsError(400, 'CodeStorageExceededException', 'Code storage limit exceeded.');
}

function stored({ reference, size }: FunctionCode): number {
  return reference === undefined ? size : 0;
}
