import { AwsError } from '../protocol/aws-error';
import { AWS_QUOTA, takeToken } from './quota';
import { memoryStore } from '../state/stores';

async function allowed(
  calls: { operation: string; now: number; region?: string }[],
): Promise<boolean[]> {
  return memoryStore().run((state) =>
    calls.map(({ operation, now, region = 'us-east-1' }) => {
      try {
        takeToken(state, { region, operation, now }, AWS_QUOTA);
        return true;
      } catch (error) {
        expect(error).toBeInstanceOf(AwsError);
        return false;
      }
    }),
  );
}

const times = (count: number, operation: string, now: number) =>
  Array.from({ length: count }, () => ({ operation, now }));
const count = (results: boolean[]) => results.filter(Boolean).length;

test('15 calls at once, then 15 a second', async () => {
  const results = await allowed([
    ...times(20, 'UpdateFunctionCode', 0),
    ...times(20, 'PublishVersion', 200),
    ...times(20, 'ListFunctions', 10_000),
  ]);
  expect(count(results.slice(0, 20))).toBe(15);
  expect(count(results.slice(20, 40))).toBe(3);
  // A second's worth at most, however long it was quiet.
  expect(count(results.slice(40))).toBe(15);
});

test('GetFunction has 100 of its own', async () => {
  const results = await allowed([...times(20, 'UpdateAlias', 0), ...times(120, 'GetFunction', 0)]);
  expect(count(results.slice(20))).toBe(100);
});

test('GetFunctionConfiguration is not GetFunction', async () => {
  expect(count(await allowed(times(100, 'GetFunctionConfiguration', 0)))).toBe(15);
});

test('each region has its own', async () => {
  const results = await allowed([
    ...times(15, 'UpdateAlias', 0),
    { operation: 'UpdateAlias', now: 0, region: 'eu-west-1' },
  ]);
  expect(results.at(-1)).toBe(true);
});

test('a clock that goes back gives nothing and takes nothing', async () => {
  const results = await allowed([...times(10, 'UpdateAlias', 5000), ...times(6, 'UpdateAlias', 0)]);
  expect(count(results.slice(10))).toBe(5);
});
