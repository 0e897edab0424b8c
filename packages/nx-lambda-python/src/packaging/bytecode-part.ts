/** A dependency part with bytecode for its modules, so that importing them compiles nothing. */

import { ArchiveWriter, type ByteSink } from './zip/write';
import { finishPart, type WrittenPart } from './dependency-part';
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
}

/**
 * The part's own entries, then the bytecode that fits into the budget.
 *
 * @param bytecode an archive of `__pycache__` files
 */
export async function writeBytecodePart(
  part: DependencyPart,
  bytecode: ByteSource,
  { budget, prefix }: BytecodeOptions,
  sink: ByteSink,
): Promise<WrittenPart> {
  const start = hashPart(part);
  eachChunk(part.archive, 0, part.facts.length, (bytes) => sink.write(bytes));
  const writer = new ArchiveWriter(sink, start);
  const { chosen, left } = chooseBytecode(readEntries(bytecode), { budget, prefix });
  for (const entry of chosen) {
    writer.addCompressed(entry.path, false, compress(readContent(bytecode, entry)));
    // Between files this process can refresh its locks and handle Ctrl-C.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const files = [...readEntries(part.archive, { trusted: true }), ...chosen].map(
    ({ path, size }) => ({ path: path.slice(prefix.length), size }),
  );
  const { modules, distributions, leftOut, warnings } = part.facts;
  return finishPart(writer, files, {
    modules,
    distributions,
    ...(leftOut && { leftOut }),
    warnings: [...warnings, ...missed(left)],
  });
}

/**
 * Whole import packages, the smallest first, as long as they fit: the rest of a package would still be
 * compiled at each cold start. Tests in packages are never imported.
 */
export function chooseBytecode<T extends Pick<ZipEntry, 'path' | 'size'>>(
  entries: readonly T[],
  { budget, prefix }: BytecodeOptions,
): { chosen: T[]; left: string[] } {
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
