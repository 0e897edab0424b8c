/** What a wheel says of itself: its dist-info directory, WHEEL and METADATA. */

import { WheelError } from './defect';
import type { WheelFilename } from './filename';
import { parseHeaders } from './headers';
import { normalizeName, versionKey } from './names';

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
