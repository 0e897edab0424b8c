/** The account that the credentials belong to: STS's GetCallerIdentity, which needs no permission. */

import type { HttpRequest, HttpResponse } from '@smithy/core/protocols';
import { GetAccountSettingsCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { AwsResult } from '../../release/model/aws-failure';
import { buffer } from 'node:stream/consumers';
import { call } from './call';
import { markCredentialsStage } from './credentials';
import { clientConfiguration, type AwsSettings } from './settings';

const BODY = 'Action=GetCallerIdentity&Version=2011-06-15';

/** Milliseconds: one request, and its answer is small. */
const TIMEOUT = 10_000;

/**
 * Through a client of Lambda, with the chain of credentials, proxy, clock and signing of every other request: the
 * SDK's own client of STS would be one more package. Only the request's content and the answer's format differ.
 */
export async function callerAccount(settings: AwsSettings): Promise<AwsResult<string>> {
  const { AWS_ENDPOINT_URL_STS: own, AWS_ENDPOINT_URL: all } = process.env;
  const configuration = await clientConfiguration(settings, 1, 'sts', TIMEOUT);
  const endpoint = configuration.endpoint ?? own ?? all;
  const client = new LambdaClient({
    ...configuration,
    ...(endpoint === undefined ? {} : { endpoint }),
    httpAuthSchemeProvider: ({ region }) => [
      {
        schemeId: 'aws.auth#sigv4',
        signingProperties: { name: 'sts', signingName: 'sts', region },
        propertiesExtractor: (config, context) => ({ signingProperties: { config, context } }),
      },
    ],
  });
  markCredentialsStage(client);
  const command = new GetAccountSettingsCommand({});
  command.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as HttpRequest;
      // `lambda.eu-west-1.amazonaws.com`, also with -fips, and under the names of other partitions.
      request.hostname = request.hostname.replace(/^lambda(?=[.-])/, 'sts');
      request.method = 'POST';
      request.path = '/';
      request.headers['content-type'] = 'application/x-www-form-urlencoded';
      request.body = BODY;
      return next(args);
    },
    { step: 'build', priority: 'high', name: 'askSts' },
  );
  let account = '';
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const response = result.response as HttpResponse;
      const text = (await buffer(response.body as AsyncIterable<Uint8Array>)).toString();
      account = /<Account>(\d{12})<\/Account>/.exec(text)?.[1] ?? '';
      // In Lambda's format, from which the SDK makes the same errors as from all others.
      const [code, message] = ['Code', 'Message'].map((tag) => elementOf(text, tag));
      if (response.statusCode >= 300 && code) response.headers['x-amzn-errortype'] = code;
      response.body = Buffer.from(JSON.stringify(message === undefined ? {} : { message }));
      return result;
    },
    { step: 'deserialize', priority: 'low', name: 'readSts' },
  );
  try {
    const answer = await call('GetCallerIdentity', () => client.send(command));
    if (!answer.ok) return answer;
    if (account !== '') return { ok: true, value: account };
    const failure = { kind: 'invalid', operation: 'GetCallerIdentity', name: 'NoAccount' } as const;
    return { ok: false, failure: { ...failure, message: 'the answer names no account' } };
  } finally {
    client.destroy();
  }
}

function elementOf(xml: string, tag: string): string | undefined {
  return new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(xml)?.[1];
}
