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
  /** Requirements, as METADATA spells them. */
  requires: readonly string[];
  requiresPython: string | undefined;
  /** `numpy-2.2.6.dist-info` */
  distInfo: string;
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
 * @param options `trusted` for a wheel that `validateWheel` has checked before.
 * @throws ArchiveError, WheelError
 */
export function readWheel(source: ByteSource, filename: string, options?: ReadOptions): Wheel {
  return namingArchive(filename, () => {
    const file = parseWheelFilename(filename);
    const entries = readEntries(source, options);
    const paths = entries.map(({ path }) => path);
    const distInfo = findDistInfo(file, paths);
    const wheel = { file, distInfo, entries };
    // > a. Parse distribution-1.0.dist-info/WHEEL.
    const warnings = checkFormat(file, readText(wheel, source, 'WHEEL', 'wheel-file-missing'));
    const text = readText(wheel, source, 'METADATA', 'metadata-missing');
    return { ...wheel, ...parseMetadata(file, text), warnings };
  });
}

/** The text of a file in the dist-info directory. */
export function readText(
  wheel: Pick<Wheel, 'file' | 'distInfo' | 'entries'>,
  source: ByteSource,
  name: keyof typeof TEXT_LIMITS,
  missing: WheelDefect,
): string {
  const path = `${wheel.distInfo}/${name}`;
  const entry = wheel.entries.find((candidate) => candidate.path === path);
  if (!entry) throw new WheelError(missing, wheel.file.filename, `\`${path}\` is missing`);
  return readContent(source, entry, TEXT_LIMITS[name]).toString('utf8');
}

/** Keys in lower case, each with all its values; undefined if a line is not a header. */
type Headers = ReadonlyMap<string, readonly string[]>;

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
function findDistInfo(file: WheelFilename, paths: readonly string[]): string {
  const roots = new Set(paths.map((path) => path.slice(0, path.indexOf('/') + 1)));
  const [found, other] = [...roots].filter((root) => root.endsWith('.dist-info/'));
  if (found === undefined) {
    throw new WheelError('dist-info-missing', file.filename, 'it has no `.dist-info` directory');
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

/** True if `{name}-{version}` is the file name's distribution, in any spelling. */
export function belongsTo(file: WheelFilename, stem: string): boolean {
  const dash = stem.indexOf('-');
  return (
    normalizeName(stem.slice(0, dash)) === normalizeName(file.distribution) &&
    versionKey(stem.slice(dash + 1).replace(/_/g, '-')) === versionKey(file.version)
  );
}

/**
 * @returns a warning if the format is newer
 * @throws WheelError for another major version, or if it is malformed.
 */
function checkFormat({ filename }: WheelFilename, text: string): string[] {
  const version = /^(\d+)\.(\d+)$/.exec(parseHeaders(text)?.get('wheel-version')?.join() ?? '');
  if (!version) {
    throw new WheelError('wheel-file-malformed', filename, 'WHEEL has no `Wheel-Version: 1.0`');
  }
  // > Check that installer is compatible with Wheel-Version. Warn if minor version is greater,
  // > abort if major version is greater.
  const [shown, major, minor] = version;
  if (Number(major) !== 1) {
    const detail = `Wheel-Version is ${shown}, expected 1.0`;
    throw new WheelError('wheel-version-unsupported', filename, detail);
  }
  return Number(minor) > 0 ? [`\`${filename}\` has Wheel-Version ${shown}, newer than 1.0`] : [];
}

/** @throws WheelError unless METADATA names the distribution and version of the file name, once. */
function parseMetadata(
  file: WheelFilename,
  text: string,
): Pick<Wheel, 'name' | 'version' | 'requires' | 'requiresPython'> {
  const headers = parseHeaders(text);
  const [name, ...names] = headers?.get('name') ?? [];
  const [version, ...versions] = headers?.get('version') ?? [];
  if (!headers || !name || !version || names.length > 0 || versions.length > 0) {
    const detail = 'METADATA must have one Name and one Version';
    throw new WheelError('metadata-malformed', file.filename, detail);
  }
  if (!belongsTo(file, `${name.replace(/-/g, '_')}-${version}`)) {
    const detail = `METADATA says \`${name} ${version}\``;
    throw new WheelError('metadata-mismatch', file.filename, detail);
  }
  return {
    name,
    version,
    requires: headers.get('requires-dist') ?? [],
    requiresPython: headers.get('requires-python')?.[0],
  };
}

/** The URLs that a wheel requires directly (`common @ file:///…`), without markers and fragments. */
export function requiredUrls({ requires }: Wheel): string[] {
  return requires.flatMap((requirement) => {
    const url = /^[\w.-]+\s*(?:\[[^\]]*\])?\s*@\s*([^\s;#]+)/.exec(requirement)?.[1];
    return url === undefined ? [] : [url];
  });
}
