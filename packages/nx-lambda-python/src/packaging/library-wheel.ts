/**
 * The wheel of a library after an edit, without building it: files that the wheel copies are put in the place of what
 * they were, and RECORD tells their hashes.
 *
 * What compressed a wheel differs from backend to backend, so such wheels are kept in one form of ours, canonical: the
 * wheel that follows from an earlier one and the wheel that is built have the same bytes.
 */

import { hexDigest } from './requirements/canonical-json';
import type { ByteSource } from './zip/bytes';
import { compress } from './zip/deflate';
import type { ZipEntry } from './zip/format';
import { readContent } from './zip/verify';
import { ArchiveWriter, type ByteSink } from './zip/write';
import { installMode } from './wheel/layout';
import { compareText } from './wheel/names';
import { readText, type Wheel } from './wheel/read';
import { csvField, recordRows } from './wheel/record';

/** SHA-256 of each file of a library, hex, by its path relative to it. */
export type LibraryTree = Readonly<Record<string, string>>;

/** What was edited: by path, what a file has now. */
export type Edits = ReadonlyMap<string, Buffer>;

/** Bytes of a wheel's files: compressing more takes longer than a container does. */
const LIMIT = 32 * 1024 * 1024;

interface Copy {
  entry: ZipEntry;
  /** In the library's tree. If there are several, which one was copied is not certain. */
  sources: string[];
}

/**
 * The files of a wheel that are files of its library, with the directory that holds both left out.
 * @returns undefined if it has other files, beside those in dist-info
 */
export function copiesOf(
  wheel: Wheel,
  source: ByteSource,
  tree: LibraryTree,
): readonly Copy[] | undefined {
  const size = wheel.entries.reduce((sum, entry) => sum + entry.size, 0);
  if (size > LIMIT) return undefined;
  const rows = recordRows(source, wheel);
  const byName = new Map<string, string[]>();
  for (const path of Object.keys(tree)) {
    byName.set(nameOf(path), [...(byName.get(nameOf(path)) ?? []), path]);
  }
  const copies: Copy[] = [];
  for (const entry of wheel.entries) {
    const { path } = entry;
    if (entry.isDirectory || path.startsWith(`${wheel.distInfo}/`)) continue;
    const named = byName.get(nameOf(path)) ?? [];
    const sources = named.filter((file) => `/${file}`.endsWith(`/${path}`));
    const rest = rows.get(path)?.rest;
    if (!sources.some((file) => rest === recordRest(tree[file] ?? '', entry.size))) {
      return undefined;
    }
    copies.push({ entry, sources });
  }
  return copies;
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** > sha256=<urlsafe base64 without trailing =>,<size> */
function recordRest(sha256: string, size: number): string {
  return `sha256=${Buffer.from(sha256, 'hex').toString('base64url')},${size}`;
}

/** Writes what the wheel installs in a form that does not depend on the program that compressed it. */
export function writeCanonical(wheel: Wheel, source: ByteSource, sink: ByteSink): void {
  writeEntries(wheel, sink, (writer, entry) =>
    addContent(writer, entry, readContent(source, entry)),
  );
}

/**
 * Writes the wheel that building the edited library would make, in canonical form.
 * @param wheel the canonical one that was built of `tree`
 * @returns false, and nothing is written, if only a build can tell what it would be
 */
export function writeSubstituted(
  wheel: Wheel,
  source: ByteSource,
  tree: LibraryTree,
  edits: Edits,
  sink: ByteSink,
): boolean {
  const copies = copiesOf(wheel, source, tree);
  if (!copies) return false;
  const contents = new Map<string, Buffer>();
  for (const { entry, sources } of copies) {
    const edited = sources.find((file) => edits.has(file));
    if (edited === undefined) continue;
    if (sources.length > 1) return false;
    contents.set(entry.path, edits.get(edited) ?? Buffer.alloc(0));
  }
  const record = `${wheel.distInfo}/RECORD`;
  const text = editedRecord(wheel, source, tree, edits, contents);
  if (text === undefined) return false;
  contents.set(record, Buffer.from(text));
  writeEntries(wheel, sink, (writer, entry) => {
    const content = contents.get(entry.path);
    if (content) addContent(writer, entry, content);
    else writer.add({ ...entry, mode: installMode(entry) }, source, entry.dataOffset);
  });
  return true;
}

/** RECORD's text with other hashes. Undefined if it is written in a way that no backend is known for. */
function editedRecord(
  wheel: Wheel,
  source: ByteSource,
  tree: LibraryTree,
  edits: Edits,
  contents: ReadonlyMap<string, Buffer>,
): string | undefined {
  let text = readText(wheel, source, 'RECORD', 'record-missing');
  const rows = recordRows(source, wheel);
  // What dist-info has of an edited file was copied there, or read.
  const before = [...edits.keys()].map((path) => recordRest(tree[path] ?? '', 0).split(',')[0]);
  const isInDistInfo = [...rows.values()].some(
    ({ path, rest }) =>
      path.startsWith(`${wheel.distInfo}/`) && before.includes(rest.split(',')[0]),
  );
  if (isInDistInfo) return undefined;
  for (const [path, content] of contents) {
    const row = `${csvField(path)},${rows.get(path)?.rest ?? ''}`;
    const parts = `\n${text}`.split(`\n${row}`);
    if (parts.length !== 2) return undefined;
    text = parts
      .join(`\n${csvField(path)},${recordRest(hexDigest(content), content.length)}`)
      .slice(1);
  }
  return text;
}

function writeEntries(
  { entries }: Wheel,
  sink: ByteSink,
  add: (writer: ArchiveWriter, entry: ZipEntry) => void,
): void {
  const writer = new ArchiveWriter(sink);
  const files = entries.filter(({ isDirectory }) => !isDirectory);
  for (const entry of files.sort((a, b) => compareText(a.path, b.path))) add(writer, entry);
  writer.finish();
}

function addContent(writer: ArchiveWriter, entry: ZipEntry, content: Buffer): void {
  writer.addCompressed(entry.path, installMode(entry) === 0o755, compress(content));
}
