/** Admits wheels to the wheel store: what passes here is spliced later without further checks. */

import { LambdaPythonError } from '../../errors';
import type { Architecture, Runtime } from '../../service/runtimes';
import type { ByteSource } from '../zip/bytes';
import { namingArchiveAsync } from '../zip/defect';
import { verifyEntry, type DigestAlgorithm } from '../zip/verify';
import { WheelError } from './defect';
import { installEntries } from './layout';
import { isCompatible, supportedTags, type TagOptions, type WheelFilename } from './names';
import { readText, readWheel, type Wheel } from './read';

export interface WheelTarget extends TagOptions {
  runtime: Runtime;
  architecture: Architecture;
}

/** As METADATA spells them. */
export type WheelIdentity = Pick<Wheel, 'name' | 'version'>;

/**
 * Checks everything about a wheel: tags, the archive's structure, each file's CRC-32, size and
 * RECORD hash, in one pass over the content, and that its layout can be installed.
 * @param filename as published, without directories.
 * @throws ArchiveError, WheelError, LambdaPythonError WHEEL_INCOMPATIBLE
 */
export async function validateWheel(
  source: ByteSource,
  filename: string,
  target: WheelTarget,
): Promise<WheelIdentity> {
  const wheel = readWheel(source, filename);
  checkTags(wheel.file, target);
  installEntries(wheel);
  await namingArchiveAsync(filename, () => checkContent(source, wheel));
  return { name: wheel.name, version: wheel.version };
}

/**
 * Compares with the runtime's own table: pip in an image with a newer glibc takes wheels that fail
 * to import in Lambda.
 * @throws LambdaPythonError WHEEL_INCOMPATIBLE
 */
function checkTags(file: WheelFilename, target: WheelTarget): void {
  const { runtime, architecture } = target;
  if (isCompatible(file.tags, supportedTags(runtime, architecture, target))) return;
  const [major, minor] = runtime.python;
  const glibc = runtime.glibc.join('.');
  const isLocal = file.tags.some((tag) => /-linux_\w+$/.test(tag));
  throw new LambdaPythonError('WHEEL_INCOMPATIBLE', {
    message: `\`${file.filename}\` does not run on ${runtime.name} ${architecture}: its tags are ${file.tags.join(', ')}; the runtime takes cp${major}${minor}, abi3 or py${major}, and manylinux up to glibc ${glibc}`,
    hint: isLocal
      ? `build it in the container from source, or require a version of \`${file.distribution}\` with a manylinux wheel`
      : `pin a version of \`${file.distribution}\` that has a wheel for glibc ${glibc} or older, or raise \`runtime\` in pyproject.toml`,
  });
}

async function checkContent(source: ByteSource, wheel: Wheel): Promise<void> {
  const { filename } = wheel.file;
  // Signature files may be listed without being in the archive.
  const most = wheel.entries.length + UNHASHED.length;
  const rows = parseRecord(filename, readText(wheel, source, 'RECORD', 'record-missing'), most);
  const files = wheel.entries.filter((entry) => !entry.isDirectory);
  const paths = files.map(({ path }) => path);
  checkCoverage(filename, rows, paths, wheel.distInfo);
  for (const [index, entry] of wheel.entries.entries()) {
    // Lets other work go on meanwhile: the locks, Ctrl-C, pip's output.
    if (index % 64 === 63) await new Promise((resolve) => setImmediate(resolve));
    const row = rows.get(entry.path);
    const digest = await verifyEntry(source, entry, algorithmOf(filename, row));
    if (row) checkRow(filename, row, entry.size, digest);
  }
}

interface RecordRow {
  path: string;
  /** null if the row has none. */
  hash: { algorithm: string; digest: string } | null;
  size: number | null;
}

/** > Signature files and RECORD itself cannot be listed with a hash. */
const UNHASHED = ['RECORD', 'RECORD.jws', 'RECORD.p7s'];

/**
 * @param limit rows; with more rows than files, a file must be missing.
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
      const detail = `RECORD lists more than ${limit} files`;
      throw new WheelError('record-file-missing', filename, detail);
    }
    rows.set(row.path, row);
  }
  return rows;
}

/**
 * Every file is listed, and every listed file exists.
 * @param paths of the archive's files, without directories.
 */
function checkCoverage(
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
      throw new WheelError(
        'record-file-missing',
        filename,
        `RECORD lists \`${path}\`, which is missing`,
      );
    }
  }
}

/** @throws WheelError record-hash-weak: RECORD must use sha256 or better; md5 and sha1 are refused. */
function algorithmOf(filename: string, row?: RecordRow): DigestAlgorithm | undefined {
  const algorithm = row?.hash?.algorithm;
  if (!row || algorithm === undefined) return undefined;
  if (algorithm === 'sha256' || algorithm === 'sha384' || algorithm === 'sha512') return algorithm;
  throw new WheelError('record-hash-weak', filename, `\`${row.path}\` is hashed by ${algorithm}`);
}

/** @throws WheelError if content differs from its row. */
function checkRow(filename: string, row: RecordRow, size: number, digest?: Buffer): void {
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
    if (!match) throw new WheelError('record-malformed', filename, 'RECORD is not a CSV file');
    row.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === ',' && field.lastIndex < text.length) continue;
    if (match[3] === ',') row.push('');
    if (row.length > 1 || row[0] !== '') yield row;
    row = [];
  }
}
