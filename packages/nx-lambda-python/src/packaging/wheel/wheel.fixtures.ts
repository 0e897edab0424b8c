/** Builds wheels for specs: sound ones, unless told otherwise. */

import { createHash } from 'node:crypto';
import { buildArchive } from '../zip/archive.fixtures';
import type { FixtureEntry } from '../zip/archive.fixtures';
import { bufferSource, type ByteSource } from '../zip/bytes';

export interface FixtureWheel {
  name?: string;
  version?: string;
  tag?: string;
  distInfo?: string;
  /** Beside those in dist-info: path to content, or all of an entry but its path. */
  files?: Record<string, string | Omit<FixtureEntry, 'path'>>;
  wheelFile?: string | null;
  metadata?: string | null;
  /** RECORD's text, made from the right one. */
  record?: ((record: string) => string) | null;
}

export interface BuiltWheel {
  filename: string;
  bytes: Buffer;
  source: ByteSource;
}

export function buildWheel(wheel: FixtureWheel = {}): BuiltWheel {
  const { name = 'demo', version = '1.0', tag = 'py3-none-any', files = {} } = wheel;
  const distInfo = wheel.distInfo ?? `${name}-${version}.dist-info`;
  const texts: Record<string, string | null> = {
    [`${distInfo}/METADATA`]:
      wheel.metadata === undefined
        ? `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n\nText.\n`
        : wheel.metadata,
    [`${distInfo}/WHEEL`]:
      wheel.wheelFile === undefined
        ? `Wheel-Version: 1.0\nGenerator: spec\nRoot-Is-Purelib: true\nTag: ${tag}\n`
        : wheel.wheelFile,
  };
  const entries: FixtureEntry[] = [];
  for (const [path, file] of Object.entries({ ...files, ...texts })) {
    if (file === null) continue;
    entries.push(typeof file === 'string' ? { path, content: file } : { path, ...file });
  }
  if (wheel.record !== null) {
    const record = recordOf(entries, `${distInfo}/RECORD`);
    entries.push({ path: `${distInfo}/RECORD`, content: wheel.record?.(record) ?? record });
  }
  const bytes = buildArchive(entries);
  return { filename: `${name}-${version}-${tag}.whl`, bytes, source: bufferSource(bytes) };
}

export function recordHash(content: string | Buffer, algorithm = 'sha256'): string {
  return `${algorithm}=${createHash(algorithm).update(content).digest('base64url')}`;
}

function recordOf(entries: readonly FixtureEntry[], recordPath: string): string {
  const rows = entries
    .filter(({ path }) => !path.toString().endsWith('/'))
    .map(
      ({ path, content = '' }) =>
        `${csv(path.toString())},${recordHash(content)},${Buffer.byteLength(content)}`,
    );
  return [...rows, `${csv(recordPath)},,`, ''].join('\n');
}

function csv(path: string): string {
  return /[",]/.test(path) ? `"${path.replaceAll('"', '""')}"` : path;
}
