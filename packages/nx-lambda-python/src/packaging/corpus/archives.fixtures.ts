/** Hostile archives, one or more for each rule that the reader keeps: the key is the expected reason. */

import { crc32 } from 'node:zlib';
import {
  DESCRIPTOR,
  buildArchive,
  deflate,
  descriptor,
  extraField,
  zip64Field,
} from '../zip/archive.fixtures';
import type { FixtureArchive, FixtureEntry } from '../zip/archive.fixtures';
import type { ArchiveDefect } from '../zip/defect';

const content = Buffer.from('print("hello")\n'.repeat(20));
const file: FixtureEntry = { path: 'a.py', content };
const other: FixtureEntry = { path: 'b.py', content: 'x = 1\n' };
const packed = deflate(content);
const junk = Buffer.from('junk');

const one = (changes: Partial<FixtureEntry>, archive?: FixtureArchive) =>
  buildArchive([{ ...file, ...changes }, other], archive);
const named = (...paths: (string | Buffer)[]) =>
  buildArchive(paths.map((path) => ({ path, content: 'x' })));
const described = (after: Buffer, changes: Partial<FixtureEntry> = {}) =>
  one({
    flags: DESCRIPTOR,
    local: { crc: 0, size: 0, compressedSize: 0 },
    after,
    ...changes,
  });
const plain = buildArchive([file, other]);
/** A whole archive in the comment of another one. */
const nested = buildArchive([other]);

/** By reason, then by what is wrong: the compiler asks for every reason. */
export const ARCHIVES: Record<ArchiveDefect, Record<string, Buffer>> = {
  'end-missing': {
    empty: Buffer.alloc(0),
    'no zip': Buffer.from('hello '.repeat(50)),
    'cut short': plain.subarray(0, -5),
    'cut in half': plain.subarray(0, plain.length / 2),
  },
  'end-duplicate': {
    'archive in the comment': buildArchive([file], { comment: nested }),
    'signature in the comment': buildArchive([file], { comment: Buffer.from('PK\x05\x06') }),
  },
  'trailing-data': {
    bytes: buildArchive([file], { trailing: junk }),
    'shorter comment than stated': buildArchive([file], { commentLength: 1, comment: junk }),
  },
  'multiple-disks': {
    'disk number': buildArchive([file], { disk: 1 }),
    'entries on this disk': buildArchive([file, other], { diskEntries: 1 }),
    'entry on another disk': one({ centralDisk: 1 }),
    'zip64 disk': buildArchive([file], { zip64: { disk: 2 } }),
  },
  'zip64-end-invalid': {
    'locator elsewhere': buildArchive([file], { zip64: { offset: 0 } }),
    'extensible data': buildArchive([file], { zip64: { recordSize: 45 } }),
    'locator without a record': buildArchive([
      { ...file, centralComment: Buffer.from(`PK\x06\x07${'\0'.repeat(16)}`) },
    ]),
  },
  'zip64-end-mismatch': {
    'entry count': buildArchive([file, other], { zip64: { classic: true, entryCount: 1 } }),
    'classic size': buildArchive([file], { zip64: { classic: true }, centralSize: 1 }),
  },
  'central-outside': {
    'beyond the end': buildArchive([file], { centralOffset: 5000 }),
    'longer than it is': buildArchive([file], { centralSize: 500 }),
  },
  'central-malformed': {
    'no signature': buildArchive([file], { centralOffset: 0, centralSize: centralEnd([file]) }),
    'digital signature after it': buildArchive([file], {
      beforeEnd: Buffer.from('PK\x05\x05\x00\x00'),
      centralSize: centralSize([file]) + 6,
      entryCount: 2,
    }),
  },
  'entry-count-mismatch': {
    'too few': buildArchive([file, other], { entryCount: 1 }),
    'too many': buildArchive([file, other], { entryCount: 3 }),
  },
  'prefix-data': {
    'offsets adjusted': buildArchive([file], { prefix: junk }),
    'offsets as they were': Buffer.concat([junk, plain]),
    'another archive in front': Buffer.concat([nested, plain]),
  },
  gap: {
    'between entries': one({ after: junk }),
    'after the last entry': buildArchive([{ ...file, after: junk }]),
    'before the end record': buildArchive([file], { beforeEnd: junk }),
  },
  overlap: {
    'same local header': buildArchive([file, { ...file, path: 'b.py', centralOffset: 0 }]),
    'data run on': one({ compressedSize: packed.length + 10 }),
  },
  'entry-outside': {
    'a name longer than its place': buildArchive([
      file,
      { path: 'b'.repeat(500), content: 'x', local: { path: 'b' } },
    ]),
    'beyond the end': buildArchive([
      { ...file, local: { extra: Buffer.alloc(40) } },
      { ...other, centralOffset: 100_000 },
    ]),
    'in the central directory': buildArchive([
      file,
      { ...other, centralOffset: centralStart([file, other]) },
    ]),
  },
  'local-header-missing': { 'wrong signature': one({ local: { signature: 0x04034b51 } }) },
  'local-name-mismatch': {
    'other name': one({ local: { path: 'c.py' } }),
    'longer name': one({ local: { path: 'a.pyc' } }),
  },
  'local-method-mismatch': { 'stored for one': one({ local: { method: 0 } }) },
  'local-flags-mismatch': {
    'UTF-8 for one': one({ local: { flags: 1 << 11 } }),
    'encrypted for one': one({ local: { flags: 1 } }),
    'descriptor for one': one({ local: { flags: DESCRIPTOR } }),
  },
  'local-crc-mismatch': {
    plain: one({ local: { crc: 1 } }),
    'with descriptor': described(descriptor(content, packed.length), { local: { crc: 1 } }),
  },
  'local-size-mismatch': {
    size: one({ local: { size: 1 } }),
    'compressed size': one({ local: { compressedSize: 1 } }),
    'zip64 field of its own mind': one({ local: { extra: zip64Field(1, packed.length) } }),
    'all ones without a field': one({ local: { size: 0xffffffff, compressedSize: 0xffffffff } }),
  },
  'descriptor-mismatch': {
    missing: described(Buffer.alloc(0)),
    'wrong size': described(descriptor(content, packed.length + 1)),
    'wrong CRC': described(descriptor(content, packed.length, { crc: 1 })),
    'longer than any': described(
      Buffer.concat([descriptor(content, packed.length), junk, junk, junk]),
    ),
  },
  'stored-with-descriptor': {
    stored: described(descriptor(content, content.length), { method: 0 }),
  },
  'extra-malformed': {
    'central, cut': one({ centralExtra: Buffer.from([9, 9, 4, 0, 1]) }),
    'local, cut': one({ local: { extra: Buffer.from([9, 9, 4]) } }),
  },
  'zip64-extra-invalid': {
    'too short': one({ size: 0xffffffff, centralExtra: extraField(1, Buffer.alloc(4)) }),
    'not asked for': one({ centralExtra: zip64Field(content.length) }),
    twice: one({
      size: 0xffffffff,
      centralExtra: Buffer.concat([zip64Field(content.length), zip64Field(1)]),
    }),
    'local with one size': one({ local: { extra: zip64Field(content.length) } }),
  },
  'unicode-path-mismatch': {
    'other name': one({ centralExtra: unicodePath('a.py', 'evil.py') }),
    'other name, local': one({ local: { extra: unicodePath('a.py', 'evil.py') } }),
    'wrong checksum': one({ centralExtra: unicodePath('b.py', 'a.py') }),
  },
  encrypted: {
    traditional: one({ flags: 1 }),
    strong: one({ flags: 1 | (1 << 6) }),
    AES: one({ centralExtra: extraField(0x9901, Buffer.alloc(7)) }),
  },
  'flag-unknown': { patched: one({ flags: 1 << 5 }), 'bit 15': one({ flags: 1 << 15 }) },
  'version-unsupported': { 'newer than any': one({ version: 64 }), huge: one({ version: 255 }) },
  'method-unknown': {
    bzip2: one({ method: 12 }),
    lzma: one({ method: 14 }),
    zstd: one({ method: 93 }),
  },
  'stored-size-mismatch': { stored: one({ method: 0, size: 3 }) },
  'directory-with-data': { 'a directory': buildArchive([{ path: 'a/', content: 'x', method: 0 }]) },
  symlink: {
    link: one({ mode: 0o120777 }),
    'escaping, relative': one({ content: '../../../etc/passwd', mode: 0o120777 }),
    'escaping, absolute': one({ content: '/etc/passwd', mode: 0o120777 }),
    'then a file below it': buildArchive([
      { path: 'a', content: '/tmp', mode: 0o120777 },
      { path: 'a/b.py', content: 'x' },
    ]),
    'directory link': buildArchive([{ path: 'a/', mode: 0o120777 }]),
  },
  'special-file': {
    fifo: one({ mode: 0o010644 }),
    device: one({ mode: 0o060644 }),
    'directory by mode': one({ mode: 0o040755 }),
  },
  'name-empty': { empty: named('') },
  'name-absolute': { root: named('/etc/passwd'), slash: named('/') },
  'name-parent': {
    leading: named('../a.py'),
    inner: named('a/../../b.py'),
    last: named('a/..'),
    directory: buildArchive([{ path: 'a/../' }]),
  },
  'name-dot': { leading: named('./a.py'), inner: named('a/./b.py') },
  'name-empty-component': { inner: named('a//b.py'), end: buildArchive([{ path: 'a//' }]) },
  'name-backslash': { path: named('a\\b.py'), parent: named('..\\..\\a.py') },
  'name-drive': { absolute: named('C:/a.py'), relative: named('c:a.py') },
  'name-nul': { 'cut by C': named('a.py\0.txt') },
  'name-control': { newline: named('a\n.py'), escape: named('\x1b[2Ja.py') },
  'name-not-utf8': {
    'with bit 11': buildArchive([{ path: Buffer.from([0x61, 0xff]), flags: 1 << 11 }]),
  },
  'name-encoding-unstated': { 'UTF-8 without bit 11': buildArchive([{ path: 'é.py', flags: 0 }]) },
  'name-duplicate': { file: named('a.py', 'b.py', 'a.py'), directory: empty('a/', 'a/') },
  'name-file-and-directory': {
    'file first': named('a', 'a/b.py'),
    'file last': named('a/b/c.py', 'a'),
    'directory entry': empty('a', 'a/'),
  },
  'number-too-large': {
    'zip64 size': one({ size: 0xffffffff, centralExtra: extraField(1, Buffer.alloc(8, 0xff)) }),
  },
  'too-many-entries': { count: buildArchive([file], { zip64: { entryCount: 1_000_000 } }) },
  'too-large': { 'five of 1 GiB': buildArchive(claiming(5, 1024 ** 3)) },
  bomb: { 'one of 1 GiB': buildArchive(claiming(1, 1024 ** 3)) },

  // Sound in structure: found when the content is inflated.
  'content-malformed': {
    'no deflate stream': one({ data: Buffer.alloc(50, 0xff) }),
    'cut short': one({ data: packed.subarray(0, -3) }),
    empty: one({ data: Buffer.alloc(0) }),
  },
  'content-size-mismatch': {
    'one byte more than stated': one({ size: content.length - 1 }),
    'a bomb that states little': one({ data: deflate(Buffer.alloc(8_000_000)), size: 10 }),
    'less than stated': one({ size: content.length + 1 }),
  },
  'content-crc-mismatch': { deflated: one({ crc: 1 }), stored: one({ method: 0, crc: 1 }) },
  'content-trailing': { 'hidden bytes': one({ data: Buffer.concat([packed, junk]) }) },
};

function empty(...paths: string[]): Buffer {
  return buildArchive(paths.map((path) => ({ path })));
}

function claiming(count: number, size: number): FixtureEntry[] {
  return Array.from({ length: count }, (_, index) => ({
    path: `${index}.bin`,
    content: 'x',
    size,
  }));
}

function unicodePath(checkedName: string, name: string): Buffer {
  const crc = Buffer.alloc(4);
  crc.writeUInt32LE(crc32(checkedName));
  return extraField(0x7075, Buffer.concat([Buffer.from([1]), crc, Buffer.from(name)]));
}

function centralSize(entries: FixtureEntry[]): number {
  return buildArchive(entries).readUInt32LE(buildArchive(entries).length - 10);
}

function centralStart(entries: FixtureEntry[]): number {
  return buildArchive(entries).readUInt32LE(buildArchive(entries).length - 6);
}

function centralEnd(entries: FixtureEntry[]): number {
  return centralStart(entries) + centralSize(entries);
}
