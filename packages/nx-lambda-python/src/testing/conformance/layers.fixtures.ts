/** Lambda's layers as AWS documents them. */

import {
  CreateFunctionCommand,
  GetFunctionConfigurationCommand,
  GetLayerVersionCommand,
  ListLayerVersionsCommand,
  PublishLayerVersionCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { smallZip } from '../seeding';
import type { Bench, Check } from './check.fixtures';
import {
  failure,
  idle,
  newBucket,
  newFunction,
  sha256Base64,
  uniqueName,
  zipOf,
} from './check.fixtures';

const ZIP = smallZip('python/shared.py', 'VALUE = 1\n');
const INVALID = { name: 'InvalidParameterValueException', status: 400 };
const MISSING = { name: 'ResourceNotFoundException', status: 404 };

export const LAYER_CHECKS: readonly Check[] = [
  {
    name: 'A published layer version has its number, size and CodeSha256',
    async run(bench) {
      const LayerName = uniqueName('layer');
      const published = await bench.lambda.send(
        new PublishLayerVersionCommand({
          LayerName,
          Description: 'shared',
          Content: { ZipFile: ZIP },
          CompatibleRuntimes: ['python3.12'],
          CompatibleArchitectures: ['arm64'],
        }),
      );
      expect(published).toMatchObject({
        Version: 1,
        Description: 'shared',
        CompatibleRuntimes: ['python3.12'],
        CompatibleArchitectures: ['arm64'],
        Content: { CodeSha256: sha256Base64(ZIP), CodeSize: ZIP.length },
      });
      expect(published.LayerVersionArn).toBe(`${published.LayerArn}:1`);
      expect(published.LayerArn).toMatch(new RegExp(`:layer:${LayerName}$`));
    },
  },
  {
    name: 'A layer version is read by its number, and its Location gives the zip',
    async run(bench) {
      const { LayerName, LayerVersionArn: Arn } = await publish(bench);
      const get = new GetLayerVersionCommand({ LayerName, VersionNumber: 1 });
      const read = await bench.lambda.send(get);
      expect(read).toMatchObject({ LayerVersionArn: Arn, Version: 1 });
      expect(read.Content?.CodeSha256).toBe(sha256Base64(ZIP));
      const response = await fetch(read.Content?.Location ?? '');
      expect(Buffer.from(await response.arrayBuffer())).toEqual(ZIP);
    },
  },
  {
    name: 'A layer’s archive comes from the named version of an object in S3',
    async run(bench) {
      const Bucket = await newBucket(bench, { versioning: true });
      const Key = 'layer.zip';
      const { VersionId } = await bench.s3.send(new PutObjectCommand({ Bucket, Key, Body: ZIP }));
      await bench.s3.send(new PutObjectCommand({ Bucket, Key, Body: zipOf('newer') }));
      const Content = { S3Bucket: Bucket, S3Key: Key, S3ObjectVersion: VersionId };
      const command = new PublishLayerVersionCommand({ LayerName: uniqueName('layer'), Content });
      const { Content: published } = await bench.lambda.send(command);
      expect(published?.CodeSha256).toBe(sha256Base64(ZIP));
    },
  },
  {
    name: 'The same archive published again is a new layer version',
    async run(bench) {
      const { LayerName } = await publish(bench);
      const again = await publish(bench, { LayerName });
      expect(again.Version).toBe(2);
    },
  },
  {
    name: 'ListLayerVersions starts with the newest and pages',
    async run(bench) {
      const { LayerName } = await publish(bench);
      for (let count = 0; count < 2; count += 1) await publish(bench, { LayerName });
      const list = (Marker?: string) =>
        bench.lambda.send(new ListLayerVersionsCommand({ LayerName, MaxItems: 2, Marker }));
      const first = await list();
      expect(first.LayerVersions?.map(({ Version }) => Version)).toEqual([3, 2]);
      const second = await list(first.NextMarker);
      expect(second.LayerVersions?.map(({ Version }) => Version)).toEqual([1]);
    },
  },
  {
    name: 'A layer version that does not exist is 404 ResourceNotFoundException',
    async run(bench) {
      const { LayerName } = await publish(bench);
      const get = new GetLayerVersionCommand({ LayerName, VersionNumber: 9 });
      expect(await failure(bench.lambda.send(get))).toEqual(MISSING);
      const other = { LayerName: uniqueName('missing'), VersionNumber: 1 };
      expect(await failure(bench.lambda.send(new GetLayerVersionCommand(other)))).toEqual(MISSING);
    },
  },
  {
    name: 'A function has the layers that it names, in their order, with their sizes',
    async run(bench) {
      const [one, two] = [await publish(bench), await publish(bench)];
      const FunctionName = await newFunction(bench);
      const layers = [two.LayerVersionArn, one.LayerVersionArn];
      await attach(bench, FunctionName, layers);
      const read = async () => {
        const command = new GetFunctionConfigurationCommand({ FunctionName });
        return (await bench.lambda.send(command)).Layers ?? [];
      };
      expect(await read()).toEqual(layers.map((Arn) => ({ Arn, CodeSize: ZIP.length })));
      const input = { FunctionName, Timeout: 9 };
      await bench.lambda.send(new UpdateFunctionConfigurationCommand(input));
      await idle(bench, FunctionName);
      expect(await read()).toHaveLength(2);
      await attach(bench, FunctionName, []);
      expect(await read()).toEqual([]);
    },
  },
  {
    name: 'A layer version that does not exist cannot be attached: 400',
    async run(bench) {
      const { LayerArn } = await publish(bench);
      const FunctionName = await newFunction(bench);
      const refused = await failure(attach(bench, FunctionName, [`${LayerArn}:9`]));
      expect(refused).toEqual(INVALID);
      const create = new CreateFunctionCommand({
        FunctionName: uniqueName('conformance'),
        Role: 'arn:aws:iam::000000000000:role/conformance',
        Runtime: 'python3.12',
        Handler: 'handler.handler',
        Code: { ZipFile: zipOf('new') },
        Layers: [`${LayerArn}:9`],
      });
      expect(await failure(bench.lambda.send(create))).toEqual(INVALID);
    },
  },
  {
    name: 'A function takes five layers at most',
    async run(bench) {
      const layers = [];
      for (let count = 0; count < 6; count += 1)
        layers.push((await publish(bench)).LayerVersionArn);
      const FunctionName = await newFunction(bench);
      await attach(bench, FunctionName, layers.slice(0, 5));
      expect(await failure(attach(bench, FunctionName, layers))).toEqual(INVALID);
    },
  },
  {
    name: 'A function takes one version of a layer only',
    async run(bench) {
      const one = await publish(bench);
      const two = await publish(bench, { LayerName: one.LayerName });
      const FunctionName = await newFunction(bench);
      const both = attach(bench, FunctionName, [one.LayerVersionArn, two.LayerVersionArn]);
      expect(await failure(both)).toEqual(INVALID);
    },
  },
  {
    name: 'More than 250 MB unzipped in code and layers together is 400',
    async run(bench) {
      const zip = smallZip('python/big.py', 'x', 200_000_000);
      const { LayerVersionArn } = await publish(bench, { zip });
      const FunctionName = await newFunction(bench, { zip: zipOf('big', 100_000_000) });
      const refused = await failure(attach(bench, FunctionName, [LayerVersionArn]));
      expect(refused).toEqual(INVALID);
      const small = await newFunction(bench);
      await attach(bench, small, [LayerVersionArn]);
      const update = { FunctionName: small, ZipFile: zipOf('big', 100_000_000) };
      expect(await failure(bench.lambda.send(new UpdateFunctionCodeCommand(update)))).toEqual(
        INVALID,
      );
    },
  },
];

async function publish(
  { lambda }: Bench,
  { LayerName = uniqueName('layer'), zip = ZIP }: { LayerName?: string; zip?: Buffer } = {},
) {
  const command = new PublishLayerVersionCommand({ LayerName, Content: { ZipFile: zip } });
  const { Version, LayerArn, LayerVersionArn = '' } = await lambda.send(command);
  return { LayerName, Version, LayerArn, LayerVersionArn };
}

async function attach(bench: Bench, FunctionName: string, Layers: string[]): Promise<void> {
  await bench.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Layers }));
  await idle(bench, FunctionName);
}
