/** What the checks of S3 share. */

import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { Bench } from './check.fixtures';

export const BODY = Buffer.from('the bytes of an object');
export const KEY = 'services/orders/package.zip';

export function put(
  { s3 }: Bench,
  Bucket: string,
  input: Partial<ConstructorParameters<typeof PutObjectCommand>[0]> = {},
) {
  return s3.send(new PutObjectCommand({ Bucket, Key: KEY, Body: BODY, ...input }));
}

export async function readText({ s3 }: Bench, Bucket: string, VersionId?: string) {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: KEY, VersionId }));
  return Body?.transformToString();
}
