/** Asks the indexes that pip is configured for, by pip itself and where it ran, once it has failed. */

import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { attempt } from '../process/attempt';
import type { AskIndex } from './failure';
import type { Listing } from './failure/explain';

const SCRIPT = 'ask_index.py';
const QUESTION = 'question.json';
const ANSWER = 'answer.json';

export interface FailedRun {
  directory: string;
  /** The same as pip sees it. */
  root: string;
  /** Arguments of Python, of which those after `-m pip` name the indexes. */
  commands: readonly (readonly string[])[];
  /** Runs Python in the same place and environment, and prints nothing. */
  run: (command: readonly string[]) => Promise<unknown>;
}

/** What keeps it from finding out is not reported: the failure that it explains is. */
export function askIndexBy({ directory, root, commands, run }: FailedRun): AskIndex {
  return async (names) => {
    const pip = commands.find(([option, module]) => option === '-m' && module === 'pip')?.slice(2);
    if (!pip) return new Map();
    copyFileSync(join(__dirname, SCRIPT), join(directory, SCRIPT));
    writeFileSync(join(directory, QUESTION), JSON.stringify({ pip, names }), { mode: 0o600 });
    const at = (name: string) => posix.join(root, name);
    await run([at(SCRIPT), at(QUESTION), at(ANSWER)]).catch(() => undefined);
    const text = attempt(() => readFileSync(join(directory, ANSWER), 'utf8')) ?? '{}';
    return new Map(Object.entries(JSON.parse(text) as Record<string, Listing>));
  };
}
