/**
 * A deploy that meets a fault, and the same command again.
 *
 * Whatever happened, a function runs what it ran before or what the plan named, with the layers that belong
 * to it; callers of the alias never meet half of a release that failed before its aliases; the report says
 * what runs now, and where there is none nothing was changed; and the second run ends all well.
 */

import './short-waits.fixtures';
import { meeting } from './socket.fixtures';
import type { Fault } from '../testing';
import {
  CALLS,
  casesOf,
  chosen,
  HANDLERS,
  type Case,
  type ScenarioName,
} from './fault-matrix.fixtures';
import type { DeployExecutorSchema } from '../schemas/deploy';
import { Service, type Seen } from './service.fixtures';

export interface Scenario {
  name: ScenarioName;
  options: DeployExecutorSchema;
  /** Besides `casesOf`. */
  more?: readonly Case[];
  /** Names of the cases that always run. */
  quick: readonly string[];
  /** Before the deploy that meets the fault; gives the codes that functions ran by then. */
  prepare: (service: Service) => Promise<unknown>;
  functionsExist?: boolean;
  /** By the name of a package. */
  layers?: (content: string) => string[];
}

export function describeMatrix(title: string, scenario: Scenario): void {
  const all = [...casesOf(scenario.name), ...(scenario.more ?? [])];
  const { layers = () => [], options, name, prepare } = scenario;

  describe(title, () => {
    let service: Service;
    beforeEach(async () => {
      service = await Service.start(scenario.functionsExist);
      await prepare(service);
    });
    afterEach(() => service.stop());

    const whole = (sha256: string, content: string) =>
      HANDLERS.map((handler) => {
        const running = { code: sha256, layers: layers(content) };
        return { name: `svc-${handler}`, latest: running, live: running };
      });

    function expectKnown(now: readonly Seen[], before: readonly Seen[], fresh: string): void {
      now.forEach(({ latest, live }, at) => {
        expect([fresh, before[at]?.latest?.code]).toContain(latest?.code);
        expect([fresh, before[at]?.live?.code]).toContain(live?.code);
        const content = service.contents.get(live?.code ?? '');
        if (content !== undefined) expect(live?.layers).toEqual(layers(content));
      });
      for (const code of service.named()) expect([...service.contents.keys()]).toContain(code);
    }

    it.each(chosen(all, scenario.quick))('%s', async (_, fault) => {
      const before = await service.look('live');
      const fresh = await service.bring('new');
      const start = service.account.requests.length;
      const success = await meeting(service.account, fault, () => service.deploy(options));
      expect(meetings(service, start, fault)).toBeGreaterThanOrEqual(fault.nth ?? 1);

      const now = await service.look('live');
      expectKnown(now, before, fresh);
      if (success) expect(now).toEqual(whole(fresh, 'new'));
      // Only a fault at an alias may leave some of them behind.
      if (!/Alias$/.test(fault.operation)) {
        expect(new Set(now.map(({ live }) => live?.code)).size).toBe(1);
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
      expect(await service.look('live')).toEqual(whole(fresh, 'new'));
      expectKnown(await service.look('live'), before, fresh);
      expect((await service.records()).length).toBeGreaterThan(0);
    });

    it('makes no call that is not in the matrix, and all that are said to be met here', async () => {
      const fresh = await service.bring('new');
      const start = service.account.requests.length;
      expect(await service.deploy(options)).toBe(true);
      const made = new Set(service.account.requests.slice(start).map((one) => one.operation));
      expect(await service.look('live')).toEqual(whole(fresh, 'new'));
      const known = Object.values(CALLS).flatMap((calls) => Object.values(calls).flat());
      for (const operation of made) expect(known).toContain(operation);
      for (const operation of Object.values(CALLS[name]).flat()) expect(made).toContain(operation);
    });
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

function meetings({ account }: Service, start: number, { operation, target }: Fault): number {
  const met = account.requests
    .slice(start)
    .filter((one) => one.operation === operation && (target ?? one.target) === one.target);
  return met.length;
}
