/** RECORD: what a wheel says of its files, where it is incomplete, and what is true once they are installed. */

import { codeList } from '../../report/nearest';
import type { ByteSource } from '../zip/bytes';
import type { DigestAlgorithm } from '../zip/verify';
import { WheelError, type WheelDefect } from './defect';
import type { InstallEntry, Installation } from './layout';
import { compareText, normalizeName } from './names';
import { readText, type Wheel } from './read';

export interface RecordRow {
  path: string;
  /** null if the row has none. */
  hash: { algorithm: string; digest: string } | null;
  size: number | null;
  /** What follows the path, as it is written. */
  rest: string;
}

/** What pip does not ask of a RECORD: without it, only the wheel's own hash vouches for a file. */
type GapRule = Extract<
  WheelDefect,
  'record-not-listed' | 'record-file-missing' | 'record-hash-missing' | 'record-hash-weak'
>;

/** A rule that an incomplete RECORD breaks. */
export interface RecordGap {
  rule: GapRule;
  files: number;
  /** Path of one of them. */
  example: string;
}

/** > Signature files and RECORD itself cannot be listed with a hash. */
const UNHASHED = ['RECORD', 'RECORD.jws', 'RECORD.p7s'];

/** > RECORD must use sha256 or better; md5 and sha1 are refused. */
const STRONG = ['sha256', 'sha384', 'sha512'] as const satisfies DigestAlgorithm[];
const WEAK = ['md5', 'sha1', 'sha224'] as const satisfies DigestAlgorithm[];

/** Undefined if the row has no hash, or one that only few programs can compute. */
export function algorithmOf(row: RecordRow | undefined): DigestAlgorithm | undefined {
  return [...STRONG, ...WEAK].find((algorithm) => algorithm === row?.hash?.algorithm);
}

/**
 * @throws WheelError record-malformed, record-duplicate for two rows of one path, record-file-missing for more than two
 * rows for each file of the archive.
 */
export function recordRows(source: ByteSource, wheel: Wheel): Map<string, RecordRow> {
  const text = readText(wheel, source, 'RECORD', 'record-missing');
  // Signature files may be listed without being in the archive.
  return parseRecord(wheel.file.filename, text, 2 * wheel.entries.length + UNHASHED.length);
}

/** @throws WheelError, see `recordRows` */
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

/** Where RECORD does not say what it should: that every file is listed with a good hash, and every listed file exists. */
export function findGaps(
  { entries, distInfo }: Pick<Wheel, 'entries' | 'distInfo'>,
  rows: ReadonlyMap<string, RecordRow>,
): RecordGap[] {
  const exempt = new Set(UNHASHED.map((name) => `${distInfo}/${name}`));
  const files = new Set(entries.flatMap(({ path, isDirectory }) => (isDirectory ? [] : [path])));
  const gaps = new Map<GapRule, RecordGap>();
  for (const path of new Set([...files, ...rows.keys()])) {
    const rule = exempt.has(path) ? undefined : brokenRule(rows.get(path), files.has(path));
    if (!rule) continue;
    const gap = gaps.get(rule);
    if (gap) gap.files += 1;
    else gaps.set(rule, { rule, files: 1, example: path });
  }
  return [...gaps.values()];
}

function brokenRule(row: RecordRow | undefined, exists: boolean): GapRule | undefined {
  if (!row) return 'record-not-listed';
  if (!exists) return 'record-file-missing';
  if (!row.hash) return 'record-hash-missing';
  return STRONG.some((strong) => strong === row.hash?.algorithm) ? undefined : 'record-hash-weak';
}

/** What is wrong with these files. */
const WORDS: Readonly<Record<GapRule, (files: string) => string>> = {
  'record-not-listed': (files) => `RECORD does not list ${files}`,
  'record-file-missing': (files) => `RECORD lists ${files}, which the wheel does not have`,
  'record-hash-missing': (files) => `RECORD has no hash for ${files}`,
  'record-hash-weak': (files) => `RECORD has no hash of sha256 or better for ${files}`,
};

/** A wheel by what the store knows of it. */
interface RecordedWheel {
  name: string;
  file: string;
  gaps?: readonly RecordGap[] | undefined;
}

/**
 * Refuses wheels with an incomplete RECORD.
 * @param accepted names of the distributions of which somebody takes them, in any spelling
 * @throws WheelError
 */
export function checkRecords(wheels: readonly RecordedWheel[], accepted: readonly string[]): void {
  const known = new Set(accepted.map(normalizeName));
  const refused = wheels.filter(
    ({ name, gaps = [] }) => gaps.length > 0 && !known.has(normalizeName(name)),
  );
  const [wheel, ...others] = refused;
  const [gap] = wheel?.gaps ?? [];
  if (!wheel || !gap) return;
  const more = gap.files > 1 ? ` and ${gap.files - 1} more files` : '';
  const also =
    others.length > 0 ? `; the same holds for ${codeList(others.map(({ file }) => file))}` : '';
  const names = JSON.stringify([...accepted, ...refused.map(({ name }) => name)]);
  throw new WheelError(
    gap.rule,
    wheel.file,
    `${WORDS[gap.rule](`\`${gap.example}\`${more}`)}${also}`,
    `pip installs such a wheel: to accept it as pip does, set \`"acceptIncompleteRecords": ${names}\` on the build target; or pin another version of the distribution`,
  );
}

/**
 * RECORD as pip leaves it: with the paths of installed files, a row without a hash for each file that the wheel's own
 * does not list, and none for a file that is left out.
 */
export function installedRecord(
  rows: ReadonlyMap<string, RecordRow>,
  { entries, leftOut }: Pick<Installation, 'entries' | 'leftOut'>,
): string {
  const gone = new Set(leftOut.map(pathInWheel));
  const installed = new Map(entries.map((entry) => [pathInWheel(entry), entry.path]));
  const kept = [...rows.values()]
    .filter(({ path }) => !gone.has(path))
    .map(({ path, rest }) => ({ path: installed.get(path) ?? path, rest }));
  const added = [...installed].flatMap(([source, path]) =>
    source === undefined || rows.has(source) ? [] : [{ path, rest: ',' }],
  );
  return renderRecord([...kept, ...added].sort((a, b) => compareText(a.path, b.path)));
}

/** Undefined for a file that an installer writes itself. */
function pathInWheel({ source }: InstallEntry): string | undefined {
  return 'bytes' in source ? undefined : source.path;
}

/** As Python's csv module writes it for pip, on any system. */
export function renderRecord(rows: readonly Pick<RecordRow, 'path' | 'rest'>[]): string {
  return rows.map(({ path, rest }) => `${csvField(path)},${rest}\r\n`).join('');
}

/** As Python's csv writer quotes. */
export function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
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
    rest: `${hash},${size}`,
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
