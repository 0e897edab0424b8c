import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { partitionOf } from './policy';

/** The SDK's table, which it keeps to itself. */
function regionsOfSdk(): [region: string, partition: string][] {
  const client = require.resolve('@aws-sdk/core/client');
  const text = readFileSync(
    join(client, '../../../../dist-es/submodules/client/util-endpoints/lib/aws/partitions.js'),
    'utf8',
  );
  const [, json = ''] = /partitionsInfo = (\{.*\});?\s*$/s.exec(text) ?? [];
  const { partitions } = JSON.parse(json) as {
    partitions: { id: string; regions: Record<string, unknown> }[];
  };
  return partitions.flatMap(({ id, regions }) =>
    Object.keys(regions)
      .filter((region) => !region.endsWith('-global'))
      .map((region): [string, string] => [region, id]),
  );
}

it('knows the partition of every region that the SDK knows', () => {
  const regions = regionsOfSdk();
  expect(regions.length).toBeGreaterThan(30);
  expect(regions.map(([region]) => [region, partitionOf(region)])).toEqual(regions);
});
