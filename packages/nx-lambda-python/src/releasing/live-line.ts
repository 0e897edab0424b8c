/** One line at the bottom of a terminal that is drawn again and again; other lines pass above it. */

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

export class LiveLine {
  private timer: NodeJS.Timeout | null = null;
  private isDrawn = false;

  constructor(
    private readonly terminal: Terminal,
    private readonly render: () => string,
  ) {}

  start(): void {
    if (this.timer !== null) return;
    this.draw();
    // It must not keep the process alive.
    this.timer = setInterval(() => this.draw(), REDRAW_MILLISECONDS).unref();
  }

  /** Before anything else is written to the same terminal; the next tick draws it again. */
  clear(): void {
    if (this.isDrawn) this.terminal.write(CLEAR);
    this.isDrawn = false;
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    this.clear();
  }

  private draw(): void {
    // A line that wraps could not be taken back. A terminal that nobody told its size says 0.
    const room = (this.terminal.columns || 80) - 1;
    this.terminal.write(CLEAR + this.render().slice(0, room));
    this.isDrawn = true;
  }
}

/** Only where one task has a terminal for itself: Nx gives tasks that run together pipes. CI records a terminal as a log. */
export function isLive({ isTTY }: Terminal, environment: Environment): boolean {
  return isTTY === true && !environment['CI'] && environment['TERM'] !== 'dumb';
}

/** FORCE_COLOR says nothing here: Nx sets it for pipes, too. */
export function isColoured({ isTTY }: Terminal, environment: Environment): boolean {
  return isLive({ isTTY, write: () => undefined }, environment) && !environment['NO_COLOR'];
}
