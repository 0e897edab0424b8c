/** How a release shows what it does: lines while it runs, one document at its end. */

import { appendFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { writeTextWhole } from '../platform/files/write';
import { systemClock, type Clock } from '../release/model/clock';
import type { ReleasePhase } from '../release/apply/apply';
import { renderReport, REPORT_FILE, type DeployReport } from '../release/documents/deploy-report';
import { renderPlan } from '../release/documents/plan-document';
import type { FunctionOutcome } from '../release/model/function-state';
import { isChanged, movesAliasOnly, type Plan } from '../release/model/plan';
import { cutMarkdown, type OutputFormat } from '../report/render';
import { oneLine, seconds } from '../report/text';

export interface ReleaseOutput {
  /** A line of progress. */
  note(line: string): void;
  /** A line of progress that must not be missed. */
  alarm(line: string): void;
  /** Shows the line while work goes on, if there is a terminal; false elsewhere. */
  live(render: () => string): boolean;
  /** The plan or the report. */
  document(text: string): void;
  /** Removes the live line. */
  end(): void;
}

/** Documents for programs have standard output to themselves. */
export function releaseOutput(format: OutputFormat): ReleaseOutput {
  const isForPeople = format === 'table';
  const terminal = isForPeople ? process.stdout : process.stderr;
  let line: ReturnType<typeof liveLine> | null = null;
  const print = (text: string): void => {
    line?.clear();
    if (isForPeople) console.log(text);
    else console.error(text);
  };
  const end = (): void => {
    line?.stop();
    line = null;
  };
  return {
    note: (text) => print(oneLine(text)),
    alarm: (text) =>
      print(
        isColoured(terminal, process.env) ? `\u001b[31m${oneLine(text)}\u001b[39m` : oneLine(text),
      ),
    live: (render) => {
      if (!isLive(terminal, process.env)) return false;
      line ??= liveLine(terminal, render);
      return true;
    },
    document: (text) => {
      end();
      console.log(text.trimEnd());
    },
    end,
  };
}

/** What GitHub takes of one step: all tasks of a run share it. */
const STEP_SUMMARY_BYTES = 1024 * 1024;

/** Nx hides the output of tasks that succeed in CI; the step summary of GitHub Actions is seen. */
export function appendStepSummary(markdown: string, output: ReleaseOutput): void {
  const file = process.env['GITHUB_STEP_SUMMARY'];
  if (!file) return;
  try {
    const used = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    const rest = `The rest is in ${REPORT_FILE}: a step summary has room for 1 MiB.`;
    const text = cutMarkdown(markdown, STEP_SUMMARY_BYTES - used - 1, rest);
    if (text === null) output.note('warning: no step summary: its 1 MiB is used up');
    else appendFileSync(file, `${text}\n`);
  } catch (error) {
    // The deploy is done: a summary that cannot be written must not call it failed.
    output.note(`warning: no step summary: ${error instanceof Error ? error.message : error}`);
  }
}

export function showPlan(plan: Plan, format: OutputFormat, output: ReleaseOutput): void {
  output.document(renderPlan(plan, format));
  appendStepSummary(renderPlan(plan, 'markdown'), output);
}

/** In the form that was asked for, in the step summary, and as a file in the folder of the package. */
export function showReport(
  report: DeployReport,
  { format, reportDirectory }: { format: OutputFormat; reportDirectory: string },
  output: ReleaseOutput,
): void {
  output.document(renderReport(report, format));
  appendStepSummary(renderReport(report, 'markdown'), output);
  writeTextWhole(join(reportDirectory, REPORT_FILE), renderReport(report, 'json'));
}

/** A line that changes in a terminal; elsewhere about ten lines, however many functions there are. Each failure at once. */
export function progressReporter(plan: Plan, output: ReleaseOutput) {
  const progress = new Progress(plan.service, systemClock);
  const changed = plan.functions.filter(isChanged);
  const waiting = new Set(changed.map(({ name }) => name));
  let isShown = false;
  const phase = (name: ReleasePhase, total: number): void => {
    progress.begin(name, total);
    if (total > 0) isShown = output.live(() => progress.live());
  };
  /** A function has passed the running phase. */
  const step = (name: string, isFailure = false): void => {
    const line = progress.step(name, isFailure);
    if (line !== null && !isShown) output.note(line);
  };
  phase(changed.every(movesAliasOnly) ? 'aliases' : 'code', waiting.size);
  return {
    phase,
    step,
    /** A function has ended for good. */
    outcome: ({ name, status, error }: FunctionOutcome) => {
      // A canary that has the package already may fail, too.
      if (!waiting.delete(name) && status !== 'failed') return;
      if (status === 'failed') output.alarm(`failed: ${name}: ${error ?? 'no reason given'}`);
      step(name, status === 'failed');
    },
  };
}

/** Lines that a phase gives in a log, whatever its size; about ten in all. */
const LINES: Record<ReleasePhase, number> = { pin: 1, canary: 1, code: 6, publish: 2, aliases: 2 };

/** Before it, a rate is a guess. */
const SECONDS_UNTIL_RATE = 1;

export class Progress {
  private phase: ReleasePhase = 'code';
  private total = 0;
  private done = new Set<string>();
  private start = 0;
  private failures = 0;

  constructor(
    private readonly service: string,
    private readonly clock: Clock,
  ) {}

  begin(phase: ReleasePhase, total: number): void {
    this.phase = phase;
    this.total = total;
    this.done = new Set();
    this.start = this.clock.now();
  }

  /** The line for a log, where this step deserves one. */
  step(name: string, isFailure: boolean): string | null {
    if (this.done.has(name)) return null;
    this.done.add(name);
    if (isFailure) this.failures += 1;
    const { size } = this.done;
    const every = Math.max(1, Math.ceil(this.total / LINES[this.phase]));
    if (size % every !== 0 && size !== this.total) return null;
    return `${this.phase}: ${size} of ${this.total} done`;
  }

  /** `orders  code  123 of 297  11.8/s  15 s left  1 failed` */
  live(): string {
    const { size } = this.done;
    const elapsed = (this.clock.now() - this.start) / 1000;
    const isRateKnown = size > 0 && elapsed >= SECONDS_UNTIL_RATE;
    const perSecond = size / elapsed;
    const left = (this.total - size) / perSecond;
    return [
      this.service,
      this.phase,
      `${size} of ${this.total}`,
      ...(isRateKnown
        ? [`${perSecond.toFixed(1)}/s`, `${Math.ceil(left)} s left`]
        : [seconds(elapsed)]),
      ...(this.failures > 0 ? [`${this.failures} failed`] : []),
    ].join('  ');
  }
}

/** As much of a stream as it takes. */
export interface Terminal {
  isTTY?: boolean;
  columns?: number;
  write(text: string): unknown;
}

type Environment = Readonly<Record<string, string | undefined>>;

const REDRAW_MILLISECONDS = 200;
/** To the line's begin, and all of it away. */
const CLEAR = '\r\u001b[2K';

/** Drawn at once, then redrawn until it is stopped. */
export function liveLine(terminal: Terminal, render: () => string) {
  let isDrawn = false;
  const draw = (): void => {
    // A line that wraps could not be taken back. A terminal that nobody told its size says 0.
    const room = (terminal.columns || 80) - 1;
    terminal.write(CLEAR + render().slice(0, room));
    isDrawn = true;
  };
  /** Before anything else is written to the same terminal; the next tick draws it again. */
  const clear = (): void => {
    if (isDrawn) terminal.write(CLEAR);
    isDrawn = false;
  };
  draw();
  // It must not keep the process alive.
  const timer = setInterval(draw, REDRAW_MILLISECONDS).unref();
  return {
    clear,
    stop() {
      clearInterval(timer);
      clear();
    },
  };
}

/** Only where one task has a terminal for itself: Nx gives tasks that run together pipes. CI records a terminal as a log. */
export function isLive({ isTTY }: Terminal, environment: Environment): boolean {
  return isTTY === true && !environment['CI'] && environment['TERM'] !== 'dumb';
}

/** FORCE_COLOR says nothing here: Nx sets it for pipes, too. */
export function isColoured({ isTTY }: Terminal, environment: Environment): boolean {
  return isLive({ isTTY, write: () => undefined }, environment) && !environment['NO_COLOR'];
}
