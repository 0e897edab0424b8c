import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf } from '../../packaging/requirements/canonical-json';
import { buildWheel } from '../../packaging/wheel/wheel.fixtures';
import { hashFile } from '../files/files';
import { StoreRecords, markUsed, previousKey, readRecord, writeRecord } from './records';
import { temporaryDirectory } from '../../temporary.fixtures';

let root: string;
beforeEach(() => (root = temporaryDirectory()));

const RECORD = { name: 'ü', size: 3, nested: { list: [1, 'a', null], 7: true }, absent: undefined };

describe('records', () => {
  let path: string;
  beforeEach(() => (path = join(root, 'x.json')));

  it('come back as they were', () => {
    writeRecord(path, RECORD);
    expect(readRecord(path)).toEqual(RECORD);
  });

  it.each<[string, (text: string) => string]>([
    ['nothing', () => ''],
    ['half of it', (text) => text.slice(0, text.length / 2)],
    ['not JSON', () => '\0\0\0'],
    ['other JSON', () => '{}'],
    ['a list', () => '[]'],
    ['null', () => 'null'],
    ['another value', (text) => text.replace('"size": 3', '"size": 4')],
    ['another name', (text) => text.replace('ü', 'u')],
    ['one member less', (text) => text.replace('"size": 3,', '')],
    ['another digest', (text) => text.replace(/"digest": "[^"]+"/, '"digest": "00"')],
  ])('are ignored if the file holds %s', (_, damage) => {
    writeRecord(path, RECORD);
    const text = readFileSync(path, 'utf8');
    expect(damage(text)).not.toBe(text);
    writeFileSync(path, damage(text));
    expect(readRecord(path)).toBeUndefined();
  });

  it('are ignored if there is no file, which cannot be marked either', () => {
    expect(readRecord(path)).toBeUndefined();
    expect(() => markUsed(path)).not.toThrow();
  });
});

/** A wheel as the store has it. */
function storeWheel() {
  const { filename, bytes } = buildWheel({
    name: 'demo',
    metadata:
      'Metadata-Version: 2.1\nName: Demo\nVersion: 1.0\nRequires-Dist: six>=1\nRequires-Python: >=3.8\n',
  });
  writeFileSync(join(root, filename), bytes);
  const sha256 = hashFile(join(root, filename));
  mkdirSync(join(root, 'wheels', sha256), { recursive: true });
  writeFileSync(join(root, 'wheels', sha256, filename), bytes);
  return { file: filename, sha256, size: bytes.length };
}

describe('StoreRecords', () => {
  it('finds wheels by content and what they require', () => {
    const records = new StoreRecords(root);
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
    const records = new StoreRecords(root);
    const wheel = storeWheel();
    records.writeLine('line', wheel);
    expect(records.readLine('line')).toEqual(wheel);
    expect(records.readLine('other')).toBeUndefined();
    writeFileSync(join(root, 'wheels', wheel.sha256, wheel.file), 'damaged');
    expect(records.readLine('line')).toBeUndefined();
    rmSync(join(root, 'wheels'), { recursive: true });
    expect(records.readLine('line')).toBeUndefined();
  });

  it('gives back what a key was made of, unless it was changed', () => {
    const records = new StoreRecords(root);
    const content = { runtime: 'python3.13' };
    const key = digestOf(content);
    expect(records.readKey(key)).toBeUndefined();
    records.writeKey(content);
    expect(records.readKey(key)).toEqual(content);
    writeFileSync(join(root, 'keys', `${key}.json`), '{"runtime":"python3.12"}');
    expect(records.readKey(key)).toBeUndefined();
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
