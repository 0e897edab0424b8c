/** Reads a wheel: its entries, and what it says of itself. */

import type { ByteSource } from '../zip/bytes';
import { namingArchive } from '../zip/defect';
import type { ZipEntry } from '../zip/format';
import { readEntries, type ReadOptions } from '../zip/read';
import { readContent } from '../zip/verify';
import { WheelError, type WheelDefect } from './defect';
import { normalizeName, parseWheelFilename, type WheelFilename } from './names';
import { versionKey } from './versions';

export interface Wheel {
  file: WheelFilename;
  /** As METADATA spells it. */
  name: string;
  version: string;
  /** `numpy-2.2.6.dist-info` */
  distInfo: string;
  rootIsPurelib: boolean;
  entries: ZipEntry[];
  warnings: string[];
}

/** In bytes, several times the largest known: they are read whole. */
const TEXT_LIMITS = {
  WHEEL: 1024 * 1024,
  METADATA: 4 * 1024 * 1024,
  RECORD: 16 * 1024 * 1024,
} as const;

/**
 * @param filename as published, without directories.
 * @param options `trusted` for a wheel that `validateWheel` let in before.
 * @throws ArchiveError, WheelError
 */
export function readWheel(source: ByteSource, filename: string, options?: ReadOptions): Wheel {
  return namingArchive(filename, () => {
    const file = parseWheelFilename(filename);
    const entries = readEntries(source, options);
    const paths = entries.map(({ path }) => path);
    const distInfo = findDistInfo(file, paths);
    const text = (name: keyof typeof TEXT_LIMITS, missing: WheelDefect) =>
      readText({ file, distInfo, entries }, source, name, missing);
    // > a. Parse distribution-1.0.dist-info/WHEEL.
    const { rootIsPurelib, warnings } = parseWheelFile(file, text('WHEEL', 'wheel-file-missing'));
    const { name, version } = parseMetadata(file, text('METADATA', 'metadata-missing'));
    return { file, name, version, distInfo, rootIsPurelib, entries, warnings };
  });
}

/** @throws WheelError record-missing */
export function readRecordText(source: ByteSource, wheel: Wheel): string {
  return readText(wheel, source, 'RECORD', 'record-missing');
}

/** @throws WheelError metadata-missing */
export function readMetadataText(source: ByteSource, wheel: Wheel): string {
  return readText(wheel, source, 'METADATA', 'metadata-missing');
}

/** What the wheel itself requires. */
export function readNeeds(source: ByteSource, wheel: Wheel): Needs {
  return parseNeeds(readText(wheel, source, 'METADATA', 'metadata-missing'));
}

/** The text of a file in the dist-info directory. */
function readText(
  wheel: Pick<Wheel, 'file' | 'distInfo' | 'entries'>,
  source: ByteSource,
  name: keyof typeof TEXT_LIMITS,
  missing: WheelDefect,
): string {
  const path = `${wheel.distInfo}/${name}`;
  const entry = wheel.entries.find((candidate) => candidate.path === path);
  if (!entry) throw new WheelError(missing, wheel.file.filename, `\`${path}\` is not in it`);
  return readContent(source, entry, TEXT_LIMITS[name]).toString('utf8');
}

/** Keys in lower case, each with all its values; undefined where a line is not a header. */
export type Headers = ReadonlyMap<string, readonly string[]>;

/** A distribution with many extras has some thousands. */
const MAX_LINES = 100_000;

/** Reads up to the first empty line; a description may follow there. */
export function parseHeaders(text: string): Headers | undefined {
  const headers = new Map<string, string[]>();
  let values: string[] | undefined;
  let lines = 0;
  for (const [, line = ''] of text.replace(/^\uFEFF/, '').matchAll(/([^\r\n]*)(?:\r\n|\n|\r|$)/g)) {
    if (line === '') break;
    lines += 1;
    if (lines > MAX_LINES) return undefined;
    if (/^[ \t]/.test(line)) {
      // RFC 5322 2.2.3: a folded line continues the one before.
      if (!values) return undefined;
      values.push(`${values.pop() ?? ''}\n${line.trim()}`);
      continue;
    }
    const match = /^([^\s:]+)[ \t]*:(.*)$/.exec(line);
    if (!match) return undefined;
    const key = (match[1] ?? '').toLowerCase();
    values = headers.get(key) ?? [];
    values.push((match[2] ?? '').trim());
    headers.set(key, values);
  }
  return headers;
}

/**
 * The one `{distribution}-{version}.dist-info` at the root, without a slash.
 * @throws WheelError unless there is exactly one, and it is the file name's.
 */
export function findDistInfo(file: WheelFilename, paths: readonly string[]): string {
  const roots = new Set(paths.map((path) => path.slice(0, path.indexOf('/') + 1)));
  const [found, other] = [...roots].filter((root) => root.endsWith('.dist-info/'));
  if (found === undefined) {
    throw new WheelError('dist-info-missing', file.filename, 'no `.dist-info` directory in it');
  }
  if (other !== undefined) {
    throw new WheelError('dist-info-duplicate', file.filename, `\`${found}\` and \`${other}\``);
  }
  const distInfo = found.slice(0, -1);
  if (!belongsTo(file, distInfo.slice(0, -'.dist-info'.length))) {
    throw new WheelError('dist-info-mismatch', file.filename, `it holds \`${distInfo}\``);
  }
  return distInfo;
}

/** True if `{name}-{version}` is the file name's distribution, in whatever spelling. */
export function belongsTo(file: WheelFilename, stem: string): boolean {
  const dash = stem.indexOf('-');
  return (
    normalizeName(stem.slice(0, dash)) === normalizeName(file.distribution) &&
    versionKey(stem.slice(dash + 1).replace(/_/g, '-')) === versionKey(file.version)
  );
}

export interface WheelFile {
  rootIsPurelib: boolean;
  /** As listed; the file name's tags decide, as with pip, since many wheels are renamed only. */
  tags: string[];
  warnings: string[];
}

/** @throws WheelError for another major version, or if it is malformed. */
export function parseWheelFile(file: WheelFilename, text: string): WheelFile {
  const headers = parseHeaders(text);
  const version = /^(\d+)\.(\d+)$/.exec(headers?.get('wheel-version')?.join() ?? '');
  if (!headers || !version) {
    throw new WheelError(
      'wheel-file-malformed',
      file.filename,
      'WHEEL has no `Wheel-Version: 1.0`',
    );
  }
  // > Check that installer is compatible with Wheel-Version. Warn if minor version is greater,
  // > abort if major version is greater.
  const [shown, major, minor] = version;
  if (Number(major) !== 1) {
    throw new WheelError(
      'wheel-version-unsupported',
      file.filename,
      `Wheel-Version is ${shown}, supported is 1.0`,
    );
  }
  return {
    rootIsPurelib: headers.get('root-is-purelib')?.join().toLowerCase() === 'true',
    tags: [...(headers.get('tag') ?? [])],
    warnings:
      Number(minor) > 0 ? [`\`${file.filename}\` has Wheel-Version ${shown}, newer than 1.0`] : [],
  };
}

export interface Metadata {
  name: string;
  version: string;
}

/** @throws WheelError unless METADATA names the distribution and version of the file name, once. */
export function parseMetadata(file: WheelFilename, text: string): Metadata {
  const headers = parseHeaders(text);
  const names = headers?.get('name') ?? [];
  const versions = headers?.get('version') ?? [];
  const [name, version] = [names[0], versions[0]];
  if (!name || !version || names.length > 1 || versions.length > 1) {
    throw new WheelError(
      'metadata-malformed',
      file.filename,
      'METADATA needs one Name and Version',
    );
  }
  if (!belongsTo(file, `${name.replace(/-/g, '_')}-${version}`)) {
    throw new WheelError(
      'metadata-mismatch',
      file.filename,
      `METADATA says \`${name} ${version}\``,
    );
  }
  return { name, version };
}

/** What METADATA asks for: the text of each requirement, and of the versions of Python. */
export interface Needs {
  requires: string[];
  requiresPython: string | undefined;
}

export function parseNeeds(text: string): Needs {
  const headers = parseHeaders(text);
  return {
    requires: [...(headers?.get('requires-dist') ?? [])],
    requiresPython: headers?.get('requires-python')?.[0],
  };
}

/** Without markers and fragments. */
export function requiredUrls(source: ByteSource, filename: string): string[] {
  const text = readMetadataText(source, readWheel(source, filename));
  return (parseHeaders(text)?.get('requires-dist') ?? []).flatMap((requirement) => {
    const url = /^[\w.-]+\s*(?:\[[^\]]*\])?\s*@\s*([^\s;#]+)/.exec(requirement)?.[1];
    return url === undefined ? [] : [url];
  });
}
