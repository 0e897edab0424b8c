/** Where the records of a service and stage are, and what is said when they cannot be reached. */

import { LambdaPythonError } from '../../errors';
import type { AwsFailure } from '../model/aws-failure';
import { failureError, type AwsPlace } from '../calls/failure-error';
import { objectUrl, type Bucket, type ObjectLocation } from '../upload/object-storage';
import { bucketError } from '../upload/package-object';
import type { RecordOwner } from './record';
import type { RecordStorage } from './record-storage';
import type { RetryPolicy } from '../calls/retry';

export interface EarlierRecords {
  /** `<prefix>/<project>/releases/<stage>/` */
  releases: string;
  owner: RecordOwner;
}

export interface RecordAccess extends RetryPolicy {
  records: RecordStorage;
  place: AwsPlace;
  bucket: Bucket;
  /** `<prefix>/<project>/releases/<account>/<region>/<stage>/` */
  releases: string;
  /** Where an earlier version of the plugin kept them, with those of other accounts; only read. */
  earlier?: EarlierRecords;
  /** `orders`, or `orders (stage prod)`. */
  subject: string;
  /** A new one at each call, never given twice. */
  token: () => string;
  /** Whether a process, by its identity, is known to have ended; false where nobody here can tell. */
  isGone: (process: string) => boolean;
}

/** Reads and writes of records and lock that did not work; nothing was deployed where it is thrown before a write. */
export function lockFailure(
  failure: AwsFailure,
  location: ObjectLocation,
  { place, releases, bucket }: RecordAccess,
): LambdaPythonError {
  const folder = `${objectUrl({ bucket, key: releases })}*`;
  if (failure.kind === 'denied') {
    const permission = failure.operation === 'PutObject' ? 's3:PutObject' : 's3:GetObject';
    return new LambdaPythonError('ACCESS_DENIED', {
      message: `AWS denied ${permission} on the release records, ${folder}; it said ${failure.name}: ${failure.message}`,
      hint: `allow s3:GetObject and s3:PutObject on ${folder} (with a KMS key also kms:GenerateDataKey and kms:Decrypt), or deploy without lock and rollback: \`"records": false\``,
      cause: failure,
    });
  }
  if (failure.kind === 'invalid' && isUnsupported(failure)) {
    return new LambdaPythonError('RECORDS_UNSUPPORTED', {
      message: `the storage does not write under a condition (If-Match, If-None-Match), which the release lock needs: ${failure.operation} for ${objectUrl(location)} got ${failure.name}: ${failure.message}; nothing was changed`,
      hint: UNSUPPORTED_HINT,
      cause: failure,
    });
  }
  if (failure.kind === 'not-found' || failure.kind === 'wrong-region') {
    return bucketError(failure, location, place);
  }
  return failureError(failure, objectUrl(location), place);
}

/** Of a storage that takes a condition and ignores it. */
export function unguardedError(location: ObjectLocation): LambdaPythonError {
  return new LambdaPythonError('RECORDS_UNSUPPORTED', {
    message: `the storage ignores the condition of a write (If-Match), which the release lock needs: ${objectUrl(location)} was replaced under an ETag that it does not have; nothing was changed`,
    hint: UNSUPPORTED_HINT,
  });
}

const UNSUPPORTED_HINT =
  'set `"records": false` on the deploy target: deploys are then neither kept apart nor recorded, and cannot be rolled back';

/** What storages that know no conditions answer: 501, or a 400 for a header that they do not expect. */
function isUnsupported({ name }: AwsFailure): boolean {
  return /NotImplemented|HTTP 501|InvalidArgument|InvalidRequest|HTTP 400/.test(name);
}
