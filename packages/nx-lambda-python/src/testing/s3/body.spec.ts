import { createHash } from 'node:crypto';
import type { AwsRequest } from '../protocol/call';
import { sha256Hex } from '../state/model';
import { readPutBody } from './body';

function putOf(body: string | Buffer, headers: Record<string, string> = {}): AwsRequest {
  const bytes = Buffer.from(body);
  return {
    method: 'PUT',
    path: '/bucket/key',
    query: new URLSearchParams(),
    headers,
    body: bytes,
    bodySha256: sha256Hex(bytes),
  };
}

const CHUNKED = { 'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' };
// CRC-32 of "hello world".
const CRC32 = 'DUoRhQ==';

test('chunks are joined, and the trailer’s checksum is checked', () => {
  const body = `5\r\nhello\r\n6\r\n world\r\n0\r\nx-amz-checksum-crc32:${CRC32}\r\n\r\n`;
  const { bytes, checksum, sha256 } = readPutBody(putOf(body, CHUNKED));
  expect(bytes.toString()).toBe('hello world');
  expect(checksum).toEqual(['crc32', CRC32]);
  expect(sha256).toBe(sha256Hex('hello world'));
});

test('signed chunks are read as well', () => {
  const headers = { 'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' };
  const body = '3;chunk-signature=ab\r\nabc\r\n0;chunk-signature=cd\r\n\r\n';
  expect(readPutBody(putOf(body, headers)).bytes.toString()).toBe('abc');
});

test.each([
  ['IncompleteBody', 'no size line', putOf('garbage', CHUNKED)],
  ['IncompleteBody', 'a chunk cut off', putOf('9\r\nabc', CHUNKED)],
  [
    'IncompleteBody',
    'another length',
    putOf('3\r\nabc\r\n0\r\n\r\n', { ...CHUNKED, 'x-amz-decoded-content-length': '4' }),
  ],
  [
    'BadDigest',
    'a wrong trailer',
    putOf(`3\r\nabc\r\n0\r\nx-amz-checksum-crc32:${CRC32}\r\n\r\n`, CHUNKED),
  ],
  [
    'BadDigest',
    'a wrong MD5',
    putOf('abc', { 'content-md5': createHash('md5').update('x').digest('base64') }),
  ],
  [
    'BadDigest',
    'a wrong SHA-1',
    putOf('abc', { 'x-amz-checksum-sha1': createHash('sha1').update('x').digest('base64') }),
  ],
  [
    'BadDigest',
    'a wrong CRC64NVME',
    putOf('abc', { 'x-amz-checksum-crc64nvme': Buffer.alloc(8).toString('base64') }),
  ],
  [
    'XAmzContentSHA256Mismatch',
    'another payload than signed',
    putOf('abc', { 'x-amz-content-sha256': sha256Hex('x') }),
  ],
  [
    'InvalidRequest',
    'a value that is no SHA-256',
    putOf('abc', { 'x-amz-checksum-sha256': 'c2hvcnQ=' }),
  ],
  [
    'InvalidRequest',
    'two checksums',
    putOf('abc', { 'x-amz-checksum-crc32': CRC32, 'x-amz-checksum-sha1': 'x' }),
  ],
  [
    'NotImplemented',
    'an algorithm that is not checked',
    putOf('abc', { 'x-amz-checksum-crc32c': 'x' }),
  ],
])('%s for %s', (code, _, request) => {
  expect(() => readPutBody(request)).toThrow(expect.objectContaining({ code }));
});
