/** Whatever is thrown in a command is told in words; its stack is shown to those who ask for it. */

import { join } from 'node:path';
import executors from '../executors.json';
import generators from '../generators.json';

type Command = (first: object, second: object) => Promise<unknown>;

/** Fails at the first look, with a stack that names this file. */
const hostile = (): object =>
  new Proxy(
    {},
    {
      get(_, name) {
        throw new TypeError(`no ${String(name)} today`);
      },
    },
  );

function commandsOf(of: Record<string, { implementation?: string; factory?: string }>) {
  return Object.entries(of).map(([name, { implementation, factory = implementation }]) => {
    return [name, join(__dirname, '..', factory ?? '')] as const;
  });
}

function load(path: string): Command {
  return jest.requireActual<{ default: Command }>(path).default;
}

let printed: string[];
beforeEach(() => {
  printed = [];
  const print = (text?: unknown) => void printed.push(String(text));
  jest.spyOn(console, 'log').mockImplementation(print);
  jest.spyOn(console, 'error').mockImplementation(print);
});
afterEach(() => {
  jest.restoreAllMocks();
  delete process.env['NX_VERBOSE_LOGGING'];
});

const IN_WORDS = /^error\[UNEXPECTED\]: TypeError: no \w+ today\nhint: .*--verbose.*$/;
const STACK = /\n +at .*unexpected\.spec/;

describe.each(commandsOf(executors.executors))('the executor %s', (_, path) => {
  it('fails in words', async () => {
    const run = load(path);
    expect(await run(hostile(), hostile())).toEqual({ success: false });
    expect(printed).toEqual([expect.stringMatching(IN_WORDS)]);
  });

  it('shows where from when asked', async () => {
    process.env['NX_VERBOSE_LOGGING'] = 'true';
    const run = load(path);
    expect(await run(hostile(), hostile())).toEqual({ success: false });
    expect(printed).toEqual([expect.stringMatching(STACK)]);
  });
});

describe.each(commandsOf(generators.generators))('the generator %s', (_, path) => {
  it('fails in words', async () => {
    const run = load(path);
    const error = await run(hostile(), hostile()).catch((thrown: unknown) => thrown);
    // What Nx prints of it.
    const { message, stack } = error as Error;
    expect(`${message}${stack ?? ''}`).toMatch(IN_WORDS);
  });
});
