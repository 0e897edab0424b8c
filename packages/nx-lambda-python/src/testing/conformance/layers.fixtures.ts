/** Lambda's layers as AWS documents them. */

import { smallZip } from '../seeding';
import type { Bench, Check } from './check.fixtures';
import {
  check,
  create,
  failure,
  idle,
  newBucket,
  newFunction,
  sha256Base64,
  uniqueName,
  zipOf,
} from './check.fixtures';
import { put } from './s3-objects.fixtures';

const ZIP = smallZip('python/shared.py', 'VALUE = 1\n');
const INVALID = '400 InvalidParameterValueException';
const MISSING = '404 ResourceNotFoundException';

export const LAYER_CHECKS: readonly Check[] = [
  check('A published layer version has its number, size and CodeSha256', async (bench) => {
    const LayerName = uniqueName('layer');
    const settings = {
      Description: 'shared',
      CompatibleRuntimes: ['python3.12' as const],
      CompatibleArchitectures: ['arm64' as const],
    };
    const layer = { LayerName, Content: { ZipFile: ZIP }, ...settings };
    const published = await bench.lambda.publishLayerVersion(layer);
    const Content = { CodeSha256: sha256Base64(ZIP), CodeSize: ZIP.length };
    expect(published).toMatchObject({ ...settings, Version: 1, Content });
    expect(published.LayerVersionArn).toBe(`${published.LayerArn}:1`);
    expect(published.LayerArn).toMatch(new RegExp(`:layer:${LayerName}$`));
  }),
  check('A layer version is read by its number, and its Location gives the zip', async (bench) => {
    const { LayerName, LayerVersionArn: Arn } = await publish(bench);
    const read = await bench.lambda.getLayerVersion({ LayerName, VersionNumber: 1 });
    expect(read).toMatchObject({ LayerVersionArn: Arn, Version: 1 });
    expect(read.Content?.CodeSha256).toBe(sha256Base64(ZIP));
    const response = await fetch(read.Content?.Location ?? '');
    expect(Buffer.from(await response.arrayBuffer())).toEqual(ZIP);
  }),
  check('A layer’s archive comes from the named version of an object in S3', async (bench) => {
    const Bucket = await newBucket(bench, { versioning: true });
    const Key = 'layer.zip';
    const { VersionId } = await put(bench, Bucket, { Key, Body: ZIP });
    await put(bench, Bucket, { Key, Body: zipOf('newer') });
    const Content = { S3Bucket: Bucket, S3Key: Key, S3ObjectVersion: VersionId };
    const layer = { LayerName: uniqueName('layer'), Content };
    const published = await bench.lambda.publishLayerVersion(layer);
    expect(published.Content?.CodeSha256).toBe(sha256Base64(ZIP));
  }),
  check('The same archive published again is a new layer version', async (bench) => {
    const { LayerName } = await publish(bench);
    const again = await publish(bench, { LayerName });
    expect(again.Version).toBe(2);
  }),
  check('ListLayerVersions starts with the newest and pages', async (bench) => {
    const { LayerName } = await publish(bench);
    for (let count = 0; count < 2; count += 1) await publish(bench, { LayerName });
    const list = (Marker?: string) =>
      bench.lambda.listLayerVersions({ LayerName, MaxItems: 2, Marker });
    const first = await list();
    expect(first.LayerVersions?.map(({ Version }) => Version)).toEqual([3, 2]);
    const second = await list(first.NextMarker);
    expect(second.LayerVersions?.map(({ Version }) => Version)).toEqual([1]);
  }),
  check('A layer version that does not exist is 404 ResourceNotFoundException', async (bench) => {
    const { LayerName } = await publish(bench);
    for (const layer of [
      { LayerName, VersionNumber: 9 },
      { LayerName: uniqueName('missing'), VersionNumber: 1 },
    ]) {
      expect(await failure(bench.lambda.getLayerVersion(layer))).toBe(MISSING);
    }
  }),
  check(
    'A function has the layers that it names, in their order, with their sizes',
    async (bench) => {
      const [one, two] = [await publish(bench), await publish(bench)];
      const FunctionName = await newFunction(bench);
      const layers = [two.LayerVersionArn, one.LayerVersionArn];
      await attach(bench, FunctionName, layers);
      const read = async () =>
        (await bench.lambda.getFunctionConfiguration({ FunctionName })).Layers ?? [];
      expect(await read()).toEqual(layers.map((Arn) => ({ Arn, CodeSize: ZIP.length })));
      await bench.lambda.updateFunctionConfiguration({ FunctionName, Timeout: 9 });
      await idle(bench, FunctionName);
      expect(await read()).toHaveLength(2);
      await attach(bench, FunctionName, []);
      expect(await read()).toEqual([]);
    },
  ),
  check('A layer version that does not exist cannot be attached: 400', async (bench) => {
    const { LayerArn } = await publish(bench);
    const FunctionName = await newFunction(bench);
    const Layers = [`${LayerArn}:9`];
    expect(await failure(attach(bench, FunctionName, Layers))).toBe(INVALID);
    expect(await failure(create(bench, { Layers }))).toBe(INVALID);
  }),
  check('A function takes five layers at most', async (bench) => {
    const layers = [];
    for (let count = 0; count < 6; count += 1) layers.push((await publish(bench)).LayerVersionArn);
    const FunctionName = await newFunction(bench);
    await attach(bench, FunctionName, layers.slice(0, 5));
    expect(await failure(attach(bench, FunctionName, layers))).toBe(INVALID);
  }),
  check('A function takes one version of a layer only', async (bench) => {
    const one = await publish(bench);
    const two = await publish(bench, { LayerName: one.LayerName });
    const FunctionName = await newFunction(bench);
    const both = attach(bench, FunctionName, [one.LayerVersionArn, two.LayerVersionArn]);
    expect(await failure(both)).toBe(INVALID);
  }),
  check('More than 250 MB unzipped in code and layers together is 400', async (bench) => {
    const zip = smallZip('python/big.py', 'x', 200_000_000);
    const { LayerVersionArn } = await publish(bench, { zip });
    const FunctionName = await newFunction(bench, { zip: zipOf('big', 100_000_000) });
    expect(await failure(attach(bench, FunctionName, [LayerVersionArn]))).toBe(INVALID);
    const small = await newFunction(bench);
    await attach(bench, small, [LayerVersionArn]);
    const update = { FunctionName: small, ZipFile: zipOf('big', 100_000_000) };
    expect(await failure(bench.lambda.updateFunctionCode(update))).toBe(INVALID);
  }),
];

async function publish(
  { lambda }: Bench,
  { LayerName = uniqueName('layer'), zip = ZIP }: { LayerName?: string; zip?: Buffer } = {},
) {
  const published = await lambda.publishLayerVersion({ LayerName, Content: { ZipFile: zip } });
  return { LayerVersionArn: '', ...published, LayerName };
}

async function attach(bench: Bench, FunctionName: string, Layers: string[]): Promise<void> {
  await bench.lambda.updateFunctionConfiguration({ FunctionName, Layers });
  await idle(bench, FunctionName);
}
