/** Files of which the first bytes are there before it is known what follows them. */

import { chmodSync, closeSync, constants, ftruncateSync, openSync, renameSync } from 'node:fs';
import { copyFile, writeFile } from 'node:fs/promises';
import { AsideOutput } from './aside-output';
import { draftBeside, removeDraft } from './drafts';
import { BufferedOutput, diskError, type Output } from './files';

/** A file to be, of which the first bytes are being copied from another one by the system, aside. */
export interface Draft {
  /** Of the temporary sibling. */
  path: string;
  /** Of the copied bytes. */
  length: number;
  copying: Promise<void>;
}

/** @param start a length of 0 needs no file */
export function startDraft(
  path: string,
  { file, length }: { file: string | undefined; length: number },
): Draft {
  const temporary = nameDraft(path);
  // Where the file system can share blocks, nothing is copied at all.
  const copying = file
    ? copyFile(file, temporary, constants.COPYFILE_FICLONE)
    : writeFile(temporary, '');
  // Heard by whoever goes on with it; until then a failure must not count as unhandled.
  copying.catch(() => undefined);
  return { path: temporary, length, copying };
}

function nameDraft(path: string): string {
  try {
    return draftBeside(path);
  } catch (error) {
    throw diskError(error, path);
  }
}

/** For one that nobody goes on with. */
export async function dropDraft({ path, copying }: Draft): Promise<void> {
  await copying.catch(() => undefined);
  removeDraft(path);
}

/**
 * Like `writeWhole`, for a file that was begun: `produce` may work while its first bytes are copied, and the
 * output that it asks for stands right behind them.
 *
 * @param replace called when all bytes are there, before the file takes its place
 */
export async function writeWholeAfter<T>(
  path: string,
  draft: Draft,
  produce: (open: () => Promise<Output>) => Promise<T>,
  replace: () => void,
): Promise<T> {
  let descriptor: number | undefined;
  try {
    let output: BufferedOutput | undefined;
    const result = await produce(async () => {
      await draft.copying;
      chmodSync(draft.path, 0o644);
      descriptor = openSync(draft.path, 'r+');
      output = new BufferedOutput(descriptor, draft.length);
      return output;
    });
    if (output && descriptor !== undefined) {
      ftruncateSync(descriptor, output.flush());
      closeSync(descriptor);
      descriptor = undefined;
    }
    replace();
    renameSync(draft.path, path);
    return result;
  } catch (error) {
    if (descriptor !== undefined) closeSync(descriptor);
    await dropDraft(draft);
    throw diskError(error, path);
  }
}

/**
 * Like `writeWhole`, with the bytes written aside, and into the beginning of another file as well.
 *
 * @param also the path of that one
 */
export async function writeWholeAside<T>(
  path: string,
  produce: (output: AsideOutput) => Promise<T>,
  also?: string,
): Promise<{ result: T; draft?: Draft }> {
  const drafts = [path, ...(also === undefined ? [] : [also])].map(nameDraft);
  const descriptors: number[] = [];
  try {
    let result: T;
    try {
      for (const draft of drafts) descriptors.push(openSync(draft, 'wx', 0o644));
      const output = new AsideOutput(descriptors);
      result = await output.whole(produce);
    } finally {
      for (const descriptor of descriptors) closeSync(descriptor);
    }
    const [own = '', other] = drafts;
    renameSync(own, path);
    return {
      result,
      ...(other && { draft: { path: other, length: 0, copying: Promise.resolve() } }),
    };
  } catch (error) {
    drafts.forEach(removeDraft);
    throw diskError(error, path);
  }
}
