/** RECORD: the list of a wheel's files with their hashes (PEP 376, PEP 427). */

import type { DigestAlgorithm } from '../zip/verify';
import { WheelError } from './defect';

export interface RecordRow {
  path: string;
  /** null where the row has none. */
  hash: { algorithm: string; digest: string } | null;
  size: number | null;
}

/** > Signature files and RECORD itself cannot be listed with a hash. */
export const UNHASHED = ['RECORD', 'RECORD.jws', 'RECORD.p7s'];

/**
 * @param limit rows; where there are more than files, one must be missing.
 * @throws WheelError record-malformed, record-duplicate for two rows of one path, record-file-missing
 * beyond the limit.
 */
export function parseRecord(
  filename: string,
  text: string,
  limit = Infinity,
): Map<string, RecordRow> {
  const rows = new Map<string, RecordRow>();
  for (const fields of parseCsv(filename, text)) {
    const row = parseRow(filename, fields);
    // Some tools list directories, which hold nothing to check.
    if (row.path.endsWith('/')) continue;
    if (rows.has(row.path)) {
      throw new WheelError('record-duplicate', filename, `RECORD lists \`${row.path}\` twice`);
    }
    if (rows.size >= limit) {
      throw new WheelError(
        'record-file-missing',
        filename,
        `RECORD lists more than ${limit} files`,
      );
    }
    rows.set(row.path, row);
  }
  return rows;
}

/**
 * Every file is listed and every listed file is there.
 * @param paths of the archive's files, without directories.
 */
export function checkCoverage(
  filename: string,
  rows: ReadonlyMap<string, RecordRow>,
  paths: readonly string[],
  distInfo: string,
): void {
  const files = new Set(paths);
  const exempt = new Set(UNHASHED.map((name) => `${distInfo}/${name}`));
  for (const path of files) {
    const row = rows.get(path);
    if (exempt.has(path)) continue;
    if (!row) throw new WheelError('record-not-listed', filename, `RECORD lacks \`${path}\``);
    if (!row.hash) {
      throw new WheelError('record-hash-missing', filename, `RECORD has no hash for \`${path}\``);
    }
    algorithmOf(filename, row);
  }
  for (const path of rows.keys()) {
    if (!files.has(path) && !exempt.has(path)) {
      throw new WheelError('record-file-missing', filename, `RECORD lists \`${path}\`, not in it`);
    }
  }
}

/** @throws WheelError record-hash-weak: RECORD must use sha256 or better; md5 and sha1 are refused. */
export function algorithmOf(filename: string, row?: RecordRow): DigestAlgorithm | undefined {
  const algorithm = row?.hash?.algorithm;
  if (!row || algorithm === undefined) return undefined;
  if (algorithm === 'sha256' || algorithm === 'sha384' || algorithm === 'sha512') return algorithm;
  throw new WheelError('record-hash-weak', filename, `\`${row.path}\` is hashed by ${algorithm}`);
}

/** @throws WheelError where content differs from its row. */
export function checkRow(filename: string, row: RecordRow, size: number, digest?: Buffer): void {
  if (row.size !== null && row.size !== size) {
    const detail = `\`${row.path}\` has ${size} bytes, RECORD says ${row.size}`;
    throw new WheelError('record-size-mismatch', filename, detail);
  }
  if (digest && row.hash && digest.toString('base64url') !== row.hash.digest) {
    const detail = `\`${row.path}\` does not have the hash that RECORD gives`;
    throw new WheelError('record-hash-mismatch', filename, detail);
  }
}

function parseRow(filename: string, fields: readonly string[]): RecordRow {
  const [path = '', hash = '', size = ''] = fields;
  const match = /^([a-z0-9]+)=([\w-]+)=*$/.exec(hash);
  if (fields.length !== 3 || path === '' || (hash && !match) || !/^\d*$/.test(size)) {
    const shown = JSON.stringify(fields).slice(0, 120);
    throw new WheelError('record-malformed', filename, `RECORD has the row ${shown}`);
  }
  return {
    path,
    // > base64.urlsafe_b64encode(digest) with trailing = removed
    hash: match ? { algorithm: match[1] ?? '', digest: match[2] ?? '' } : null,
    size: size === '' ? null : Number(size),
  };
}

/** Python's csv dialect: comma, double quotes doubled inside, any line ending. */
function* parseCsv(filename: string, text: string): Generator<string[]> {
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)/y;
  let row: string[] = [];
  while (field.lastIndex < text.length) {
    const match = field.exec(text);
    if (!match) throw new WheelError('record-malformed', filename, 'RECORD is no CSV file');
    row.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === ',' && field.lastIndex < text.length) continue;
    if (match[3] === ',') row.push('');
    if (row.length > 1 || row[0] !== '') yield row;
    row = [];
  }
}
