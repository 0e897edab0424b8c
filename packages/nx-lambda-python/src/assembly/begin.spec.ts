import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PackageFacts } from '../packaging/package';
import { SourceCache } from '../packaging/source-cache';
import type { DiskWheelStore } from '../platform/store/wheel-store';
import { beginPackage } from './begin';
import { normalizeOptions } from './normalize';
import { readMarker, readService } from './service';

const DIGEST = 'd'.repeat(64);
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'begin-'));
  mkdirSync(join(root, 'svc/svc/handlers'), { recursive: true });
  writeFileSync(
    join(root, 'svc/pyproject.toml'),
    '[tool.nx-lambda-python]\npackage = "svc"\nruntime = "python3.11"\n',
  );
  writeFileSync(join(root, 'svc/svc/handlers/one.py'), 'def handler(event, context):\n    pass\n');
  writeFileSync(join(root, 'part.zip'), 'entries and the end');
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A cache as a build with this part has left it. */
function cacheAfter(inputs: string): SourceCache {
  const first = new SourceCache(undefined);
  first.keepPackage({ part: DIGEST, inputs, facts: {} as PackageFacts, tail: '' });
  const chunks: Buffer[] = [];
  first.write({ write: (bytes) => void chunks.push(Buffer.from(bytes)) });
  const all = Buffer.concat(chunks);
  return new SourceCache({
    size: all.length,
    read: (offset, length) => all.subarray(offset, offset + length),
  });
}

async function begin(inputs: string, option = {}) {
  const options = normalizeOptions({ outputPath: 'dist', ...option }, {
    root,
    projectName: 'svc',
    projectsConfigurations: { projects: { svc: { root: 'svc' } } },
  } as never);
  const hashed: string[] = [];
  const store = {
    openKnownPart: () => ({
      path: join(root, 'part.zip'),
      facts: { length: 7, sha256: 'sha' },
      close: () => undefined,
    }),
    hashAhead: (digest: string) => hashed.push(digest),
  } as unknown as DiskWheelStore;
  const cache = cacheAfter(inputs);
  const service = await readService(options, readMarker(options), cache);
  return {
    begun: beginPackage(options, service, store, cache),
    hashed,
    content: service.content,
  };
}

describe('beginPackage', () => {
  it('hashes and copies the last part after an edit', async () => {
    const { begun, hashed } = await begin('others');
    const draft = begun?.take(DIGEST);
    await draft?.copying;
    expect(hashed).toEqual([DIGEST]);
    expect(readFileSync(draft?.path ?? '', 'utf8')).toContain('entries');
    await begun?.close();
    expect(readdirSync(join(root, 'dist'))).toHaveLength(1);
  });

  it('leaves nothing where the dependencies came out otherwise', async () => {
    const { begun } = await begin('others');
    expect(begun?.take('another')).toBeUndefined();
    await begun?.close();
    expect(readdirSync(join(root, 'dist'))).toEqual([]);
  });

  it('does nothing where nothing was edited', async () => {
    const { content } = await begin('others');
    rmSync(join(root, 'dist'), { recursive: true });
    const { begun, hashed } = await begin(`sha ${content}`);
    expect(begun).toBeUndefined();
    expect(hashed).toEqual([]);
  });

  it('does nothing for a layer', async () => {
    const { begun } = await begin('others', { layer: true });
    expect(begun).toBeUndefined();
  });
});
