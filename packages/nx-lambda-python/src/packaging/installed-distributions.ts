/** The distributions in an archive of installed files, by their `.dist-info` directories. */

import type { PartDistribution } from './dependency-part';
import { WheelError } from './wheel/defect';
import { compareText } from './wheel/names';
import { parseHeaders } from './wheel/read';
import { parseRecord, type RecordRow } from './wheel/record';
import type { ByteSource } from './zip/bytes';
import type { ZipEntry } from './zip/format';
import { readContent } from './zip/verify';

export interface InstalledDistribution extends Pick<PartDistribution, 'name' | 'version'> {
  /** Path of its RECORD. */
  record: string;
  /** Of that RECORD, by the path in the tree. */
  rows: ReadonlyMap<string, RecordRow>;
  /** The requirements in its METADATA. */
  requires: readonly string[];
  /** Names of its extras. */
  extras: readonly string[];
}

/**
 * Sorted by name. Each has a `.dist-info` directory at the root; nothing but METADATA and RECORD is inflated.
 * @throws ArchiveError for content that disagrees with its entry
 */
export function readDistributions(
  archive: ByteSource,
  files: readonly ZipEntry[],
): InstalledDistribution[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const textOf = (path: string) => {
    const file = byPath.get(path);
    return file && readContent(archive, file).toString('utf8');
  };
  return files
    .flatMap(({ path }) => /^([^/]+\.dist-info)\/METADATA$/.exec(path)?.[1] ?? [])
    .map((distInfo) => {
      const metadata = readMetadata(distInfo, textOf(`${distInfo}/METADATA`) ?? '');
      const record = `${distInfo}/RECORD`;
      const rows = recordedRows(distInfo, metadata.name, textOf(record) ?? '');
      return { ...metadata, record, rows };
    })
    .sort((a, b) => compareText(a.name, b.name));
}

/** The distribution that lists this file; for bytecode, the one that lists its source. */
export function ownerOf(
  path: string,
  installed: readonly InstalledDistribution[],
): InstalledDistribution | undefined {
  const source = sourceOf(path);
  return installed.find(({ rows }) => rows.has(path) || (source && rows.has(source)));
}

/** `yaml/nodes.py` of `yaml/__pycache__/nodes.cpython-313.pyc`; undefined for what is not bytecode beside its source. */
export function sourceOf(path: string): string | undefined {
  const [, directory, stem] = /^(.*\/)?__pycache__\/([^/]+)\.[^./]+\.pyc$/.exec(path) ?? [];
  return stem === undefined ? undefined : `${directory ?? ''}${stem}.py`;
}

/** Name and version as METADATA spells them; if an old builder left them out, the directory's name counts. */
function readMetadata(
  distInfo: string,
  metadata: string,
): Pick<InstalledDistribution, 'name' | 'version' | 'requires' | 'extras'> {
  const headers = parseHeaders(metadata);
  const [directoryName = '', directoryVersion = ''] = distInfo
    .slice(0, -'.dist-info'.length)
    .split('-');
  return {
    name: headers?.get('name')?.[0] ?? directoryName,
    version: headers?.get('version')?.[0] ?? directoryVersion,
    requires: headers?.get('requires-dist') ?? [],
    extras: headers?.get('provides-extra') ?? [],
  };
}

/** By paths of the tree. Without a valid RECORD only sizes and warnings are incomplete. */
function recordedRows(
  distInfo: string,
  name: string,
  record: string,
): ReadonlyMap<string, RecordRow> {
  try {
    const rows = [...parseRecord(distInfo, record).values()];
    return new Map(rows.map((row) => [installedPath(row.path, name), row]));
  } catch (error) {
    if (error instanceof WheelError) return new Map();
    throw error;
  }
}

/** Where `installEntries`, or pip, puts a file that a RECORD lists. */
function installedPath(path: string, name: string): string {
  return (
    path
      // With --target pip installs into `<temporary>/lib/python`, then moves all files to the root.
      .replace(/^\.\.\/\.\.\//, '')
      .replace(/^[^/]+\.data\/(?:purelib|platlib|data)\//, '')
      .replace(/^[^/]+\.data\/scripts\//, 'bin/')
      .replace(/^[^/]+\.data\/headers\//, `include/python/${name}/`)
  );
}
