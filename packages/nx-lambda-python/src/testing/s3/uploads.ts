/** Multipart uploads under way: finding them, and what overtakes them. */

import { AwsError } from '../aws-error';
import type { AwsRequest, Context } from '../protocol';
import type { S3Address } from './access';
import type { StoredUpload } from './model';

/** @throws AwsError 404 NoSuchUpload, also for another key's upload */
export function requireUpload(
  { state }: Context,
  { query }: AwsRequest,
  { bucket, key }: S3Address,
): StoredUpload {
  const id = query.get('uploadId') ?? '';
  const upload = state.read('uploads', id);
  if (upload?.bucket === bucket && upload.key === key) return upload;
  throw new AwsError(
    404,
    'NoSuchUpload',
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
    { fields: { UploadId: id } },
  );
}

/** For every write and every deletion of a key; uploads of it that are under way remember it. */
export function overtakeUploads({ state }: Context, { bucket, key }: S3Address): void {
  for (const upload of state.list('uploads')) {
    if (upload.bucket !== bucket || upload.key !== key || upload.isOvertaken) continue;
    state.write('uploads', upload.id, { ...upload, isOvertaken: true });
  }
}

/**
 * Conditions that hold again do not help an upload that another write has overtaken: it has to be
 * begun anew. Source: Amazon S3 API reference, CompleteMultipartUpload, If-None-Match, 409.
 * @throws AwsError 409 ConditionalRequestConflict
 */
export function requireNotOvertaken({ headers }: AwsRequest, upload: StoredUpload): void {
  const condition = ['If-None-Match', 'If-Match'].find((name) => name.toLowerCase() in headers);
  if (condition === undefined || !upload.isOvertaken) return;
  throw new AwsError(
    409,
    'ConditionalRequestConflict',
    'The conditional request cannot succeed due to a conflicting operation against this resource.',
    { fields: { Condition: condition, Key: upload.key } },
  );
}
