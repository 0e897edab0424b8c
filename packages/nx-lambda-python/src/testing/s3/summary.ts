/** What an S3 call was sent, for assertions: no content, no signature, no token. */

import type { AwsRequest, CallInput } from '../protocol';

const HEADERS = /^(if-.*|range|content-length|content-type|content-md5|x-amz-.*)$/;
const SECRET = /^x-amz-(security-token|.*customer-key.*)$|^x-amz-signature$/i;

/** Headers and query parameters by their names; of an SDK's own, none. */
export function summarize({ headers, query }: AwsRequest): CallInput {
  const sent = Object.entries(headers).filter(
    ([name]) => HEADERS.test(name) && !SECRET.test(name) && !PROTOCOL.has(name),
  );
  const asked = [...query].filter(([name]) => !SECRET.test(name) && name !== 'x-id');
  return Object.fromEntries([...asked, ...sent]);
}

/** How the request is signed and sent, not what it asks. */
const PROTOCOL = new Set(['x-amz-content-sha256', 'x-amz-date', 'x-amz-user-agent']);
