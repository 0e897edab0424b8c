/**
 * An edit of a library: the wheels that the store has for what the library was give those for what it is, without a
 * container and without resolving, where the edit cannot have changed anything but files that its wheel copies.
 */

import { readFileSync } from 'node:fs';
import { basename, join, posix } from 'node:path';
import { SourceChangedError } from '../packaging/package';
import { digestOf, hexDigest } from '../packaging/requirements/canonical-json';
import { copiedFiles, type CopiedFiles } from '../packaging/requirements/copied-files';
import { treeDigest, type FileFacts } from '../packaging/requirements/library';
import { keyContent, type KeyComponents } from '../packaging/requirements-key';
import type { ResolvedWheels, StoredWheel } from '../packaging/wheel-set';
import { normalizeName, parseWheelFilename } from '../packaging/wheel/names';
import { readWheel } from '../packaging/wheel/read';
import {
  copiesOf,
  writeCanonical,
  writeSubstituted,
  type LibraryTree,
} from '../packaging/library-wheel';
import { hashFile, openFile } from '../platform/files/files';
import { writeWhole } from '../platform/files/write';
import { attempt } from '../platform/process/attempt';
import type { DiskWheelStore } from '../platform/store/wheel-store';
import { counted, listed } from '../report/text';
import type { ServiceRequirements } from './requirements';

/** A library of the workspace whose wheel only copies some of its files. */
interface Library extends CopiedFiles {
  /** Relative to the workspace. */
  path: string;
  files: readonly FileFacts[];
  /** @throws SourceChangedError if a file is not what it was when the requirements were read */
  read: (path: string) => Buffer;
}

type Required = Pick<ServiceRequirements, 'required' | 'trees'>;

export function librariesOf({ required, trees }: Required): Library[] {
  const local = new Map(required.localFiles.map((file) => [file.path, file]));
  return [...trees].flatMap(([path, files]) => {
    const read = (below: string): Buffer => {
      const file = local.get(posix.join(path, below));
      const content = attempt(() => readFileSync(file?.source ?? ''));
      if (file && content && hexDigest(content) === file.sha256) return content;
      throw new SourceChangedError(posix.join(path, below));
    };
    const paths = files.map((file) => file.path);
    const text = (below: string) => (paths.includes(below) ? read(below).toString() : undefined);
    const copied = copiedFiles(paths, text);
    return copied ? [{ path, files, read, ...copied }] : [];
  });
}

/** Gives wheels of libraries among these files the form in which later ones can follow from them. */
export function makeCanonical(wheels: readonly string[], libraries: readonly Library[]): void {
  for (const path of wheels) {
    const filename = basename(path);
    const name = attempt(() => normalizeName(parseWheelFilename(filename).distribution));
    const library = libraries.find((one) => one.name === name);
    if (!library) continue;
    using file = openFile(path);
    // The door of the wheel store reports what is wrong with it.
    const wheel = attempt(() => readWheel(file, filename));
    if (!wheel || !copiesOf(wheel, file, treeOf(library.files))) continue;
    writeWhole(path, (output) => writeCanonical(wheel, file, output));
  }
}

function treeOf(files: readonly FileFacts[]): LibraryTree {
  return Object.fromEntries(files.map(({ path, sha256 }) => [path, sha256]));
}

/** Notes for which trees of its libraries a key was resolved. */
export function keepTrees(
  components: KeyComponents,
  requirementsKey: string,
  libraries: readonly Library[],
  store: DiskWheelStore,
): void {
  const shape = shapeOf(components, libraries);
  if (shape === undefined) return;
  const trees = libraries.map(({ path, files }) => [path, treeOf(files)] as const);
  store.writeShape(shape, { requirementsKey, trees: Object.fromEntries(trees) });
}

/** Digest of a key's components, but for the bytes of files that wheels only copy. */
function shapeOf(components: KeyComponents, libraries: readonly Library[]): string | undefined {
  const content = keyContent(components);
  // Distributions of the image would take part in builds.
  const isIsolated = !/no[-_]build[-_]isolation/i.test(JSON.stringify(content));
  if (libraries.length === 0 || !isIsolated) return undefined;
  const shapes = libraries.map(({ path, files, paths }) => {
    const facts = files.map((file) => (paths.has(file.path) ? { ...file, sha256: '' } : file));
    return [path, treeDigest(facts)] as const;
  });
  const own = { ...components.meaning.content, ...Object.fromEntries(shapes) };
  return digestOf({ ...content, content: own });
}

/** How the wheels of a key follow from those of another one. */
export interface Following {
  /** In words. */
  what: string;
  /** Writes the wheels that are new. */
  resolve: (directory: string) => ResolvedWheels;
}

/** Undefined if only pip can tell what the wheels are. */
export function followEdits(
  components: KeyComponents,
  libraries: readonly Library[],
  store: DiskWheelStore,
): Following | undefined {
  const shape = shapeOf(components, libraries);
  const before = shape === undefined ? undefined : store.readShape(shape);
  const set = before && store.readSet(before.requirementsKey);
  if (!set) return undefined;
  const replaced = new Map<StoredWheel, Buffer>();
  const edited: string[] = [];
  for (const library of libraries) {
    const tree = before.trees[library.path] ?? {};
    const edits = library.files.filter(({ path, sha256 }) => tree[path] !== sha256);
    if (edits.length === 0) continue;
    edited.push(`${library.path} (${counted(edits.length, 'file')})`);
    const wheel = set.wheels.find(({ name }) => normalizeName(name) === library.name);
    // A marker leaves it out for this runtime.
    if (!wheel) continue;
    const bytes = substituted(store.wheelPath(wheel), wheel, tree, library, edits);
    if (!bytes) return undefined;
    replaced.set(wheel, bytes);
  }
  const { image, engine } = set;
  return {
    what: listed(edited),
    resolve: (directory) => ({
      files: [...replaced].map(([{ file }, bytes]) => {
        const path = join(directory, file);
        writeWhole(path, (output) => output.write(bytes));
        return path;
      }),
      kept: set.wheels.filter((wheel) => !replaced.has(wheel)),
      image,
      engine,
    }),
  };
}

function substituted(
  path: string,
  { file: filename, sha256 }: StoredWheel,
  tree: LibraryTree,
  library: Library,
  edits: readonly FileFacts[],
): Buffer | undefined {
  if (hashFile(path) !== sha256) return undefined;
  using file = openFile(path);
  const wheel = readWheel(file, filename, { trusted: true });
  const contents = new Map(edits.map((edit) => [edit.path, library.read(edit.path)]));
  const chunks: Uint8Array[] = [];
  const sink = { write: (bytes: Uint8Array) => void chunks.push(Buffer.from(bytes)) };
  const isWritten = writeSubstituted(wheel, file, tree, contents, sink);
  return isWritten ? Buffer.concat(chunks) : undefined;
}
