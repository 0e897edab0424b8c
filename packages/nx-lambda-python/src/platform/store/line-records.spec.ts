import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf } from '../../packaging/canonical-json';
import { buildWheel } from '../../packaging/wheel/wheel.fixtures';
import { hashFile } from '../files/files';
import { KeyRecords, previousKey } from './key-records';
import { LineRecords } from './line-records';

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'records-'))));
afterEach(() => rmSync(root, { recursive: true }));

/** A wheel as the store has it. */
function storeWheel() {
  const { filename, bytes } = buildWheel({
    name: 'demo',
    metadata:
      'Metadata-Version: 2.1\nName: Demo\nVersion: 1.0\nRequires-Dist: six>=1\nRequires-Python: >=3.8\n',
  });
  writeFileSync(join(root, filename), bytes);
  const sha256 = hashFile(join(root, filename), 'hex');
  mkdirSync(join(root, 'wheels', sha256), { recursive: true });
  writeFileSync(join(root, 'wheels', sha256, filename), bytes);
  return { file: filename, sha256, size: bytes.length };
}

describe('LineRecords', () => {
  it('finds wheels by content and what they require', () => {
    const records = new LineRecords(root);
    const wheel = storeWheel();
    expect(records.findWheels(wheel.sha256)).toEqual([wheel]);
    expect(records.findWheels('00')).toEqual([]);
    const needs = { name: 'Demo', version: '1.0', requires: ['six>=1'], requiresPython: '>=3.8' };
    expect(records.readWheelNeeds(wheel)).toEqual(needs);
    records.keepWheelNeeds(wheel);
    writeFileSync(join(root, 'wheels', wheel.sha256, wheel.file), 'damaged');
    expect(records.readWheelNeeds(wheel)).toEqual(needs);
  });

  it('forgets a line whose wheel is gone or has another size', () => {
    const records = new LineRecords(root);
    const wheel = storeWheel();
    records.writeLine('line', wheel);
    expect(records.readLine('line')).toEqual(wheel);
    expect(records.readLine('other')).toBeUndefined();
    writeFileSync(join(root, 'wheels', wheel.sha256, wheel.file), 'damaged');
    expect(records.readLine('line')).toBeUndefined();
    rmSync(join(root, 'wheels'), { recursive: true });
    expect(records.readLine('line')).toBeUndefined();
  });
});

describe('KeyRecords', () => {
  it('gives back what a key was made of, unless it was changed', () => {
    const records = new KeyRecords(root);
    const content = { runtime: 'python3.13' };
    const key = digestOf(content);
    expect(records.read(key)).toBeUndefined();
    records.write(content);
    expect(records.read(key)).toEqual(content);
    writeFileSync(join(root, 'keys', `${key}.json`), '{"runtime":"python3.12"}');
    expect(records.read(key)).toBeUndefined();
  });
});

it('reads the key of the last build, if it is one', () => {
  const manifest = (key: unknown) =>
    writeFileSync(join(root, 'manifest.json'), JSON.stringify({ requirementsKey: key }));
  expect(previousKey(root)).toBeUndefined();
  manifest('a'.repeat(64));
  expect(previousKey(root)).toBe('a'.repeat(64));
  manifest('../../secret');
  expect(previousKey(root)).toBeUndefined();
});
