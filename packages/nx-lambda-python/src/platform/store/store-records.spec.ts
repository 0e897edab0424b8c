import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { markUsed, readRecord, writeRecord } from './store-records';

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'records-'));
  path = join(directory, 'x.json');
});
afterEach(() => rmSync(directory, { recursive: true }));

const RECORD = { name: 'ü', size: 3, nested: { list: [1, 'a', null], 7: true }, absent: undefined };

describe('records', () => {
  it('come back as they were', () => {
    writeRecord(path, RECORD);
    expect(readRecord(path)).toEqual(RECORD);
  });

  it.each<[string, (text: string) => string]>([
    ['nothing', () => ''],
    ['half of it', (text) => text.slice(0, text.length / 2)],
    ['no JSON', () => '\0\0\0'],
    ['other JSON', () => '{}'],
    ['a list', () => '[]'],
    ['null', () => 'null'],
    ['another value', (text) => text.replace('"size": 3', '"size": 4')],
    ['another name', (text) => text.replace('ü', 'u')],
    ['one member less', (text) => text.replace('"size": 3,', '')],
    ['another digest', (text) => text.replace(/"digest": "[^"]+"/, '"digest": "00"')],
  ])('are not there where the file holds %s', (_, damage) => {
    writeRecord(path, RECORD);
    const text = readFileSync(path, 'utf8');
    expect(damage(text)).not.toBe(text);
    writeFileSync(path, damage(text));
    expect(readRecord(path)).toBeUndefined();
  });

  it('are not there where there is no file, which cannot be marked either', () => {
    expect(readRecord(path)).toBeUndefined();
    expect(() => markUsed(path)).not.toThrow();
  });
});
