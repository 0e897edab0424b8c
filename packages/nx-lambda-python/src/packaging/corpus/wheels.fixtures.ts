/** Hostile wheels, one or more for each rule of the wheel format: the key is the expected reason. */

import type { WheelDefect } from '../wheel/defect';
import { recordHash, type FixtureWheel } from '../wheel/wheel.fixtures';
import { deflate } from '../zip/archive.fixtures';
import type { ArchiveDefect } from '../zip/defect';

const PYTHON = 'x = 1\n';
const files = { 'demo/__init__.py': PYTHON };
const data = (key: string) => ({ files: { [`demo-1.0.data/${key}`]: 'x' } });
const entryPoint = (line: string) => ({
  files: { 'demo-1.0.dist-info/entry_points.txt': `[console_scripts]\n${line}\n` },
});

type Wheels = Record<string, FixtureWheel>;

/** By reason, then by what is wrong: the compiler asks for every reason. */
export const WHEELS: Record<WheelDefect, Wheels> & Partial<Record<ArchiveDefect, Wheels>> = {
  'filename-malformed': { 'no tags': { tag: 'any' } },
  'dist-info-missing': { none: { distInfo: 'demo-1.0.egg-info' } },
  'dist-info-duplicate': { two: { files: { 'x-1.dist-info/METADATA': '' } } },
  'dist-info-mismatch': {
    'other name': { distInfo: 'other-1.0.dist-info' },
    'other version': { distInfo: 'demo-1.1.dist-info' },
  },
  'wheel-file-missing': { none: { wheelFile: null } },
  'wheel-file-malformed': { 'no version': { wheelFile: 'Generator: spec\n' } },
  'wheel-version-unsupported': { major: { wheelFile: 'Wheel-Version: 2.0\n' } },
  'metadata-missing': { none: { metadata: null } },
  'metadata-malformed': {
    'two names': { metadata: 'Name: demo\nName: evil\nVersion: 1.0\n' },
    'no headers': { metadata: 'hello world\n' },
  },
  'metadata-mismatch': { 'other version': { metadata: 'Name: demo\nVersion: 2.0\n' } },
  'record-missing': { none: { record: null } },
  'record-malformed': {
    'two columns': { record: () => 'a,b\n' },
    'open quote': { record: (record) => `${record}"a,,\n` },
    'no hash': { record: () => 'a,nonsense,1\n' },
  },
  'record-duplicate': { 'a row twice': { record: (record) => record + record } },
  'record-not-listed': {
    'a file': { record: (record) => record.replace(/^.*METADATA.*\n/, '') },
    'a file in data': {
      ...data('purelib/a.py'),
      record: (record) => record.replace(/.*a.py.*\n/, ''),
    },
  },
  'record-file-missing': { 'a row': { record: (record) => `gone.py,,\n${record}` } },
  'record-hash-missing': {
    'a file': { files, record: (record) => record.replace(recordHash(PYTHON), '') },
  },
  'record-hash-weak': {
    md5: {
      files,
      record: (record) => record.replace(recordHash(PYTHON), recordHash(PYTHON, 'md5')),
    },
    sha1: {
      files,
      record: (record) => record.replace(recordHash(PYTHON), recordHash(PYTHON, 'sha1')),
    },
  },
  'record-hash-mismatch': {
    'other content': {
      files,
      record: (record) => record.replace(recordHash(PYTHON), recordHash('y')),
    },
  },
  'record-size-mismatch': {
    'one more': { files, record: (record) => record.replace(',6\n', ',7\n') },
  },
  'data-foreign': { 'other name': { files: { 'evil-1.0.data/purelib/a.py': '' } } },
  'data-key-unknown': {
    'of sysconfig': data('stdlib/a.py'),
    'of the prototype': data('constructor/a.py'),
    'a file': data('a.py'),
  },
  'data-overwrites': {
    'a module': { files: { 'a.py': 'x', 'demo-1.0.data/purelib/a.py': 'y' } },
    'its own metadata': {
      files: { 'demo-1.0.data/purelib/demo-1.0.dist-info/METADATA': 'Name: evil\n' },
    },
  },
  'entry-point-invalid': {
    'no function': entryPoint('demo = demo.cli'),
    'another directory': entryPoint('../demo = demo:main'),
    code: entryPoint('demo = os:system("x")'),
  },
  // What the reader refuses, it refuses in a wheel.
  'content-crc-mismatch': { 'a file': { files: { 'a.py': { content: 'x', crc: 1 } } } },
  'content-size-mismatch': {
    'a bomb': {
      files: { 'a.py': { content: 'x', data: deflate(Buffer.alloc(4_000_000)), method: 8 } },
    },
  },
  symlink: { escaping: { files: { 'a.py': { content: '/etc/passwd', mode: 0o120777 } } } },
  'name-parent': { escaping: { files: { '../a.py': 'x' } } },
};
