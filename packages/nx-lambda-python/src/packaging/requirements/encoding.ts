/** The text of requirements files, of which pip reads other encodings than UTF-8 as well. */

import { LambdaPythonError } from '../../errors';
import { decoderOf } from '../../python/encoding';
import { logicalLines } from './parse';

/** Byte order marks in hex. That of UTF-16 begins that of UTF-32, so the longer ones come first, as in pip 24.3. */
const MARKS: readonly [mark: string, encoding: string][] = [
  ['fffe0000', 'utf-32-le'],
  ['0000feff', 'utf-32-be'],
  ['efbbbf', 'utf-8'],
  ['fffe', 'utf-16-le'],
  ['feff', 'utf-16-be'],
];

/** Of pip, for one of the first two lines. */
const DECLARATION = /^#.*?coding[:=]\s*([-\w.]+)/;

/** Files in formats of their own: UTF-8 is the only encoding of TOML and JSON, and their comments declare none. */
const OTHER_FORMAT =
  /(^|\/)([^/]*\.(toml|json)|setup\.py|(uv|poetry)\.lock|Pipfile(\.lock)?|\.[^/]*ignore|exclude)$/;

/** Whether the file, if it is read at all, is read as pip reads requirements. */
export function isRequirementsFile(path: string): boolean {
  return !OTHER_FORMAT.test(path);
}

/** @throws REQUIREMENTS_INVALID for a requirements file that pip could not decode everywhere */
export function decodeFile(bytes: Buffer, path: string): string {
  return isRequirementsFile(path) ? decodeRequirements(bytes, path) : bytes.toString('utf8');
}

/**
 * By the byte order mark, else by `# -*- coding: … -*-` in the first two lines, else as UTF-8. pip would try the
 * locale last, by which the package would depend on the machine: here only comments may have other bytes.
 *
 * @see https://pip.pypa.io/en/stable/reference/requirements-file-format/#encoding
 * @throws REQUIREMENTS_INVALID
 */
export function decodeRequirements(bytes: Buffer, path: string): string {
  const start = bytes.toString('hex', 0, 4);
  const [mark, marked] = MARKS.find(([hex]) => start.startsWith(hex)) ?? ['', undefined];
  const declared = marked ?? declaredEncoding(bytes);
  const encoding = declared ?? 'utf-8';
  const decode = /^utf-32/.test(encoding) ? utf32(encoding) : decoderOf(encoding);
  if (!decode) throw unreadable(path, `declares the encoding \`${encoding}\`, which is not known`);
  try {
    return decode(bytes.subarray(mark.length / 2));
  } catch {
    if (declared) throw unreadable(path, `is not the \`${encoding}\` text that it claims to be`);
  }
  const text = bytes.toString('utf8');
  const line = logicalLines(text).findIndex((one) => one.includes('\uFFFD'));
  if (line < 0) return text;
  throw unreadable(
    `${path}:${line + 1}`,
    "has bytes that are not UTF-8, which pip reads by the machine's locale",
    ', or name its encoding in its first line: `# -*- coding: latin-1 -*-`',
  );
}

function declaredEncoding(bytes: Buffer): string | undefined {
  const lines = bytes.toString('latin1', 0, 1024).split('\n', 2);
  return lines.map((line) => DECLARATION.exec(line)?.[1]).find((one) => one !== undefined);
}

function utf32(encoding: string): (bytes: Buffer) => string {
  const isBig = encoding.endsWith('be');
  return (bytes) => {
    let text = '';
    // Both throw a RangeError for what is none.
    for (let at = 0; at < bytes.length; at += 4) {
      text += String.fromCodePoint(isBig ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at));
    }
    return text;
  };
}

function unreadable(path: string, what: string, instead = ''): LambdaPythonError {
  return new LambdaPythonError('REQUIREMENTS_INVALID', {
    message: `\`${path}\` ${what}`,
    hint: `save it as UTF-8${instead}`,
  });
}
