/** Why an archive is refused: one reason per broken rule, so that each can be tested by its name. */

import { LambdaPythonError } from '../../errors';

export type ArchiveDefect =
  // end of central directory
  | 'end-missing'
  | 'end-duplicate'
  | 'trailing-data'
  | 'multiple-disks'
  | 'zip64-end-invalid'
  | 'zip64-end-mismatch'
  // central directory
  | 'central-outside'
  | 'central-malformed'
  | 'entry-count-mismatch'
  // every byte belongs to exactly one part
  | 'prefix-data'
  | 'gap'
  | 'overlap'
  | 'entry-outside'
  // local headers, and what follows the data
  | 'local-header-missing'
  | 'local-name-mismatch'
  | 'local-method-mismatch'
  | 'local-flags-mismatch'
  | 'local-crc-mismatch'
  | 'local-size-mismatch'
  | 'descriptor-mismatch'
  | 'stored-with-descriptor'
  // extra fields
  | 'extra-malformed'
  | 'zip64-extra-invalid'
  | 'unicode-path-mismatch'
  // what an entry is
  | 'encrypted'
  | 'flag-unknown'
  | 'version-unsupported'
  | 'method-unknown'
  | 'stored-size-mismatch'
  | 'directory-with-data'
  | 'symlink'
  | 'special-file'
  // names
  | 'name-empty'
  | 'name-absolute'
  | 'name-parent'
  | 'name-dot'
  | 'name-empty-component'
  | 'name-backslash'
  | 'name-drive'
  | 'name-nul'
  | 'name-control'
  | 'name-not-utf8'
  | 'name-encoding-unstated'
  | 'name-duplicate'
  | 'name-file-and-directory'
  // limits
  | 'number-too-large'
  | 'too-many-entries'
  | 'too-large'
  | 'bomb'
  // content
  | 'content-malformed'
  | 'content-size-mismatch'
  | 'content-crc-mismatch'
  | 'content-trailing';

/** ARCHIVE_INVALID with the broken rule as `reason`. The text never has raw control characters. */
export class ArchiveError extends LambdaPythonError {
  constructor(
    readonly reason: ArchiveDefect,
    readonly detail: string,
    options: { subject?: string; cause?: unknown } = {},
  ) {
    super('ARCHIVE_INVALID', {
      message: `${options.subject ?? 'the archive'} was refused (${reason}): ${detail}`,
      hint: 'pin another version of the distribution in the requirements file; if the download was cut short, delete the file and build again',
      cause: options.cause,
    });
  }
}

/** Runs `read`, and puts the archive's name in front of a defect that it finds. */
export function namingArchive<T>(subject: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw renamed(subject, error);
  }
}

/** As `namingArchive`, for asynchronous work. */
export async function namingArchiveAsync<T>(subject: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw renamed(subject, error);
  }
}

function renamed(subject: string, error: unknown): unknown {
  if (!(error instanceof ArchiveError)) return error;
  return new ArchiveError(error.reason, error.detail, { subject: quoted(subject), cause: error });
}

/** A defect of one entry. */
export function defect(
  reason: ArchiveDefect,
  { path }: { path: string },
  detail: string,
  cause?: unknown,
): ArchiveError {
  return new ArchiveError(reason, `${quoted(path)}: ${detail}`, { cause });
}

/** A name from an untrusted file as it may be printed: in backticks, escaped, at most 120 characters. */
export function quoted(name: string | Buffer): string {
  const text = typeof name === 'string' ? name : name.toString('latin1');
  const printable = text.replace(
    /[\p{C}`]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
  return `\`${printable.length > 120 ? `${printable.slice(0, 117)}...` : printable}\``;
}
