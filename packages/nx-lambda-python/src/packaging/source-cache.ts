/**
 * What the last build of a service learned about its files, by their content: compressed bytes, what
 * modules define and import, and the package that they made. It saves work and decides nothing.
 *
 *     <SHA-256 of the next line>\n
 *     <index, JSON>\n
 *     <compressed bytes, one file after the other>
 */

import type { PythonModule } from '../python/module';
import type { ByteSink } from './zip/write';
import type { PackageFacts } from './package';
import { hexDigest } from './requirements/canonical-json';
import type { ByteSource } from './zip/bytes';
import { compress, type CompressedFile } from './zip/deflate';

/** Raised when the same content is compressed or parsed differently. */
const FORMAT = 7;
const DIGEST_LENGTH = 64;

interface Index {
  format: number;
  /** Bytes of the compressed files begin here, counted from the index's end. */
  contents: Record<string, CachedContent>;
  modules: Record<string, CachedModule>;
  package?: CachedPackage;
}

interface CachedContent extends Omit<CompressedFile, 'data'> {
  offset: number;
  length: number;
  /** SHA-256 of the compressed bytes, hex, in case the file was damaged. */
  sha256: string;
}

type CachedModule = Omit<PythonModule, 'names' | 'syntaxError'> & { names: string[] };

export interface CachedPackage {
  /** Digest of its dependency part in the store; absent if the dependencies are in a layer. */
  part?: string | undefined;
  /** See `packageInputs`. */
  inputs: string;
  facts: PackageFacts;
  /** SHA-256 of what follows the dependency part's entries, hex. */
  tail: string;
}

/** Empty if `source` is missing, damaged or of another format. */
export class SourceCache {
  private readonly index: Index;
  private readonly dataOffset: number;
  /** What this build used: the next one gets nothing else. */
  private readonly contents = new Map<string, CompressedFile>();
  private readonly modules = new Map<string, CachedModule>();
  private package: CachedPackage | undefined;
  /** Whether this build learned something; what it did not use may stay. */
  hasNews = false;

  constructor(private readonly source: ByteSource | undefined) {
    const { index, dataOffset } = (source && readIndex(source)) ?? EMPTY;
    this.index = index;
    this.dataOffset = dataOffset;
  }

  readonly compress = (content: Buffer, sha256: string): CompressedFile => {
    const cached = this.contents.get(sha256) ?? this.read(sha256);
    const compressed = cached ?? this.learn(compress(content));
    this.contents.set(sha256, compressed);
    return compressed;
  };

  /** @param parse is called for a content that the last build did not parse */
  async parse(sha256: string, parse: () => Promise<PythonModule>): Promise<PythonModule> {
    const cached = this.modules.get(sha256) ?? this.index.modules[sha256];
    if (cached) {
      this.modules.set(sha256, cached);
      return { ...cached, names: new Set(cached.names) };
    }
    const module = await parse();
    // A broken file is not cached: its error must be shown.
    if (module.syntaxError) return module;
    this.modules.set(sha256, this.learn({ ...module, names: [...module.names] }));
    return module;
  }

  /** The package that these inputs made, if the last build had the same. */
  packageOf(inputs: string): CachedPackage | undefined {
    return this.index.package?.inputs === inputs ? this.index.package : undefined;
  }

  /** The dependency part of the last build; the next one probably has the same. */
  get lastPart(): string | undefined {
    return this.index.package?.part;
  }

  keepPackage(made: CachedPackage): void {
    this.package = this.learn(made);
  }

  write(sink: ByteSink): void {
    const contents: Index['contents'] = {};
    let offset = 0;
    for (const [key, { data, ...facts }] of this.contents) {
      contents[key] = { ...facts, offset, length: data.length, sha256: hexDigest(data) };
      offset += data.length;
    }
    const modules = Object.fromEntries(this.modules);
    const index: Index = { format: FORMAT, contents, modules, package: this.package };
    const text = Buffer.from(JSON.stringify(index));
    sink.write(Buffer.from(`${hexDigest(text)}\n`));
    sink.write(text);
    sink.write(Buffer.from('\n'));
    for (const { data } of this.contents.values()) sink.write(data);
  }

  private learn<T>(news: T): T {
    this.hasNews = true;
    return news;
  }

  private read(key: string): CompressedFile | undefined {
    const cached = this.index.contents[key];
    if (!cached || !this.source) return undefined;
    const { offset, length, sha256, ...facts } = cached;
    const data = this.source.read(this.dataOffset + offset, length);
    return hexDigest(data) === sha256 ? { ...facts, data } : undefined;
  }
}

const EMPTY = { index: { format: FORMAT, contents: {}, modules: {} }, dataOffset: 0 };
/** Bytes searched at once for the index's end; the index of a thousand files fits. */
const STEP = 1 << 20;

function readIndex(source: ByteSource): { index: Index; dataOffset: number } | undefined {
  let head = Buffer.alloc(0);
  let end = -1;
  while (end < 0 && head.length < source.size) {
    const more = source.read(head.length, Math.min(STEP, source.size - head.length));
    head = Buffer.concat([head, more]);
    end = head.indexOf(10, DIGEST_LENGTH + 1);
  }
  const text = head.subarray(DIGEST_LENGTH + 1, Math.max(end, DIGEST_LENGTH + 1));
  if (end < 0 || head.toString('latin1', 0, DIGEST_LENGTH) !== hexDigest(text)) return undefined;
  const index = JSON.parse(text.toString('utf8')) as Index;
  return index.format === FORMAT ? { index, dataOffset: end + 1 } : undefined;
}
