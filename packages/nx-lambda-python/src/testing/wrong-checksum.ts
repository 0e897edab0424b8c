/** The fault `wrong-checksum`: an answer that names another SHA-256 than that of the bytes. */

import type { AwsResponse } from './protocol';
import { hexToBase64, sha256Hex } from './state/state';

const WRONG = hexToBase64(sha256Hex('not these bytes'));

/** S3 answers in a header, Lambda in the field CodeSha256 of its JSON. */
export function withWrongChecksum(response: AwsResponse): AwsResponse {
  const headers = Object.entries(response.headers).map(([name, value]) => [
    name,
    name === 'x-amz-checksum-sha256' ? WRONG : value,
  ]);
  const isJson = response.headers['content-type'] === 'application/json';
  return {
    ...response,
    headers: Object.fromEntries(headers),
    body: isJson ? replaceCodeSha256(response.body) : response.body,
  };
}

function replaceCodeSha256(body: Buffer): Buffer {
  const replaced: unknown = JSON.parse(body.toString('utf8'), (key, value: unknown) =>
    key === 'CodeSha256' ? WRONG : value,
  );
  return Buffer.from(JSON.stringify(replaced));
}
