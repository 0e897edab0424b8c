/** Parts and packages in memory, for specs. */

import { createHash } from 'node:crypto';
import type { ByteSink } from './zip/write';
import {
  PLAIN_PART,
  writePart,
  type OpenWheel,
  type PartFacts,
  type PartOptions,
} from './dependency-part';
import { hexDigest } from './requirements/canonical-json';
import { writePackage, type DependencyPart, type PackageFacts, type ServiceFile } from './package';
import { buildWheel, type FixtureWheel } from './wheel/wheel.fixtures';
import type { Collisions } from './wheel/merge';
import { bufferSource, type ByteSource } from './zip/bytes';
import { compress } from './zip/deflate';
import { readEntries } from './zip/read';
import { readContent } from './zip/verify';

export function openWheel(fixture: FixtureWheel): OpenWheel {
  const { filename, bytes, source } = buildWheel(fixture);
  const { name = 'demo', version = '1.0' } = fixture;
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { name, version, file: filename, sha256, size: bytes.length, source };
}

export function collect<T>(produce: (sink: ByteSink) => T): { bytes: Buffer; result: T } {
  const chunks: Buffer[] = [];
  const result = produce({ write: (bytes) => void chunks.push(Buffer.from(bytes)) });
  return { bytes: Buffer.concat(chunks), result };
}

export async function partOf(
  wheels: readonly OpenWheel[],
  collisions: Collisions = {},
  given: Partial<PartOptions> = {},
): Promise<{ archive: ByteSource; facts: PartFacts }> {
  const options = { ...PLAIN_PART, collisions, ...given };
  const chunks: Buffer[] = [];
  const sink = { write: (bytes: Uint8Array) => void chunks.push(Buffer.from(bytes)) };
  const { facts } = await writePart(wheels, options, sink);
  return { archive: bufferSource(Buffer.concat(chunks)), facts };
}

/** The whole package, as one that begins with the part's entries. */
export async function packageOf(
  from: DependencyPart | Promise<DependencyPart>,
  files: readonly ServiceFile[],
): Promise<{ bytes: Buffer; result: PackageFacts }> {
  const part = await from;
  const chunks = [Buffer.from(part.archive.read(0, part.facts.length))];
  const result = await writePackage(part, files, compress, async () => ({
    write: (bytes) => void chunks.push(Buffer.from(bytes)),
  }));
  return { bytes: Buffer.concat(chunks), result };
}

export function serviceFile(
  path: string,
  content: string | Buffer,
  executable = false,
): ServiceFile {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return { path, file: path, executable, read: () => bytes, sha256: hexDigest(bytes) };
}

/** Path to content, read strictly. */
export function contentsOf(bytes: Buffer): Record<string, string> {
  const source = bufferSource(bytes);
  return Object.fromEntries(
    readEntries(source).map((entry) => [entry.path, readContent(source, entry).toString()]),
  );
}
