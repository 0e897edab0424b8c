/** Runs every check against a server; where it is known to differ from AWS, that it still does. */

import { Lambda } from '@aws-sdk/client-lambda';
import { S3 } from '@aws-sdk/client-s3';
import type { Bench, Check, CheckNeeds, Server } from './check.fixtures';
import { CODE_CHECKS } from './code.fixtures';
import { FUNCTION_CHECKS } from './functions.fixtures';
import { INVOKE_CHECKS } from './invoke.fixtures';
import { LAYER_CHECKS } from './layers.fixtures';
import { S3_BUCKET_CHECKS } from './s3-buckets.fixtures';
import { S3_MULTIPART_REFUSAL_CHECKS } from './s3-multipart-refusals.fixtures';
import { S3_MULTIPART_CHECKS } from './s3-multipart.fixtures';
import { S3_OBJECT_CHECKS } from './s3-objects.fixtures';
import { ALIAS_CHECKS, VERSION_CHECKS } from './versions.fixtures';

export interface Difference {
  /** The check's name. */
  check: string;
  /** What the server does instead. */
  instead: string;
  /** Where AWS documents what the check asserts. */
  source: string;
}

export interface StartedServer extends Server {
  stop(): Promise<void>;
}

export type StartServer = (needs: CheckNeeds | undefined) => Promise<StartedServer>;

const CHECKS: readonly Check[] = [
  ...S3_BUCKET_CHECKS,
  ...S3_OBJECT_CHECKS,
  ...S3_MULTIPART_CHECKS,
  ...S3_MULTIPART_REFUSAL_CHECKS,
  ...FUNCTION_CHECKS,
  ...CODE_CHECKS,
  ...VERSION_CHECKS,
  ...ALIAS_CHECKS,
  ...LAYER_CHECKS,
  ...INVOKE_CHECKS,
];
const START_MILLISECONDS = 90_000;

export function describeConformance(
  name: string,
  start: StartServer,
  differences: readonly Difference[] = [],
): void {
  describe(`${name} conforms to AWS`, () => {
    describeChecks(start, undefined, differences);
    describeChecks(start, 'slow updates', differences);
    describeChecks(start, 'quota', differences);

    test('no two checks have one name', () => {
      const names = CHECKS.map((check) => check.name);
      expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
    });

    test('every listed difference belongs to a check', () => {
      const names = CHECKS.map((check) => check.name);
      expect(
        differences.map(({ check }) => check).filter((check) => !names.includes(check)),
      ).toEqual([]);
    });
  });
}

function describeChecks(
  start: StartServer,
  needs: CheckNeeds | undefined,
  differences: readonly Difference[],
): void {
  const checks = CHECKS.filter((candidate) => candidate.needs === needs);
  describe(needs === undefined ? 'in each operation' : `with ${needs}`, () => {
    let bench: Bench;
    let server: StartedServer;
    let outcomes: ReadonlyMap<string, unknown>;
    beforeAll(async () => {
      server = await start(needs);
      bench = newBench(server);
      outcomes = await runAll(checks, bench);
    }, START_MILLISECONDS);
    afterAll(async () => {
      bench?.s3.destroy();
      bench?.lambda.destroy();
      await server?.stop();
    });

    for (const { name } of checks) {
      const difference = differences.find(({ check }) => check === name);
      if (difference === undefined) test(name, () => expectSuccess(outcomes.get(name)));
      else {
        test(`DIFFERS: ${name}: ${difference.instead}`, () => {
          expectFailedAssertion(outcomes.get(name));
        });
      }
    }
  });
}

/**
 * What each check threw, if anything. Several run at once, since most of their time goes into
 * waiting for updates; each has buckets and functions of its own.
 */
async function runAll(checks: readonly Check[], bench: Bench): Promise<Map<string, unknown>> {
  const outcomes = new Map<string, unknown>();
  const waiting = [...checks];
  const work = async (): Promise<void> => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
      const { name } = check;
      await check.run(bench).catch((error: unknown) => outcomes.set(name, error));
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
  return outcomes;
}

function expectSuccess(outcome: unknown): void {
  if (outcome !== undefined) throw outcome;
}

/** A server that has since been corrected, or now fails in another way, makes its entry stale. */
function expectFailedAssertion(outcome: unknown): void {
  expect(outcome).toHaveProperty('matcherResult.pass');
}

function newBench({ endpoint, region, credentials }: StartedServer): Bench {
  const options = { endpoint, region, credentials };
  return {
    ...options,
    s3: new S3({ ...options, forcePathStyle: true }),
    lambda: new Lambda(options),
  };
}
