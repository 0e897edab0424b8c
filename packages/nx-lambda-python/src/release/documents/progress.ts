/** How far a deploy has come: a few lines for logs, one changing line for terminals. */

import { seconds } from '../../report/text';
import type { ReleasePhase } from '../apply/apply';
import type { Clock } from '../model/clock';

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
