import { placeholderZip } from '../seeding';
import { zipOf } from '../conformance/check.fixtures';
import { readUnpackedSize } from './code';

test('is what the central directory says', () => {
  expect(readUnpackedSize(zipOf('x', 123_456))).toBe(123_456);
  expect(readUnpackedSize(placeholderZip())).toBe('Replaced by the first deploy.\n'.length);
});

test('a comment at the end does not hide the directory', () => {
  const zip = Buffer.from(zipOf('x', 77));
  zip.writeUInt16LE(5, zip.length - 2);
  expect(readUnpackedSize(Buffer.concat([zip, Buffer.from('hello')]))).toBe(77);
});

test.each([
  ['nothing', Buffer.alloc(0)],
  ['text', Buffer.from('this is no zip, though it is longer than twenty-two bytes')],
  ['an empty zip', Buffer.from(`PK\x05\x06${'\0'.repeat(18)}`, 'latin1')],
  ['a zip without its end', zipOf('x').subarray(0, -1)],
  ['a zip without its beginning', zipOf('x').subarray(60)],
])('%s is no zip', (_, bytes) => {
  expect(readUnpackedSize(bytes)).toBeUndefined();
});
