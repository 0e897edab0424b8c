import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorWith } from '../errors.fixtures';
import { modulesOf } from '../packaging/dependency-part';
import type { PackageFacts } from '../packaging/package';
import { SourceCache } from '../packaging/source-cache';
import type { DiskWheelStore } from '../platform/store/wheel-store';
import { parseMarker } from '../service/marker';
import type { Service } from './service';
import { beginPackage, checkPackage } from './write';
import { temporaryDirectory } from '../temporary.fixtures';

const IMPORTING = { file: 'svc/a.py', path: 'svc/a.py' };
const imports = (...modules: string[]) =>
  modules.map((module, index) => ({
    ...{ module, level: 0, names: [], line: index + 1 },
    certain: true as const,
  }));
const marker = parseMarker(
  '[tool.nx-lambda-python]\npackage = "svc"\nruntime = "python3.11"\n',
  'pyproject.toml',
);
const SIX = {
  distributions: [{ name: 'six', version: '1', wheel: null, sha256: null, unpackedSize: 1 }],
  modules: modulesOf([{ path: 'six.py', distribution: 'six' }]),
  topLevel: ['six.py'],
};
const NONE = { distributions: [], modules: [], topLevel: [] };

function check(
  modules: string[],
  options: { imports?: 'warn' | 'error' | 'off'; excludeDistributions?: string[] } = {},
  facts: Parameters<typeof checkPackage>[3] = SIX,
) {
  return checkPackage(
    { imports: 'warn', excludeDistributions: [], ...options },
    { marker, files: [], importing: [{ ...IMPORTING, imports: imports(...modules) }] },
    { leftOut: () => new Map([['numpy', 'numpy']]), whenNone: () => 'nothing is for it' },
    facts,
  );
}

describe('what a build says of imports', () => {
  it('is nothing if all lead somewhere', () => {
    expect(check(['six', 'json', 'boto3'], { imports: 'error' })).toEqual([]);
  });

  it('is a warning, an error, or nothing, as the option has it', () => {
    expect(check(['six', 'requests'])).toEqual([
      expect.stringMatching(/^an import leads nowhere.*\n {2}`svc\/a\.py:2` imports `requests`: /),
    ]);
    expect(() => check(['six', 'requests'], { imports: 'error' })).toThrow(
      errorWith('IMPORT_NOT_FOUND', '`svc/a.py:2` imports `requests`'),
    );
    expect(check(['requests'], { imports: 'off' })).toEqual([]);
  });

  it('is a warning only where an option leaves a distribution out', () => {
    expect(check(['numpy'], { imports: 'error', excludeDistributions: ['numpy'] })).toEqual([
      'a layer from elsewhere has to contain what "excludeDistributions" or "excludeFiles" leaves out:\n  `svc/a.py:1` imports `numpy` of `numpy`',
    ]);
  });
});

it('takes modules of which no file is in the package for left out', () => {
  const leftOut = modulesOf([{ path: 'torch/x.py', distribution: 'pytorch' }]);
  expect(check(['six', 'torch'], { imports: 'error' }, { ...SIX, leftOut })).toEqual([
    expect.stringContaining('imports `torch` of `pytorch`'),
  ]);
});

it('says where all that is required is for other Pythons, and not where options leave it out', () => {
  expect(check([], {}, NONE)).toEqual(['nothing is for it']);
  expect(check([], { excludeDistributions: ['boto3'] }, NONE)).toEqual([]);
});

describe('beginPackage', () => {
  const DIGEST = 'd'.repeat(64);
  const CONTENT = 'c'.repeat(64);
  let root: string;
  beforeEach(() => {
    root = temporaryDirectory();
    mkdirSync(join(root, 'dist'));
    writeFileSync(join(root, 'part.zip'), 'entries and the end');
  });

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

  function begin(inputs: string) {
    const hashed: string[] = [];
    const store = {
      openKnownPart: () => ({
        path: join(root, 'part.zip'),
        facts: { length: 7, sha256: 'sha' },
        [Symbol.dispose]: () => undefined,
      }),
      hashAhead: (digest: string) => hashed.push(digest),
    } as unknown as DiskWheelStore;
    const files = { directory: join(root, 'dist'), store, cache: cacheAfter(inputs) };
    return { begun: beginPackage({ content: CONTENT } as Service, files), hashed };
  }

  it('hashes and copies the last part after an edit', async () => {
    const { begun, hashed } = begin('others');
    const draft = begun?.take(DIGEST);
    await draft?.copying;
    expect(hashed).toEqual([DIGEST]);
    expect(readFileSync(draft?.path ?? '', 'utf8')).toContain('entries');
    await begun?.[Symbol.asyncDispose]();
    expect(readdirSync(join(root, 'dist'))).toHaveLength(1);
  });

  it('leaves nothing if the dependencies came out otherwise', async () => {
    const { begun } = begin('others');
    expect(begun?.take('another')).toBeUndefined();
    await begun?.[Symbol.asyncDispose]();
    expect(readdirSync(join(root, 'dist'))).toEqual([]);
  });

  it('does nothing if nothing was edited', () => {
    const { begun, hashed } = begin(`sha ${CONTENT}`);
    expect(begun).toBeUndefined();
    expect(hashed).toEqual([]);
  });
});
