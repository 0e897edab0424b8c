/** A dependency part that can be read. */

import type { ByteSink } from '../../packaging/zip/write';
import type { OpenWheel, WrittenPart } from '../../packaging/dependency-part';
import type { DependencyPart } from '../../packaging/package';
import { bufferSource } from '../../packaging/zip/bytes';
import type { Draft } from '../files/begun-files';

export interface OpenPart extends DependencyPart {
  /** Of the archive; undefined where it is in memory only, with nothing in it. */
  path: string | undefined;
  /** Where it was just made, and asked for: a file that begins with it, for whoever opened the part. */
  draft?: Draft | undefined;
  close(): void;
}

/** Splices wheels. */
export type WriteWheels = (wheels: readonly OpenWheel[], sink: ByteSink) => Promise<WrittenPart>;

/** Of a service that requires nothing: a few bytes, for which no store is needed. */
export async function emptyPart(write: WriteWheels): Promise<OpenPart> {
  const chunks: Uint8Array[] = [];
  const part = await write([], { write: (bytes) => void chunks.push(Buffer.from(bytes)) });
  const archive = bufferSource(Buffer.concat(chunks));
  return { ...part, archive, path: undefined, close: () => undefined };
}
