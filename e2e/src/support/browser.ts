/** A real browser, Chromium, spoken to by its DevTools protocol through pipes: no port, no package. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';

const isPresent = spawnSync('chromium', ['--version']).status === 0;

if (!isPresent && process.env['REQUIRE_STAND_INS']) {
  throw new Error('chromium is missing: run tools/engine/up.sh');
}

/** `describe` if Chromium is installed, a visible skip elsewhere. */
export const describeWithBrowser = isPresent ? describe : describe.skip;

interface Message {
  id?: number;
  method?: string;
  params?: unknown;
  result?: unknown;
  error?: { message: string };
}

interface AccessibleNode {
  ignored: boolean;
  role?: { value: string };
  name?: { value: string };
}

/** One page. */
export class Browser {
  /** Every event of the protocol, such as `Network.requestWillBeSent`. */
  readonly events: Message[] = [];
  private readonly pending = new Map<number, (message: Message) => void>();
  private sessionId: string | undefined;
  private last = 0;

  private constructor(
    private readonly process: ReturnType<typeof spawn>,
    private readonly commands: Writable,
    answers: Readable,
  ) {
    let text = '';
    answers.setEncoding('utf8').on('data', (chunk: string) => {
      const messages = (text + chunk).split('\0');
      text = messages.pop() ?? '';
      for (const message of messages) this.take(JSON.parse(message) as Message);
    });
  }

  /** @param directory of its profile */
  static async start(directory: string): Promise<Browser> {
    mkdirSync(directory, { recursive: true });
    const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'];
    const place = [`--user-data-dir=${directory}`, '--remote-debugging-pipe', 'about:blank'];
    const stdio: ('ignore' | 'pipe')[] = ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'];
    const child = spawn('chromium', [...flags, ...place], { stdio });
    const [, , , commands, answers] = child.stdio as [null, null, null, Writable, Readable];
    const browser = new Browser(child, commands, answers);
    const { targetId } = await browser.send<{ targetId: string }>('Target.createTarget', {
      url: 'about:blank',
    });
    const attach = { targetId, flatten: true };
    const session = await browser.send<{ sessionId: string }>('Target.attachToTarget', attach);
    browser.sessionId = session.sessionId;
    for (const domain of ['Page', 'Network', 'Log', 'Runtime', 'Accessibility']) {
      await browser.send(`${domain}.enable`);
    }
    return browser;
  }

  send<T = unknown>(method: string, params: object = {}): Promise<T> {
    const id = (this.last += 1);
    const { sessionId } = this;
    this.commands.write(
      `${JSON.stringify({ id, method, params, ...(sessionId && { sessionId }) })}\0`,
    );
    return new Promise((resolve, reject) => {
      this.pending.set(id, ({ result, error }) =>
        error ? reject(new Error(`${method}: ${error.message}`)) : resolve(result as T),
      );
    });
  }

  async open(url: string): Promise<void> {
    const loaded = new Promise<void>((resolve) => this.waiting.set('Page.loadEventFired', resolve));
    await this.send('Page.navigate', { url });
    await loaded;
  }

  /** The value of an expression in the page. */
  async evaluate<T>(expression: string): Promise<T> {
    const answer = await this.send<{ result: { value: T }; exceptionDetails?: unknown }>(
      'Runtime.evaluate',
      { expression, returnByValue: true },
    );
    if (answer.exceptionDetails) throw new Error(JSON.stringify(answer.exceptionDetails));
    return answer.result.value;
  }

  async press(key: 'Tab' | 'Enter'): Promise<void> {
    const codes = { Tab: 9, Enter: 13 };
    const pressed = { key, code: key, windowsVirtualKeyCode: codes[key] };
    const text = key === 'Enter' ? { text: '\r' } : {};
    await this.send('Input.dispatchKeyEvent', { type: 'keyDown', ...pressed, ...text });
    await this.send('Input.dispatchKeyEvent', { type: 'keyUp', ...pressed });
  }

  /** What assistive technology is told, in its order: `heading Map`. */
  async accessible(): Promise<string[]> {
    const { nodes } = await this.send<{ nodes: AccessibleNode[] }>('Accessibility.getFullAXTree');
    return nodes
      .filter(({ ignored }) => !ignored)
      .map(({ role, name }) => `${role?.value ?? ''} ${name?.value ?? ''}`);
  }

  /** Settles when its last process has ended. */
  async stop(): Promise<void> {
    const ended = once(this.process, 'close');
    await this.send('Browser.close');
    await ended;
  }

  private readonly waiting = new Map<string, () => void>();

  private take(message: Message): void {
    if (message.id !== undefined) this.pending.get(message.id)?.(message);
    if (message.method === undefined) return;
    this.events.push(message);
    this.waiting.get(message.method)?.();
  }
}
