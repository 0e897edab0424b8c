import type { Lambda } from '@aws-sdk/client-lambda';
import { S3 } from '@aws-sdk/client-s3';
import { ORDERS, startBench, stopBenches } from '../clients.fixtures';
import { zipOf } from '../conformance/check.fixtures';
import { placeholderZip } from '../seeding';
import { readUnpackedSize } from './code';

afterEach(stopBenches);

const ZIP = zipOf('a package that is larger than the placeholder');
const FunctionName = ORDERS.name;

describe('code in REFERENCE mode', () => {
  const setUp = async (region = 'us-east-1') => {
    const bench = await startBench({ updateMilliseconds: 0, codeStorageBytes: 1000 });
    const { account, lambda } = bench;
    await account.createFunction(ORDERS);
    await account.createBucket('releases', { versioning: true, region });
    const object = { Bucket: 'releases', Key: 'package.zip' };
    const { endpoint, credentials } = account;
    const elsewhere = new S3({ endpoint, credentials, region });
    const put = () => elsewhere.putObject({ ...object, Body: ZIP });
    const refer = (S3ObjectVersion: string | undefined) =>
      lambda.updateFunctionCode({
        FunctionName,
        S3Bucket: 'releases',
        S3Key: 'package.zip',
        S3ObjectVersion,
        S3ObjectStorageMode: 'REFERENCE',
      });
    const read = () => lambda.getFunction({ FunctionName });
    return { ...bench, object, put, refer, read };
  };

  test('needs the version of an object', async () => {
    const { put, refer } = await setUp();
    await put();
    await expect(refer(undefined)).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      message: expect.stringContaining('S3ObjectVersion'),
    });
  });

  test('is lost with its object: Inactive, with an error, until the next update', async () => {
    const { account, lambda, s3, object, put, refer, read } = await setUp();
    const { VersionId } = await put();
    await refer(VersionId);
    expect((await read()).Configuration?.State).toBe('Active');
    expect(await account.readFunction(FunctionName)).toMatchObject({ storageMode: 'REFERENCE' });
    await s3.deleteObject({ ...object, VersionId });
    const lost = await read();
    expect(lost.Configuration?.State).toBe('Inactive');
    expect(lost.Code?.Error?.ErrorCode).toBe('NoSuchVersion');
    const invoke = lambda.invoke({ FunctionName });
    await expect(invoke).rejects.toMatchObject({ name: 'ResourceConflictException' });
    await refer((await put()).VersionId);
    expect((await read()).Configuration?.State).toBe('Active');
  });

  test('takes no code storage, and may lie in another region', async () => {
    const { lambda, put, refer } = await setUp('eu-west-1');
    await refer((await put()).VersionId);
    const { AccountUsage } = await lambda.getAccountSettings();
    expect(AccountUsage).toEqual({ TotalCodeSize: 0, FunctionCount: 1 });
  });
});

describe('code storage', () => {
  const size = placeholderZip().length;
  const publishLayer = (lambda: Lambda) =>
    lambda.publishLayerVersion({ LayerName: 'shared', Content: { ZipFile: ZIP } });

  test('is what all versions of functions and layers take', async () => {
    const { account, lambda } = await startBench({ updateMilliseconds: 0 });
    await account.createFunction(ORDERS);
    await lambda.publishVersion({ FunctionName });
    await publishLayer(lambda);
    const { AccountUsage, AccountLimit } = await lambda.getAccountSettings();
    expect(AccountUsage?.TotalCodeSize).toBe(2 * size + ZIP.length);
    expect(AccountLimit?.TotalCodeSize).toBe(322_122_547_200);
  });

  test('beyond its limit nothing is stored', async () => {
    const limit = { codeStorageBytes: size + ZIP.length - 1, updateMilliseconds: 0 };
    const { account, lambda } = await startBench(limit);
    await account.createFunction(ORDERS);
    const full = { name: 'CodeStorageExceededException' };
    await expect(publishLayer(lambda)).rejects.toMatchObject(full);
    const publish = () => lambda.publishVersion({ FunctionName });
    await expect(publish()).resolves.toHaveProperty('Version', '1');
    await expect(lambda.updateFunctionCode({ FunctionName, ZipFile: ZIP })).rejects.toMatchObject(
      full,
    );
    const { AccountUsage, AccountLimit } = await lambda.getAccountSettings();
    expect(AccountLimit?.TotalCodeSize).toBe(limit.codeStorageBytes);
    expect(AccountUsage?.TotalCodeSize).toBe(2 * size);
  });
});

describe('the unpacked size of a zip', () => {
  test('is what the central directory says', () => {
    expect(readUnpackedSize(zipOf('x', 123_456))).toBe(123_456);
    expect(readUnpackedSize(placeholderZip())).toBe('Replaced by the first deploy.\n'.length);
  });

  test('a comment at the end does not hide the directory', () => {
    const zip = Buffer.from(zipOf('x', 77));
    zip.writeUInt16LE(5, zip.length - 2);
    expect(readUnpackedSize(Buffer.concat([zip, Buffer.from('hello')]))).toBe(77);
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('not a zip, though it is longer than twenty-two bytes')],
    ['an empty zip', Buffer.from(`PK\x05\x06${'\0'.repeat(18)}`, 'latin1')],
    ['a zip without its end', zipOf('x').subarray(0, -1)],
    ['a zip without its beginning', zipOf('x').subarray(60)],
  ])('%s is not a zip', (_, bytes) => {
    expect(readUnpackedSize(bytes)).toBeUndefined();
  });
});
