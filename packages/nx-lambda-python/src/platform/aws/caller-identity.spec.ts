import { createServer, type IncomingMessage, type Server } from 'node:http';
import { startSimulatedAccount, type SimulatedAccount } from '../../testing';
import { close, isolateEnvironment, listen } from './aws.fixtures';
import { callerAccount } from './caller-identity';

const CREDENTIALS = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'secret' };

describe('the account of the credentials', () => {
  let account: SimulatedAccount;
  isolateEnvironment();
  beforeEach(async () => {
    account = await startSimulatedAccount({ region: 'eu-west-1', accountId: '111122223333' });
  });
  afterEach(() => account.stop());
  const settings = () => ({
    endpoint: account.endpoint,
    region: account.region,
    credentials: account.credentials,
  });

  it('is asked of STS, in one request that is signed for it', async () => {
    expect(await callerAccount(settings())).toEqual({ ok: true, value: '111122223333' });
    expect(account.requests.map(({ service, operation }) => `${service} ${operation}`)).toEqual([
      'sts GetCallerIdentity',
    ]);
  });

  it('is not told to wrong credentials, in the words of STS', async () => {
    const answer = await callerAccount({ ...settings(), credentials: CREDENTIALS });
    expect(answer).toMatchObject({
      ok: false,
      failure: { kind: 'bad-credentials', name: 'InvalidClientTokenId' },
    });
  });

  it.each([
    ['500', 'server'],
    ['expired-credentials', 'expired'],
  ] as const)('is unknown after %s', async (kind, expected) => {
    account.inject({ operation: 'GetCallerIdentity', kind });
    const answer = await callerAccount(settings());
    expect(answer).toMatchObject({ ok: false, failure: { kind: expected } });
  });
});

/** Names of hosts: https://docs.aws.amazon.com/general/latest/gr/sts.html, as Lambda's in each partition. */
describe('where it asks', () => {
  let proxy: Server;
  let asked: string[];
  isolateEnvironment();
  beforeEach(async () => {
    asked = [];
    proxy = createServer().on('connect', (request: IncomingMessage, socket) => {
      asked.push(request.url ?? '');
      socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    });
    process.env['HTTPS_PROXY'] = `http://${await listen(proxy)}`;
  });
  afterEach(() => close(proxy));

  test.each([
    ['eu-west-1', {}, 'sts.eu-west-1.amazonaws.com:443'],
    ['cn-north-1', {}, 'sts.cn-north-1.amazonaws.com.cn:443'],
    ['us-gov-west-1', {}, 'sts.us-gov-west-1.amazonaws.com:443'],
    ['us-east-1', { AWS_USE_FIPS_ENDPOINT: 'true' }, 'sts-fips.us-east-1.amazonaws.com:443'],
    ['eu-west-1', { AWS_ENDPOINT_URL_STS: 'https://sts.example.test' }, 'sts.example.test:443'],
  ])('%s %j', async (region, environment, host) => {
    Object.assign(process.env, environment);
    const answer = await callerAccount({ region, credentials: CREDENTIALS });
    expect(answer.ok).toBe(false);
    expect(asked).toEqual([host]);
  });
});
