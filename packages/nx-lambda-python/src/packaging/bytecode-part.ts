/** A dependency part with bytecode for its modules, so that importing them compiles nothing. */

import { ArchiveWriter, type ByteSink } from './zip/write';
import { finishPart, type WrittenPart } from './dependency-part';
import { sourceOf } from './installed-distributions';
import { hashPart, type DependencyPart } from './package';
import { groupBy } from '../report/document';
import { compareText } from './wheel/names';
import { eachChunk, type ByteSource } from './zip/bytes';
import { compress } from './zip/deflate';
import type { ZipEntry } from './zip/format';
import { readEntries } from './zip/read';
import { readContent } from './zip/verify';

/** Raised when the same part gets other bytecode. */
export const BYTECODE_FORMAT = 1;

export interface BytecodeOptions {
  /** Bytes of bytecode, unpacked. */
  budget: number;
  /** What all paths of the part begin with. */
  prefix: string;
  /** The bytecode is only of modules that are imported: each is chosen by itself. */
  isImported: boolean;
}

/**
 * The part's own entries, then the bytecode that fits into the budget.
 *
 * @param bytecode an archive of `__pycache__` files
 */
export async function writeBytecodePart(
  part: DependencyPart,
  bytecode: ByteSource,
  options: BytecodeOptions,
  sink: ByteSink,
): Promise<WrittenPart> {
  const { prefix, isImported } = options;
  const start = hashPart(part);
  eachChunk(part.archive, 0, part.facts.length, (bytes) => sink.write(bytes));
  const writer = new ArchiveWriter(sink, start);
  const own = readEntries(part.archive, { trusted: true });
  const compiled = readEntries(bytecode);
  const { chosen, left } = isImported
    ? chooseImported(compiled, new Map(own.map(({ path, size }) => [path, size])), options)
    : chooseBytecode(compiled, options);
  for (const entry of chosen) {
    writer.addCompressed(entry.path, false, compress(readContent(bytecode, entry)));
    // Between files this process can refresh its locks and handle Ctrl-C.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const files = [...own, ...chosen].map(({ path, size }) => ({
    path: path.slice(prefix.length),
    size,
  }));
  const { modules, distributions, leftOut, warnings } = part.facts;
  return finishPart(writer, files, {
    modules,
    distributions,
    ...(leftOut && { leftOut }),
    warnings: [...warnings, ...missed(left)],
  });
}

type File = Pick<ZipEntry, 'path' | 'size'>;

interface Choice<T> {
  /** In the order of their paths. */
  chosen: T[];
  /** Import packages that lack some. */
  left: string[];
}

/**
 * Whole import packages, the smallest first, as long as they fit: the rest of a package would still be
 * compiled at each cold start. Tests in packages are never imported.
 */
export function chooseBytecode<T extends File>(
  entries: readonly T[],
  { budget, prefix }: Pick<BytecodeOptions, 'budget' | 'prefix'>,
): Choice<T> {
  const imported = entries.filter(({ path }) => !/(^|\/)tests?\//.test(path));
  const packages = groupBy(imported, ({ path }) => importPackage(path.slice(prefix.length)));
  const bySize = [...packages]
    .map(([name, own]) => ({ name, own, size: own.reduce((sum, { size }) => sum + size, 0) }))
    .sort((a, b) => a.size - b.size || compareText(a.name, b.name));
  let used = 0;
  const fitting = bySize.findIndex(({ size }) => (used += size) > budget);
  const taken = fitting < 0 ? bySize : bySize.slice(0, fitting);
  return {
    chosen: taken.flatMap(({ own }) => own).sort((a, b) => compareText(a.path, b.path)),
    left: bySize.slice(taken.length).map(({ name }) => name),
  };
}

/**
 * Those first whose source is longest for the bytes of their bytecode: compiling takes as long as the source is long,
 * so they save the most time for each byte. No time is measured, since each machine would choose others.
 * @param sources bytes of all files, by path
 */
export function chooseImported<T extends File>(
  entries: readonly T[],
  sources: ReadonlyMap<string, number>,
  { budget, prefix }: Pick<BytecodeOptions, 'budget' | 'prefix'>,
): Choice<T> {
  const worth = ({ path, size }: T): number => (sources.get(sourceOf(path) ?? '') ?? 0) / size;
  const byWorth = [...entries].sort((a, b) => worth(b) - worth(a) || compareText(a.path, b.path));
  let used = 0;
  const chosen = byWorth.filter(({ size }) => {
    const fits = used + size <= budget;
    if (fits) used += size;
    return fits;
  });
  const taken = new Set(chosen);
  const left = entries.filter((one) => !taken.has(one));
  return {
    chosen: chosen.sort((a, b) => compareText(a.path, b.path)),
    left: [...new Set(left.map(({ path }) => importPackage(path.slice(prefix.length))))].sort(),
  };
}

/** `six` of `__pycache__/six.cpython-313.pyc`, `yaml` of `yaml/__pycache__/nodes.cpython-313.pyc`. */
function importPackage(path: string): string {
  const [first = '', second = ''] = path.split('/');
  return first === '__pycache__' ? (second.split('.')[0] ?? '') : first;
}

function missed(left: readonly string[]): string[] {
  if (left.length === 0) return [];
  const names = left.map((name) => `\`${name}\``).join(', ');
  return [`no bytecode for ${names}: "bytecodeBudgetMb" is used up`];
}
