/**
 * A deploy that meets a fault, and the same command again.
 *
 * Whatever happened, a function runs what it ran before or what the plan named, with the layers that belong
 * to it; callers of the alias never meet half of a release that failed before its aliases; the report says
 * what runs now, and where there is none nothing was changed; and the second run ends all well.
 */

import { describeMatrix } from './meets.fixtures';
import type { DeployExecutorSchema } from '../schemas/deploy';
import type { Fault } from '../testing';
import { HANDLERS, type Calls, type Case } from './fault-matrix.fixtures';
import { Service, type Seen } from './service.fixtures';

/** Every call that a deploy makes, by the scenario in which it is met. */
export const CALLS = {
  alias: {
    function: ['GetFunction', 'UpdateFunctionCode', 'PublishVersion', 'UpdateAlias'],
    thrice: ['PutObject'],
    once: ['GetCallerIdentity', 'GetObject', 'HeadObject', 'GetAccountSettings'],
  },
  /** The first deploy of a service. */
  first: { function: ['CreateAlias'], once: ['ListObjectsV2'] },
  /** Aliases that point to $LATEST. */
  latest: { function: ['PublishVersion', 'UpdateAlias'] },
  layers: {
    function: ['UpdateFunctionConfiguration'],
    once: ['PublishLayerVersion', 'ListLayerVersions', 'GetLayerVersion'],
  },
  withoutLayer: { function: ['UpdateFunctionConfiguration', 'UpdateFunctionCode'] },
  create: { function: ['CreateFunction'], once: ['Invoke'] },
  /** Not all functions are written to. */
  reached: { twice: ['UpdateFunctionCode', 'PublishVersion', 'UpdateAlias', 'GetObject'] },
} satisfies Record<string, Calls>;

export interface Scenario {
  calls: Calls;
  options: DeployExecutorSchema;
  more?: readonly Case[];
  /** Before the deploy that meets the fault. */
  prepare: (service: Service) => Promise<unknown>;
  functionsExist?: boolean;
  /** Handlers that stay with the package that they run, unless it is not known what they do in it. */
  keep?: readonly string[];
  /** By the name of a package. */
  layers?: (content: string) => string[];
}

export function describeDeploy(title: string, scenario: Scenario): void {
  const { layers = () => [], keep = [], options, calls, more, prepare } = scenario;
  let before: Seen[];
  let fresh: string;

  function expectWhole(now: readonly Seen[], { operation }: Fault): void {
    const running = { code: fresh, layers: layers('new') };
    for (const [at, seen] of now.entries()) {
      const updated = { name: seen.name, latest: running, live: running };
      const isKept = keep.includes(HANDLERS[at] ?? '');
      const right = isKept && operation !== 'GetObject' ? [before[at]] : [updated];
      expect([...right, ...(isKept ? [before[at]] : [])]).toContainEqual(seen);
    }
  }

  function expectKnown(service: Service, now: readonly Seen[]): void {
    now.forEach(({ latest, live }, at) => {
      expect([fresh, before[at]?.latest?.code]).toContain(latest?.code);
      expect([fresh, before[at]?.live?.code]).toContain(live?.code);
      const content = service.contents.get(live?.code ?? '');
      if (content !== undefined) expect(live?.layers).toEqual(layers(content));
    });
    for (const code of service.named()) expect([...service.contents.keys()]).toContain(code);
  }

  describeMatrix(title, {
    calls,
    also: Object.values<Calls>(CALLS).flatMap((one) => Object.values(one).flat()),
    ...(more && { more }),
    async prepare() {
      const service = await Service.start(scenario.functionsExist);
      await prepare(service);
      before = await service.look('live');
      fresh = await service.bring('new');
      return service;
    },
    command: (service) => service.deploy(options),
    async check(service, success, fault) {
      const now = await service.look('live');
      expectKnown(service, now);
      if (success) expectWhole(now, fault);
      // Only a fault at an alias may leave some of them behind.
      if (!/Alias$/.test(fault.operation)) {
        const moving = now.filter((_, at) => !keep.includes(HANDLERS[at] ?? ''));
        expect(new Set(moving.map(({ live }) => live?.code)).size).toBe(1);
      }
      expectTold(service, success, now, before);
      // Where S3 takes the last word, nobody else has to wait.
      if (!fault.lasting && fault.operation !== 'PutObject') {
        expect((await service.lock())?.state).not.toBe('held');
      }
      // What AWS did not carry out and takes a moment later is no failure.
      // A 400 to HEAD has no body that would name it.
      const isNamed = !fault.operation.startsWith('Head');
      const isPassing = fault.kind === 'clock-skew' || (fault.kind === 'passing-400' && isNamed);
      if (isPassing || fault.reason?.startsWith('CodeSHA256')) expect(success).toBe(true);

      expect(await service.deployAgain(options)).toBe(true);
      const then = await service.look('live');
      expectWhole(then, fault);
      expectKnown(service, then);
      expect((await service.records()).length).toBeGreaterThan(0);
    },
  });
}

/** The report says what runs now, wherever it says something; without one, nothing was changed. */
function expectTold(
  service: Service,
  success: boolean,
  now: readonly Seen[],
  before: readonly Seen[],
): void {
  const report = service.report();
  if (report === null) {
    expect(success).toBe(false);
    expect(service.printed()).toContain('error[');
    expect(now).toEqual(before);
    return;
  }
  for (const [at, row] of report.functions.entries()) {
    const { name, after, status } = row;
    const seen = now[at];
    expect(seen?.name).toBe(name);
    if (after === null) expect(seen).toEqual({ name });
    if (after) {
      const said = { name, latest: after.codeSha256, live: after.alias?.codeSha256 };
      expect(said).toEqual({ name, latest: seen?.latest?.code, live: seen?.live?.code });
      expect(after.layers).toEqual(seen?.latest?.layers);
    }
    if (status === 'updated') expect(seen?.live?.code).toBe(report.package?.sha256);
    if (status === 'failed' || status === 'skipped') expect(row.error).toBeTruthy();
  }
  expect(success).toBe(report.counts.failed === 0);
}
