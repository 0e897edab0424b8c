/**
 * A deploy or rollback that is killed at one of its writes, and the same command again: the second one takes
 * the lock of a process that is gone, ends as if nothing had happened, and leaves records to go back by.
 */

import './short-waits.fixtures';
import { runCut, type Cut } from './cut.fixtures';
import { HANDLERS } from './fault-matrix.fixtures';
import { Service, type Seen } from './service.fixtures';

export const isLong = process.env['LONG'] !== undefined;

export type CutCase = [name: string, cut: Cut];

/** Before each write and after the last one, so with every number of writes; one in the middle without LONG=1. */
export function cuts(writes: number): CutCase[] {
  const before = Array.from({ length: writes }, (_, at) => cutCase(at + 1, 'before'));
  return some([...before, cutCase(writes, 'after')], writes);
}

/** At each write: before one by SIGINT, after the next by SIGTERM. */
function interruptions(writes: number): CutCase[] {
  const all = Array.from({ length: writes }, (_, at) =>
    cutCase(at + 1, at % 2 === 0 ? 'before' : 'after'),
  );
  return some(all, writes);
}

function cutCase(nth: number, when: Cut['when']): CutCase {
  return [`${nth} ${when}`, { nth, when }];
}

function some(all: CutCase[], writes: number): CutCase[] {
  return isLong ? all : all.filter(([, { nth }]) => nth === Math.ceil(writes / 2));
}

export interface CrashScenario {
  command: 'deploy' | 'rollback';
  /** Of the deploy target, which a rollback reads, too. */
  alias?: string;
  /** That the command sends when nothing cuts it off. */
  writes: number;
  prepare: (service: Service) => Promise<void>;
  /** Names of the packages that functions run in the end, and ran before. */
  ends: string;
  began: string;
  /** By the name of a package. */
  layers?: (content: string) => string[];
}

export function describeCrash(title: string, scenario: CrashScenario): void {
  const { command, alias, writes, ends, began, layers = () => [] } = scenario;

  describe(title, () => {
    let service: Service;
    beforeEach(async () => {
      service = await Service.start();
      service.workspace.targets['deploy'] = { options: alias === undefined ? {} : { alias } };
      await scenario.prepare(service);
    });

    const options = command === 'deploy' && alias !== undefined ? { alias } : {};
    const again = async (name: 'deploy' | 'rollback') => {
      service.printed();
      return (await service[name](name === command ? options : {}))
        ? 'succeeded'
        : service.printed();
    };
    const shaOf = (name: string) =>
      [...service.contents].find(([, content]) => content === name)?.[0] ?? name;
    /** What callers get, everywhere. */
    const reached = async () => {
      const seen = await service.look(alias);
      return seen.map(({ latest, live }) => (alias === undefined ? latest : live));
    };
    const whole = (content: string) =>
      HANDLERS.map(() => ({ code: shaOf(content), layers: layers(content) }));

    function expectKnown(seen: readonly Seen[]): void {
      const known = [shaOf(ends), shaOf(began)];
      for (const { latest, live } of seen) {
        expect(known).toContain(latest?.code);
        if (alias !== undefined) expect(known).toContain(live?.code);
      }
      // An alias is moved when all functions have what it is moved to.
      const isMoved = command === 'deploy' && seen.some(({ live }) => live?.code === shaOf(ends));
      if (isMoved) for (const { latest } of seen) expect(latest?.code).toBe(shaOf(ends));
      for (const code of service.named()) expect([...service.contents.keys()]).toContain(code);
    }

    it.each(cuts(writes))('killed at write %s it takes effect', async (_, cut) => {
      const run = await runCut(command, options, service.workspace.context(command), cut);
      expect(run).toMatchObject({ wasKilled: true, code: null });
      expectKnown(await service.look(alias));
      const lock = await service.lock();
      if (lock?.state === 'held') expect(lock.holder?.pid).toBe(run.pid);

      // A rollback that has given its lock back was at its end: the same command would be another one.
      const isOver = command === 'rollback' && cut.nth === writes && cut.when === 'after';
      if (!isOver) expect(await again(command)).toBe('succeeded');
      expect(await reached()).toEqual(whole(ends));
      expectKnown(await service.look(alias));
      expect((await service.lock())?.state).toBe('free');
      const [newest, ...older] = await service.records();
      expect(newest).toMatchObject({ kind: command, status: 'succeeded' });
      const unfinished = older.filter(({ status }) => status !== 'succeeded');
      expect(unfinished.length).toBeLessThanOrEqual(1);

      // It is undone as one release, whichever process wrote what.
      expect(await again('rollback')).toBe('succeeded');
      expect(await reached()).toEqual(whole(began));
    });

    it.each(interruptions(writes))(
      'interrupted at write %s it gives its lock back, and the same command goes on',
      async (_, cut) => {
        const signal = cut.when === 'before' ? 'SIGINT' : 'SIGTERM';
        const context = service.workspace.context(command);
        const [{ number: before } = { number: 0 }] = await service.records();
        const run = await runCut(command, options, context, { ...cut, signal });
        const lock = await service.lock();
        expect(lock?.state).toBe('free');
        // A signal that comes with the answer to the last writes finds a command that is over.
        const isOver = lock?.last?.number === before + 1 && lock.last.status === 'succeeded';
        if (!isOver) {
          expect(run).toMatchObject({ wasKilled: false, code: signal === 'SIGINT' ? 130 : 143 });
          expect(run.printed).toContain('interrupted: ');
        }
        expectKnown(await service.look(alias));

        if (command === 'deploy' || !isOver) expect(await again(command)).toBe('succeeded');
        expect(await reached()).toEqual(whole(ends));
        expect(await again('rollback')).toBe('succeeded');
        expect(await reached()).toEqual(whole(began));
      },
    );

    if (!isLong) return;
    it(`sends ${writes} writes that it can be killed at`, async () => {
      const run = await runCut(command, options, service.workspace.context(command), null);
      expect(run).toMatchObject({ wasKilled: false, code: 0, writes });
      expect(await reached()).toEqual(whole(ends));
    });
  });
}
