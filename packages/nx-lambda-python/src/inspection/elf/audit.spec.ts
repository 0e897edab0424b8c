import { crc32 } from 'node:zlib';
import { findRuntime } from '../../service/runtimes';
import { bufferSource } from '../../packaging/zip/bytes';
import type { ZipEntry } from '../../packaging/zip/format';
import type { PackagedFile } from '../contents';
import { auditBinaries, type AuditSurroundings } from './audit';
import { makeElf, type ElfParts } from './elf.fixtures';
import { systemOf } from './system';

const RUNTIME = findRuntime('python3.11');
if (!RUNTIME) throw new Error('no runtime');
const AL2 = systemOf(RUNTIME, 'x86_64');

/** Paths below `fast/` and `fast.libs/` are of the distribution `fast`. */
function packaged(files: Record<string, ElfParts | Buffer>): PackagedFile[] {
  const distribution = {
    name: 'fast',
    version: '1.0',
    record: '',
    rows: new Map(),
    requires: [],
    extras: [],
  };
  return Object.entries(files).map(([path, content]) => {
    const bytes = Buffer.isBuffer(content) ? content : makeElf(content);
    const isOwn = !path.startsWith('fast');
    const sizes = { size: bytes.length, unpackedSize: bytes.length };
    const entry = {
      path,
      method: 0,
      crc32: crc32(bytes),
      compressedSize: bytes.length,
      size: bytes.length,
    } as ZipEntry;
    const where = { archive: bufferSource(bytes), entry: { ...entry, dataOffset: 0 } };
    return {
      path,
      ...sizes,
      ...where,
      isOwn,
      isBytecode: false,
      distribution: isOwn ? null : distribution,
    };
  });
}

const PUBLISHED = 'fast-1.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl';
const BUILT_HERE = 'fast-1.0-cp311-cp311-linux_x86_64.whl';

function audit(files: Record<string, ElfParts | Buffer>, more: Partial<AuditSurroundings> = {}) {
  const surroundings = { system: AL2, wheelOf: () => PUBLISHED, ...more };
  return auditBinaries(packaged(files), surroundings).findings;
}

const needs = (...names: string[]): ElfParts => ({ versions: { 'libc.so.6': names } });

describe('the audit of compiled files', () => {
  it.each<[string, Record<string, ElfParts | Buffer>, Partial<AuditSurroundings>?]>([
    [
      'what the runtime has',
      {
        'fast/x.so': {
          ...needs('GLIBC_2.26', 'GLIBC_PRIVATE'),
          needed: ['libc.so.6', 'libstdc++.so.6', 'ld-linux-x86-64.so.2'],
        },
      },
      { wheelOf: () => BUILT_HERE },
    ],
    [
      'a library beside it',
      {
        'fast/a/x.so': { needed: ['libq.so'], rpath: '$ORIGIN/../../fast.libs' },
        'fast.libs/libq.so': {},
      },
    ],
    [
      'a library by RUNPATH in braces',
      { 'fast/x.so': { needed: ['libq.so'], runpath: '${ORIGIN}' }, 'fast/libq.so': {} },
    ],
    [
      'an RPATH of the file that loads it',
      {
        'fast/x.so': { needed: ['libq.so'], rpath: '$ORIGIN/libs' },
        'fast/libs/libq.so': { needed: ['libr.so'] },
        'fast/libs/libr.so': {},
      },
    ],
    [
      'LD_LIBRARY_PATH',
      { 'fast/x.so': { needed: ['libq.so', 'libr.so'] }, 'lib/libq.so': {}, 'libr.so': {} },
    ],
    [
      'an absolute RPATH of Lambda',
      { 'fast/x.so': { needed: ['libq.so'], rpath: '/var/task/native' }, 'native/libq.so': {} },
    ],
    [
      'a symbol of a library that is in the package',
      {
        'fast/x.so': {
          needed: ['libstdc++.so.6'],
          rpath: '$ORIGIN',
          versions: { 'libstdc++.so.6': ['GLIBCXX_3.4.32'] },
        },
        'fast/libstdc++.so.6': {},
      },
    ],
    ['a weak symbol', { 'fast/x.so': { ...needs('GLIBC_2.38'), weak: true } }],
    [
      'text that begins like one',
      { 'fast/x.so': Buffer.from('\x7fELF is the name', 'latin1').subarray(0, 12) },
    ],
  ])('accepts %s', (_, files, ...[more]) => {
    expect(audit(files, more)).toEqual([]);
  });

  it.each<[string, Record<string, ElfParts | Buffer>, string, string, Partial<AuditSurroundings>?]>(
    [
      [
        'wrong-architecture',
        { 'fast/x.so': { machine: 183 }, 'fast/y.so': { machine: 183 } },
        '`fast 1.0`: `fast/x.so` (and 1 more file) is for aarch64, expected x86_64',
        'require a version of `fast` that has a wheel for x86_64, or correct `architecture` in pyproject.toml',
      ],
      [
        'wrong-architecture',
        { 'own/x.so': { machine: 183 } },
        '`own/x.so` is for aarch64, expected x86_64',
        'replace it by one for x86_64, correct `architecture` in pyproject.toml, or leave it out: exclude = ["own/x.so"]',
      ],
      [
        'elf-damaged',
        { 'fast/x.so': makeElf().subarray(0, 70) },
        '`fast 1.0`: `fast/x.so` cannot be loaded: its program headers are outside of the file',
        'require another version of `fast`',
      ],
      [
        'glibc-too-new',
        { 'fast/x.so': needs('GLIBC_2.34', 'GLIBC_2.4') },
        '`fast 1.0`: `fast/x.so` needs GLIBC_2.34, Amazon Linux 2 has GLIBC_2.26',
        'require a version of `fast` whose wheel is for manylinux_2_26_x86_64 or older',
      ],
      [
        'glibc-too-new',
        { 'fast/x.so': needs('GLIBC_2.34') },
        '`fast 1.0`: `fast/x.so` needs GLIBC_2.34, Amazon Linux 2 has GLIBC_2.26',
        'it was built from source in an image that is newer than Lambda: remove "image" from the build target, so that AWS\'s own is used, or require a version of `fast` that has a wheel for manylinux_2_26_x86_64',
        { wheelOf: () => BUILT_HERE },
      ],
      [
        'libstdcxx-too-new',
        { 'fast/x.so': { versions: { 'libstdc++.so.6': ['CXXABI_1.3.13', 'CXXABI_TM_1'] } } },
        '`fast 1.0`: `fast/x.so` needs CXXABI_1.3.13, Amazon Linux 2 has CXXABI_1.3.11',
        'require a version of `fast` whose wheel is for manylinux_2_26_x86_64 or older',
      ],
      [
        'wheel-tag-wrong',
        { 'fast/x.so': needs('GLIBC_2.25') },
        '`fast 1.0`: `fast/x.so` needs GLIBC_2.25, but its wheel is tagged for glibc 2.17',
        'nothing for this runtime; tell the authors of `fast`',
      ],
      [
        'library-missing',
        {
          'fast/x.so': { needed: ['libGL.so.1'] },
          'fast/y.so': { needed: ['libX11.so.6', 'libGL.so.1'] },
        },
        '`fast 1.0`: `fast/x.so` (and 1 more file) needs `libGL.so.1`, `libX11.so.6`, which neither the package nor Amazon Linux 2 has',
        "require a version of `fast` whose wheel brings it, or put it into the package's `lib` directory or a layer's",
      ],
      [
        'library-not-in-runtime',
        { 'fast/x.so': { needed: ['libexpat.so.1'] } },
        '`fast 1.0`: `fast/x.so` needs `libexpat.so.1`, which the build image has and Amazon Linux 2 of Lambda is not known to have',
        "require a version of `fast` whose wheel brings it, or put it into the package's `lib` directory or a layer's",
        { image: new Set(['libexpat.so.1']) },
      ],
      [
        'library-elsewhere',
        {
          'fast/x.so': { needed: ['libq.so.1'], runpath: '$ORIGIN' },
          'fast/deep/libq.so': { soname: 'libq.so.1' },
        },
        '`fast 1.0`: `fast/x.so` needs `libq.so.1`, which its search path does not lead to: it is `fast/deep/libq.so`',
        'nothing if the import succeeds: the distribution then loads it itself',
      ],
      [
        'library-missing',
        { 'fast/x.so': { needed: ['libc.musl-x86_64.so.1'] } },
        '`fast 1.0`: `fast/x.so` needs `libc.musl-x86_64.so.1`, which neither the package nor Amazon Linux 2 has',
        'require a wheel of `fast` for manylinux, not for musllinux',
      ],
      // RUNPATH is not inherited.
      [
        'library-elsewhere',
        {
          'fast/x.so': { needed: ['libq.so'], runpath: '$ORIGIN/libs' },
          'fast/libs/libq.so': { needed: ['libr.so'] },
          'fast/libs/libr.so': {},
        },
        '`fast 1.0`: `fast/libs/libq.so` needs `libr.so`, which its search path does not lead to: it is `fast/libs/libr.so`',
        'nothing if the import succeeds: the distribution then loads it itself',
      ],
    ],
  )('finds %s', (kind, files, message, hint, ...[more]) => {
    expect(audit(files, more)).toMatchObject([{ kind, message, hint }]);
  });
});
