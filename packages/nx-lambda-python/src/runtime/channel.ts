/** Messages to and from a supervisor: a line of JSON, and as many bytes as its `size` says. Its log is a stream beside. */

import type { Readable, Writable } from 'node:stream';

export type ToSupervisor =
  | ({ kind: 'start' } & FunctionStart)
  | { kind: 'answer'; id: number; status: number; headers: Record<string, string> }
  /** `grace`: seconds between the request to end and the end. */
  | { kind: 'stop'; grace: number };

/** What a function's process is started with. */
export interface FunctionStart {
  /** Counts the processes; what one asks for has its number. */
  run: number;
  /** Directory of the code, which is the working directory. */
  task: string;
  /** Emptied before each start. */
  temporary: string;
  environment: Record<string, string>;
  /** Of Python. */
  flags: readonly string[];
  /** What stands in the log, between two zero bytes, where all was written that came before a message. */
  mark: string;
}

export type FromSupervisor =
  | { kind: 'ready'; python: [major: number, minor: number] }
  | {
      kind: 'request';
      id: number;
      run: number;
      method: string;
      path: string;
      headers: Record<string, string>;
      /** Kilobytes that the function's process needed at most; null if the system does not tell. */
      memory: number | null;
    }
  /** Of the function's process; negative for a signal. */
  | { kind: 'exit'; code: number }
  /** The function's process could not be started. */
  | { kind: 'failed'; reason: string };

type Sized<Message> = Message & { size: number };

export function writeMessage(input: Writable, message: ToSupervisor, body?: Uint8Array): void {
  const sized: Sized<ToSupervisor> = { ...message, size: body?.length ?? 0 };
  input.write(`${JSON.stringify(sized)}\n`);
  if (body) input.write(body);
}

/** Calls `take` for every whole message. */
export function readMessages(
  output: Readable,
  take: (message: FromSupervisor, body: Buffer) => void,
): void {
  let chunks: Buffer[] = [];
  let length = 0;
  let message: Sized<FromSupervisor> | undefined;
  output.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    length += chunk.length;
    // A large body comes in many chunks, which are joined once.
    if (message && length < message.size) return;
    let rest = Buffer.concat(chunks);
    for (;;) {
      if (!message) {
        const end = rest.indexOf(0x0a);
        if (end === -1) break;
        message = JSON.parse(rest.toString('utf8', 0, end)) as Sized<FromSupervisor>;
        rest = rest.subarray(end + 1);
      }
      if (rest.length < message.size) break;
      const body = rest.subarray(0, message.size);
      rest = rest.subarray(message.size);
      const whole = message;
      message = undefined;
      take(whole, body);
    }
    chunks = [rest];
    length = rest.length;
  });
}

/** Calls `take` for every line of a log, and `passed` at every mark. */
export function readLog(
  errors: Readable,
  mark: string,
  take: (line: string) => void,
  passed: () => void,
): void {
  let rest = '';
  // Runs of awslambdaric's own line ends are one event of several lines.
  const takeLines = (text: string) => text.split(/\r\n|\n|\r/).forEach(take);
  errors.setEncoding('utf8');
  errors.on('data', (chunk: string) => {
    const [last = '', ...before] = (rest + chunk).split(`\0${mark}\0`).reverse();
    for (const text of before.reverse()) {
      if (text !== '') takeLines(text.replace(/\n$/, ''));
      passed();
    }
    const end = last.lastIndexOf('\n');
    if (end !== -1) takeLines(last.slice(0, end));
    rest = last.slice(end + 1);
  });
  errors.on('end', () => {
    if (rest !== '') takeLines(rest);
  });
}
