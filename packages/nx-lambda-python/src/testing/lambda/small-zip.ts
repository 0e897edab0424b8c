/** The smallest zip that Lambda takes: one stored file. Layout: APPNOTE 4.3.7, 4.3.12, 4.3.16. */

import { crc32 } from 'node:zlib';

/** @param claimedSize what the central directory says of the file's size; default: the truth */
export function smallZip(
  file: string,
  text: string,
  claimedSize = Buffer.byteLength(text),
): Buffer {
  const name = Buffer.from(file);
  const content = Buffer.from(text);
  const local = Buffer.concat([
    Buffer.from('PK\x03\x04'),
    sharedFields(name, content, content.length),
    name,
    content,
  ]);
  const central = Buffer.concat([
    Buffer.from('PK\x01\x02'),
    Buffer.from([20, 3]), // 4 - version made by: 2.0, Unix
    sharedFields(name, content, claimedSize),
    Buffer.alloc(14), // 32 - comment, disk, attributes, offset of the local header
    name,
  ]);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(1, 8); // entries on this disk
  end.writeUInt16LE(1, 10); // entries
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16); // offset of the central directory
  return Buffer.concat([local, central, end]);
}

/** The 26 bytes that both headers have, from "version needed to extract" on. */
function sharedFields(name: Buffer, content: Buffer, size: number): Buffer {
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(20, 0); // version needed to extract: 2.0
  fields.writeUInt16LE(0x21, 8); // date: 1980-01-01, the earliest
  fields.writeUInt32LE(crc32(content), 10);
  fields.writeUInt32LE(content.length, 14); // compressed size
  fields.writeUInt32LE(size, 18); // uncompressed size
  fields.writeUInt16LE(name.length, 22);
  return fields;
}
