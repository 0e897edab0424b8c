/** The event of a call: a file, JSON, standard input, or a sample by the name of what sends it. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LambdaPythonError } from '../errors';
import { codeList, didYouMean } from '../report/nearest';
import { PAYLOAD_LIMIT } from '../runtime/function-call';
import { SAMPLES } from './samples';

/**
 * @param given the option, as it was typed; `{}` if undefined
 * @param readInput standard input, to its end
 * @returns JSON
 * @throws OPTION_INVALID
 */
export function readEvent(
  workspaceRoot: string,
  given: string | undefined,
  readInput: () => string = () => readFileSync(0, 'utf8'),
): Buffer {
  if (given === undefined) return Buffer.from('{}');
  const sample = SAMPLES[given];
  if (sample) return Buffer.from(JSON.stringify(sample));
  const [source, text] = textOf(workspaceRoot, given, readInput);
  try {
    JSON.parse(text);
  } catch (cause) {
    const { message } = cause as SyntaxError;
    throw invalid(`${source} is not JSON: ${message}`, 'correct it, or pass another event', cause);
  }
  const event = Buffer.from(text);
  if (event.length <= PAYLOAD_LIMIT) return event;
  throw invalid(
    `${source} has ${event.length} bytes, and Lambda takes at most ${PAYLOAD_LIMIT}`,
    'pass a smaller one; functions get large data by its place in S3',
  );
}

function textOf(
  workspaceRoot: string,
  given: string,
  readInput: () => string,
): [source: string, text: string] {
  if (given === '-') return ['the event on standard input', readInput()];
  if (/^\s*([[{"\d-]|(true|false|null)\s*$)/.test(given)) return ['`event`', given];
  const path = join(workspaceRoot, given);
  if (existsSync(path)) return [`\`${given}\``, readFileSync(path, 'utf8')];
  const names = Object.keys(SAMPLES);
  throw invalid(
    `\`event\` is \`${given}\`, which is neither a file of the workspace nor a sample${didYouMean(given, names)}`,
    `pass a file, JSON, \`-\` for standard input, or one of ${codeList(names)}`,
  );
}

function invalid(message: string, hint: string, cause?: unknown): LambdaPythonError {
  return new LambdaPythonError('OPTION_INVALID', { message, hint, cause });
}
