/** What the imports of the handlers take: measured, so that it is another each time, and apart from the findings. */

import type { Section } from '../../report/document';
import type { Handler } from '../../service/discover';
import type { PackagedFile } from '../contents';
import type { ImportOutcome } from './import-run';

/** `verify-times.json`, beside the report. */
export interface ImportTimes {
  format: 1;
  /** `python3.11 on this machine`, `docker, public.ecr.aws/…` */
  place: string;
  /** The slowest first, as in both lists. */
  handlers: { name: string; initMs: number; memoryMb: number; modules: number }[];
  /** The most that any handler spends on modules of the distribution, without what they import of others. */
  distributions: { name: string; initMs: number; memoryMb: number }[];
}

export function importTimes(
  handlers: readonly Pick<Handler, 'name'>[],
  outcomes: readonly ImportOutcome[],
  files: readonly Pick<PackagedFile, 'path' | 'distribution'>[],
  place: string,
): ImportTimes {
  const owners = new Map(files.map(({ path, distribution }) => [path, distribution?.name]));
  const most = new Map<string, { initMs: number; memoryMb: number }>();
  const measured = handlers.flatMap(({ name }, index) => {
    const { ms, kilobytes = 0, modules } = outcomes[index] ?? { modules: [] };
    if (ms === undefined) return [];
    const own = new Map<string, { initMs: number; memoryMb: number }>();
    for (const [file, time, memory] of modules) {
      const owner = owners.get(file) ?? 'own files';
      const sum = own.get(owner) ?? { initMs: 0, memoryMb: 0 };
      own.set(owner, { initMs: sum.initMs + time, memoryMb: sum.memoryMb + memory / 1000 });
    }
    for (const [owner, sum] of own) {
      if (sum.initMs > (most.get(owner)?.initMs ?? -1)) most.set(owner, sum);
    }
    const count = new Set(modules.map(([file]) => file)).size;
    return [{ name, initMs: ms, memoryMb: kilobytes / 1000, modules: count }];
  });
  const slowest = <T extends { name: string; initMs: number; memoryMb: number }>(list: T[]): T[] =>
    list
      .map((one) => ({ ...one, initMs: round(one.initMs), memoryMb: round(one.memoryMb) }))
      .sort((a, b) => b.initMs - a.initMs || (a.name < b.name ? -1 : 1));
  const distributions = [...most].map(([name, sum]) => ({ name, ...sum }));
  return { format: 1, place, handlers: slowest(measured), distributions: slowest(distributions) };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

const MAX_ROWS = 20;

export function timeSections({ handlers, distributions, place }: ImportTimes): Section[] {
  const shown = ({ initMs, memoryMb }: { initMs: number; memoryMb: number }): string[] => [
    `${initMs.toFixed(1)} ms`,
    `${memoryMb.toFixed(1)} MB`,
  ];
  if (handlers.length === 0) return [];
  return [
    {
      title: `imports by distribution, without what it imports of others`,
      head: ['distribution', 'time', 'memory'],
      rows: distributions.slice(0, MAX_ROWS).map((one) => [one.name, ...shown(one)]),
    },
    {
      title: `imports by handler (${handlers.length}), with ${place}`,
      head: ['handler', 'time', 'memory', 'modules of the package'],
      rows: handlers
        .slice(0, MAX_ROWS)
        .map((one) => [one.name, ...shown(one), String(one.modules)]),
    },
  ];
}
