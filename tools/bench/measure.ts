/** Times of repeated runs, and tables of figures. */

export interface Times {
  /** Seconds. */
  minimum: number;
  median: number;
  runs: number;
}

/** @param runs seconds, alone or beside what else was measured */
export function timesOf(runs: readonly (number | { seconds: number })[]): Times {
  const sorted = runs
    .map((run) => (typeof run === 'number' ? run : run.seconds))
    .sort((a, b) => a - b);
  return {
    minimum: sorted[0] ?? NaN,
    median: sorted[Math.floor(sorted.length / 2)] ?? NaN,
    runs: sorted.length,
  };
}

/** Seconds that `work` took. */
export function timed(work: () => void): number {
  const started = performance.now();
  work();
  return (performance.now() - started) / 1000;
}

export function repeat<T>(runs: number, work: (run: number) => T): T[] {
  return Array.from({ length: runs }, (_, run) => work(run));
}

export interface Row {
  title: string;
  times: Times;
  /** What a ratio is taken to. */
  against: Times;
}

/** Ratios are of medians. */
export function renderRows(rows: readonly Row[]): string {
  return markdownTable(
    ['what', 'median s', 'minimum s', 'runs', 'ratio'],
    rows.map(({ title, times: { median, minimum, runs }, against }) => [
      ...[title, median.toFixed(3), minimum.toFixed(3), String(runs)],
      `${(median / against.median).toFixed(1)}x`,
    ]),
  );
}

export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const lines = [head, head.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
