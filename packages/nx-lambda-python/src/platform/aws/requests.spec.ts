import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { Readable } from 'node:stream';
import { close as closeServer, listen } from './aws.fixtures';
import { connectFunctions, connectStorage } from './connect';
import { createInvocationClient, createLambdaClient, lambdaFunctions } from './lambda';

interface Seen {
  line: string;
  headers: IncomingHttpHeaders;
  body: string;
}

const KEYS = { accessKeyId: 'key', secretAccessKey: 'secret' };
const UPDATE = {
  name: 'f',
  architecture: 'arm64',
  storageMode: 'COPY',
  bucket: 'packages',
  key: 'k',
} as const;

/** What leaves the machine, byte for byte where it matters. */
describe('requests', () => {
  let server: Server;
  let seen: Seen[];
  let aws: { endpoint: string; region: string; credentials: typeof KEYS };

  beforeEach(async () => {
    seen = [];
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method, url, headers } = request;
        seen.push({ line: `${method} ${url}`, headers, body: Buffer.concat(chunks).toString() });
        response.setHeader('x-amz-version-id', 'null');
        response.end('{}');
      });
    });
    aws = { endpoint: `http://${await listen(server)}`, region: 'eu-west-1', credentials: KEYS };
  });

  afterEach(() => closeServer(server));

  it('PUT carries the checksum and the condition, and streams the file as it is', async () => {
    const { storage, close } = await connectStorage(aws);
    const stored = await storage.put({
      location: {
        bucket: { name: 'packages', expectedOwner: '111122223333', kmsKeyId: 'alias/packages' },
        key: 'p/svc/1.zip',
      },
      open: () => Readable.from([Buffer.from('bytes')]),
      size: 5,
      sha256: 'hash=',
    });
    close();
    // The version of a bucket without versions is none.
    expect(stored).toEqual({ ok: true, value: {} });
    const [put] = seen;
    expect(put?.line).toBe('PUT /packages/p/svc/1.zip?x-id=PutObject');
    expect(put?.body).toBe('bytes');
    expect(put?.headers).toMatchObject({
      'content-length': '5',
      'if-none-match': '*',
      'x-amz-checksum-sha256': 'hash=',
      'x-amz-expected-bucket-owner': '111122223333',
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': 'alias/packages',
    });
    expect(put?.headers).not.toHaveProperty('x-amz-trailer');
    expect(put?.headers).not.toHaveProperty('x-amz-checksum-crc32');
  });

  it('every object that is written names its key: package, parts, pointer, records and lock', async () => {
    const { storage, parts, records, close } = await connectStorage(aws);
    const bucket = { name: 'packages', kmsKeyId: 'alias/packages' };
    const location = { bucket, key: 'k' };
    const open = () => Readable.from([Buffer.from('bytes')]);
    await storage.put({ location, open, size: 5, sha256: 'hash=' });
    await parts.begin(location, 'hash=');
    await parts.write(location, '{}', 'any');
    await records.write(location, '{}', 'absent');
    await records.write(location, '{}', { etag: '"e"' });
    await records.read(location);
    close();
    const keys = seen.map(({ headers }) => [
      headers['x-amz-server-side-encryption'],
      headers['x-amz-server-side-encryption-aws-kms-key-id'],
    ]);
    // S3 refuses a read that names one.
    expect(keys).toEqual([...Array(5).fill(['aws:kms', 'alias/packages']), [undefined, undefined]]);
  });

  it('HEAD asks for the checksum', async () => {
    const { storage, close } = await connectStorage(aws);
    await storage.head({ bucket: { name: 'packages' }, key: 'k' });
    close();
    expect(seen[0]?.line).toBe('HEAD /packages/k');
    expect(seen[0]?.headers).toMatchObject({ 'x-amz-checksum-mode': 'ENABLED' });
    expect(seen[0]?.headers).not.toHaveProperty('x-amz-expected-bucket-owner');
  });

  it('UpdateFunctionCode says where the code is, how it is kept and the architecture, and nothing else', async () => {
    const { functions, close } = await connectFunctions(aws);
    await functions.updateCode(UPDATE);
    await functions.updateCode({ ...UPDATE, versionId: 'v1' });
    await functions.updateCode({ ...UPDATE, sourceKmsKeyArn: 'arn:aws:kms:x' });
    close();
    expect(seen[0]?.line).toBe('PUT /2015-03-31/functions/f/code');
    const sent = {
      Architectures: ['arm64'],
      S3Bucket: 'packages',
      S3Key: 'k',
      S3ObjectStorageMode: 'COPY',
    };
    expect(seen.map(({ body }) => JSON.parse(body))).toEqual([
      { ...sent },
      { ...sent, S3ObjectVersion: 'v1' },
      { ...sent, SourceKMSKeyArn: 'arn:aws:kms:x' },
    ]);
  });

  it('sends a write once, whatever comes back', async () => {
    server.removeAllListeners('request');
    let count = 0;
    server.on('request', (_, response) => {
      count += 1;
      response.writeHead(500).end();
    });
    const { functions, close } = await connectFunctions(aws);
    const result = await functions.updateCode(UPDATE);
    close();
    expect(result).toMatchObject({ ok: false, failure: { kind: 'server', name: 'HTTP 500' } });
    expect(count).toBe(1);
  });
});

describe('an invocation', () => {
  const settings = { region: 'eu-west-1', credentials: KEYS };

  it('uses the client that waits as long as a function may run', async () => {
    const client = await createLambdaClient(settings);
    const invocations = await createInvocationClient(settings);
    const others = jest.spyOn(client, 'send');
    const own = jest.spyOn(invocations, 'send').mockResolvedValue({} as never);
    await lambdaFunctions(client, invocations).invoke('orders', '{}');
    expect(own).toHaveBeenCalledTimes(1);
    expect(others).not.toHaveBeenCalled();
  });

  it('may take fifteen minutes', async () => {
    const { requestHandler } = (await createInvocationClient(settings)).config;
    const { socketTimeout } = await configurationOf(requestHandler);
    expect(socketTimeout).toBeGreaterThan(900_000);
  });
});

/** The handler reads it at its first request. */
async function configurationOf(handler: object): Promise<{ socketTimeout?: number }> {
  return (await (handler as { configProvider: Promise<object> }).configProvider) as object;
}
