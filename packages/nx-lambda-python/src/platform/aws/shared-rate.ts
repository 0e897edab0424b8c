/**
 * One rate for all processes of this machine: its state in a small file that is changed under a lock.
 *
 *     <cache>/rates/<key>.json        when the next call is due
 *     <cache>/rates/<key>.lock/       while a process looks and reserves, well under a millisecond
 *
 * Moments are reserved, so a process that is killed before it uses them costs the others nothing but those.
 */

import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LambdaPythonError } from '../../errors';
import { systemClock, type Clock } from '../../release/model/clock';
import {
  LONGEST_PAUSE_MILLISECONDS,
  memoryRateStore,
  rateLimiter,
  RESTED,
  type Rate,
  type RateLimiter,
  type RateState,
  type RateStore,
} from '../../release/calls/rate';
import { withLock } from '../files/locks';
import { writeTextWhole } from '../files/write';
import { attempt } from '../process/attempt';

export interface SharedRate extends Rate {
  directory: string;
  /** The same for all that share a quota; any text, since it is hashed. */
  key: string;
  /** Of the time of day, which all processes have in common. */
  clock: Clock;
  /** Called at most once, if the directory cannot be used: from then on this process counts for itself. */
  onUnusable: (reason: string) => void;
}

/** Raised when the state changes its meaning. */
const FORMAT = 1;
/** A state further ahead is from before the clock was set back: no process reserves that long. */
const LONGEST_AHEAD_MILLISECONDS = LONGEST_PAUSE_MILLISECONDS + 60_000;
/** Until a rate is removed; stand-ins have another address each time. */
const KEPT_MILLISECONDS = 24 * 60 * 60 * 1000;

/** The time of day. It may jump; but reservations are bounded, and waits use timers. */
export const dayClock: Clock = { ...systemClock, now: () => Date.now() };

export function sharedRate(options: SharedRate): RateLimiter {
  return rateLimiter(options, options.clock, new FileRateStore(options));
}

class FileRateStore implements RateStore {
  private readonly path: string;
  /** Set when the directory has turned out to be unusable. */
  private own: RateStore | null = null;
  private isPrepared = false;

  constructor(private readonly options: SharedRate) {
    const name = createHash('sha256').update(`${FORMAT}\n${options.key}`).digest('hex');
    this.path = join(options.directory, name.slice(0, 32));
  }

  async change<T>(work: (state: RateState) => { state: RateState; result: T }): Promise<T> {
    if (this.own !== null) return this.own.change(work);
    try {
      this.prepare();
      return await withLock(this.path, async () => {
        const { state, result } = work(this.read());
        writeTextWhole(this.file, `${JSON.stringify({ format: FORMAT, ...state })}\n`);
        return result;
      });
    } catch (error) {
      return this.fallBack(error).change(work);
    }
  }

  pausedUntil(): number {
    return this.own?.pausedUntil() ?? this.read().pausedUntil;
  }

  private get file(): string {
    return `${this.path}.json`;
  }

  private read(): RateState {
    const now = this.options.clock.now();
    const text = attempt(() => readFileSync(this.file, 'utf8'));
    if (text === undefined) return RESTED;
    // It is unknown what was sent: no burst, but the usual pace.
    return parseState(text, now) ?? { ...RESTED, due: now + 1000 };
  }

  private prepare(): void {
    if (this.isPrepared) return;
    const { directory } = this.options;
    mkdirSync(directory, { recursive: true });
    for (const name of readdirSync(directory)) {
      const file = join(directory, name);
      if (name.endsWith('.json') && isForgotten(file)) rmSync(file, { force: true });
    }
    this.isPrepared = true;
  }

  private fallBack(error: unknown): RateStore {
    if (this.own === null) {
      this.own = memoryRateStore();
      this.options.onUnusable(error instanceof LambdaPythonError ? error.message : String(error));
    }
    return this.own;
  }
}

/** Undefined for what is not a state, or cannot be of this moment. */
function parseState(text: string, now: number): RateState | undefined {
  type Read = Partial<RateState & { format: number }>;
  const { format, due, pausedUntil, share } = attempt(() => Object(JSON.parse(text)) as Read) ?? {};
  const latest = now + LONGEST_AHEAD_MILLISECONDS;
  const isMoment = (value: unknown): value is number =>
    typeof value === 'number' && value >= 0 && value <= latest;
  if (format !== FORMAT || !isMoment(due) || !isMoment(pausedUntil)) return undefined;
  if (typeof share !== 'number' || !(share > 0 && share <= 1)) return undefined;
  return { due, pausedUntil, share };
}

/** If one is removed that is still in use, the only harm is one burst. */
function isForgotten(file: string): boolean {
  const modified = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  return modified !== undefined && Date.now() - modified > KEPT_MILLISECONDS;
}
