/** What release records and the lock need of S3: small texts, written only under a condition. */

import type { AwsResult } from '../model/aws-failure';
import type { Bucket, ObjectLocation } from '../upload/object-storage';

export interface StoredText {
  text: string;
  etag: string;
  /** When it was written, by S3's clock; milliseconds since the epoch, to the second. */
  lastModified: number;
  /** When S3 answered, by the same clock: no other clock is ever compared with it. */
  now: number;
}

/** `absent`: no object may be there yet. An ETag: this very object must still be there. */
export type WriteCondition = 'absent' | { etag: string };

export interface RecordStorage {
  /** Null where there is none. */
  read(location: ObjectLocation): Promise<AwsResult<StoredText | null>>;
  /** A condition that does not hold is a failure of kind `precondition`, or `not-found` for an ETag of nothing. */
  write(
    location: ObjectLocation,
    text: string,
    condition: WriteCondition,
  ): Promise<AwsResult<{ etag: string }>>;
  /** All keys below a prefix, ascending. */
  list(bucket: Bucket, prefix: string, startAfter?: string): Promise<AwsResult<string[]>>;
}
