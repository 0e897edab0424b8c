import { createServer, type ServerResponse } from 'node:http';
import type { AwsResult } from '../../release/model/aws-failure';
import { close, listen } from './aws.fixtures';
import { connectFunctions, connectStorage } from './connect';

const KEYS = { accessKeyId: 'key', secretAccessKey: 'secret' };
const HOUR = 3_600_000;

/** What calls come to when each answer is this one. */
async function answered(
  ask: (aws: { endpoint: string; region: string; credentials: typeof KEYS }) => Promise<unknown>,
  answer: (response: ServerResponse, signedAt: Date) => void,
): Promise<unknown> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const [, year, ...rest] =
        /^(....)(..)(..)T(..)(..)(..)Z$/.exec(String(request.headers['x-amz-date'])) ?? [];
      const [month = 1, day, hour, minute, second] = rest.map(Number);
      answer(
        response,
        new Date(Date.UTC(Number(year), month - 1, day ?? 1, hour ?? 0, minute ?? 0, second ?? 0)),
      );
    });
  });
  const endpoint = `http://${await listen(server)}`;
  try {
    return await ask({ endpoint, region: 'eu-west-1', credentials: KEYS });
  } finally {
    server.closeAllConnections();
    await close(server);
  }
}

async function askLambda(aws: Parameters<Parameters<typeof answered>[0]>[0]) {
  const { functions, close } = await connectFunctions(aws);
  const update = { name: 'f', architecture: 'x86_64', storageMode: 'COPY' } as const;
  const result: AwsResult<unknown> = await functions.updateCode({
    ...update,
    bucket: 'b',
    key: 'k',
  });
  close();
  return result;
}

async function askS3(aws: Parameters<Parameters<typeof answered>[0]>[0]) {
  const { records, close } = await connectStorage(aws);
  const result = await records.write({ bucket: { name: 'b' }, key: 'k' }, '{}', 'absent');
  close();
  return result;
}

describe('a clock that is wrong', () => {
  const refusals = {
    // Sources: AWS General Reference, "Troubleshooting AWS Signature Version 4 errors"; S3 API, "Error responses".
    Lambda: (response: ServerResponse) => {
      response.writeHead(403, { 'x-amzn-errortype': 'InvalidSignatureException' });
      response.end(JSON.stringify({ message: 'Signature expired: 1 is now earlier than 2' }));
    },
    S3: (response: ServerResponse) => {
      response.writeHead(403, { 'content-type': 'application/xml' });
      response.end('<Error><Code>RequestTimeTooSkewed</Code><Message>too large</Message></Error>');
    },
  };

  it.each([
    ['Lambda', askLambda],
    ['S3', askS3],
  ] as const)('%s refuses, has told the time, and gets the request again', async (service, ask) => {
    let requests = 0;
    const result = await answered(ask, (response, signedAt) => {
      requests += 1;
      const now = Date.now() + HOUR;
      response.setHeader('date', new Date(now).toUTCString());
      // AWS takes a difference of five minutes, S3 of fifteen.
      if (Math.abs(now - signedAt.getTime()) > 300_000) refusals[service](response);
      else response.end('{}');
    });
    expect(result).toMatchObject({ ok: true });
    expect(requests).toBe(2);
  });

  it('is named where AWS goes on refusing', async () => {
    let requests = 0;
    const result = await answered(askLambda, (response) => {
      requests += 1;
      response.setHeader('date', new Date(Date.now() + requests * HOUR).toUTCString());
      refusals.Lambda(response);
    });
    expect(result).toMatchObject({ ok: false, failure: { kind: 'server' } });
    expect(requests).toBe(2);
  });
});

describe('a web page', () => {
  it.each([
    ['Lambda', 403, 'blocked', askLambda],
    ['S3', 403, 'blocked', askS3],
    ['Lambda', 503, 'server', askLambda],
    ['S3', 503, 'server', askS3],
  ] as const)('in place of an answer of %s, with %i, is %s', async (_, status, kind, ask) => {
    const result = await answered(ask, (response) => {
      response.writeHead(status, { 'content-type': 'text/html', server: 'squid' });
      response.end('<html><body>Blocked by policy</body></html>');
    });
    expect(result).toMatchObject({ ok: false, failure: { kind, name: `HTTP ${status}` } });
    if (status === 403) {
      const message = 'not from AWS: a proxy or gateway answered (squid)';
      expect(result).toMatchObject({ failure: { message } });
    }
  });
});
