/** Times of repeated runs. */

export interface Times {
  /** Seconds. */
  minimum: number;
  median: number;
  runs: number;
}

export function timesOf(seconds: readonly number[]): Times {
  const sorted = [...seconds].sort((a, b) => a - b);
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

export interface Row {
  title: string;
  times: Times;
  /** What a ratio is taken to. */
  against?: Times;
}

/** A Markdown table; ratios are of medians. */
export function renderRows(rows: readonly Row[]): string {
  const body = rows.map(({ title, times, against }) => {
    const ratio = against ? `${(times.median / against.median).toFixed(1)}x` : '1x';
    return `| ${title} | ${times.median.toFixed(3)} | ${times.minimum.toFixed(3)} | ${times.runs} | ${ratio} |`;
  });
  return [
    '| what | median s | minimum s | runs | ratio |',
    '| --- | --- | --- | --- | --- |',
    ...body,
  ].join('\n');
}

export interface ScaleRow {
  handlers: number;
  /** Bytes. */
  size: number;
  unpackedSize: number;
  edit: Times;
  full: Times;
  /** Megabytes at the peak. */
  memory: number;
}

export function renderScale(rows: readonly ScaleRow[]): string {
  const body = rows.map(
    ({ handlers, size, unpackedSize, edit, full, memory }) =>
      `| ${handlers} | ${(unpackedSize / 1e6).toFixed(1)} | ${(size / 1e6).toFixed(1)} | ${edit.median.toFixed(3)} | ${full.median.toFixed(3)} | ${memory.toFixed(0)} |`,
  );
  return [
    '| handlers | MB unpacked | MB zip | edit s | all from stored wheels s | peak memory MB |',
    '| --- | --- | --- | --- | --- | --- |',
    ...body,
  ].join('\n');
}
