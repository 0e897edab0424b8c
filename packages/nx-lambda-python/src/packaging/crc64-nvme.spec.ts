import { Crc64Nvme } from './crc64-nvme';

const hex = (bytes: Uint8Array) =>
  Buffer.from(new Crc64Nvme().update(bytes).digest(), 'base64').toString('hex');

// The catalogue's check value, and those of the NVM Command Set Specification, 5.2.1.3.4.
test.each([
  ['123456789', Buffer.from('123456789'), 'ae8b14860a799888'],
  ['nothing', Buffer.alloc(0), '0000000000000000'],
  ['4 KiB of 00', Buffer.alloc(4096), '6482d367eb22b64e'],
  ['4 KiB of FF', Buffer.alloc(4096, 255), 'c0ddba7302eca3ac'],
  ['4 KiB counting up', Buffer.from([...Array(4096).keys()]), '3e729f5f6750449c'],
  ['4 KiB counting down', Buffer.from([...Array(4096).keys()].reverse()), '9a2df64b8e9e517e'],
])('the published value of %s', (_, bytes, expected) => {
  expect(hex(bytes)).toBe(expected);
});

test('pieces of any length and alignment give the same', () => {
  const bytes = Buffer.from([...Array(1000).keys()]);
  for (const size of [1, 3, 7, 8, 9, 64, 999]) {
    const crc = new Crc64Nvme();
    for (let at = 0; at < bytes.length; at += size) crc.update(bytes.subarray(at, at + size));
    expect(crc.digest()).toBe(new Crc64Nvme().update(bytes).digest());
  }
});
