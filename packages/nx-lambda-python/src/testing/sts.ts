/** STS: GetCallerIdentity in the query protocol. */

import type { AwsError } from './protocol/aws-error';
import { notSimulated } from './protocol/aws-error';
import type { AwsRequest, AwsResponse, Call } from './protocol/call';

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';

/** @throws AwsError 501 for other actions */
export function routeSts(request: AwsRequest): Call {
  const action = new URLSearchParams(request.body.toString('utf8')).get('Action') ?? '';
  if (action !== 'GetCallerIdentity') throw notSimulated(`${action || request.method} of STS`);
  return {
    service: 'sts',
    operation: action,
    target: '',
    run: ({ account: { accountId } }) =>
      xml(
        200,
        'GetCallerIdentityResponse',
        `<GetCallerIdentityResult><Arn>arn:aws:iam::${accountId}:user/simulated</Arn><UserId>SIMULATED</UserId><Account>${accountId}</Account></GetCallerIdentityResult>`,
      ),
  };
}

export function stsErrorResponse(error: AwsError, requestId: string): AwsResponse {
  const type = error.status < 500 ? 'Sender' : 'Receiver';
  const details = `<Type>${type}</Type><Code>${error.code}</Code><Message>${error.message}</Message>`;
  const response = xml(
    error.status,
    'ErrorResponse',
    `<Error>${details}</Error><RequestId>${requestId}</RequestId>`,
  );
  return { ...response, headers: { ...response.headers, ...error.headers } };
}

function xml(status: number, root: string, content: string): AwsResponse {
  return {
    status,
    headers: { 'content-type': 'text/xml' },
    body: Buffer.from(`<${root} xmlns="${NAMESPACE}">${content}</${root}>`),
  };
}
