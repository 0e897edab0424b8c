/** A PutObject body: the chunks that SDKs send streams in, and the digests that must agree. */

import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { Crc64Nvme } from '../../packaging/crc64-nvme';
import { AwsError, notSimulated } from '../protocol/aws-error';
import type { AwsRequest } from '../protocol/call';
import { sha256Hex } from '../state/model';

export interface PutBody {
  bytes: Buffer;
  /** Hex. */
  sha256: string;
  /** Hex. */
  md5: string;
  /** What the client sent and the bytes confirmed: [`sha256`, base64]. */
  checksum: [algorithm: string, value: string] | undefined;
}

/** @throws AwsError 400 if a length or digest that the client sent does not fit the bytes */
export function readPutBody(request: AwsRequest): PutBody {
  const { bytes, sha256, trailers } = decodeBody(request);
  const md5 = createHash('md5').update(bytes).digest();
  const expectedMd5 = request.headers['content-md5'];
  if (expectedMd5 !== undefined && expectedMd5 !== md5.toString('base64')) {
    throw badDigest('The Content-MD5 you specified did not match what we received.');
  }
  const checksum = findChecksum({ ...request.headers, ...trailers });
  if (checksum !== undefined) verifyChecksum(checksum, bytes, sha256);
  return { bytes, sha256, md5: md5.toString('hex'), checksum };
}

/**
 * `STREAMING-…` bodies are `hex-size[;chunk-signature=…]\r\n bytes \r\n … 0\r\n trailers \r\n`.
 * Source: Amazon S3 API reference, "Signature calculations: transferring payload in chunks".
 */
function decodeBody(request: AwsRequest): ReturnType<typeof decodeChunks> & { sha256: string } {
  const declared = request.headers['x-amz-content-sha256'] ?? 'UNSIGNED-PAYLOAD';
  if (declared.startsWith('STREAMING-')) {
    const { bytes, trailers } = decodeChunks(request.body);
    const length = request.headers['x-amz-decoded-content-length'];
    if (length !== undefined && Number(length) !== bytes.length) throw incomplete();
    return { bytes, sha256: sha256Hex(bytes), trailers };
  }
  if (declared !== 'UNSIGNED-PAYLOAD' && declared !== request.bodySha256) {
    throw new AwsError(
      400,
      'XAmzContentSHA256Mismatch',
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    );
  }
  return { bytes: request.body, sha256: request.bodySha256, trailers: {} };
}

function decodeChunks(body: Buffer): { bytes: Buffer; trailers: Record<string, string> } {
  const chunks: Buffer[] = [];
  let position = 0;
  for (;;) {
    const lineEnd = body.indexOf('\r\n', position);
    if (lineEnd === -1) throw incomplete();
    const size = parseInt(body.toString('latin1', position, lineEnd), 16);
    const start = lineEnd + 2;
    if (Number.isNaN(size) || start + size > body.length) throw incomplete();
    if (size === 0) {
      const trailers = readTrailers(body.toString('latin1', start));
      return { bytes: Buffer.concat(chunks), trailers };
    }
    chunks.push(body.subarray(start, start + size));
    position = start + size + 2;
  }
}

function readTrailers(text: string): Record<string, string> {
  const lines = text.split('\r\n').filter((line) => line.includes(':'));
  return Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
}

function findChecksum(headers: Record<string, string>): [string, string] | undefined {
  const checksums = Object.entries(headers).flatMap(([name, value]): [string, string][] => {
    const algorithm = /^x-amz-checksum-(sha1|sha256|crc32|crc32c|crc64nvme)$/.exec(name)?.[1];
    return algorithm === undefined ? [] : [[algorithm, value]];
  });
  if (checksums.length > 1) {
    throw invalidRequest(
      'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    );
  }
  return checksums[0];
}

function verifyChecksum([algorithm, value]: [string, string], bytes: Buffer, sha256: string): void {
  const actual = checksumOf(algorithm, bytes, sha256).toString('base64');
  if (actual === value) return;
  // S3 tells a value of the wrong length from one of the wrong bytes.
  if (Buffer.from(value, 'base64').length !== Buffer.from(actual, 'base64').length) {
    throw invalidRequest(`Value for x-amz-checksum-${algorithm} header is invalid.`);
  }
  throw badDigest(
    `The ${algorithm.toUpperCase()} you specified did not match the calculated checksum.`,
  );
}

function checksumOf(algorithm: string, bytes: Buffer, sha256: string): Buffer {
  switch (algorithm) {
    case 'sha256':
      return Buffer.from(sha256, 'hex');
    case 'crc64nvme':
      return Buffer.from(new Crc64Nvme().update(bytes).digest(), 'base64');
    case 'sha1':
      return createHash('sha1').update(bytes).digest();
    case 'crc32': {
      const digest = Buffer.alloc(4);
      digest.writeUInt32BE(crc32(bytes));
      return digest;
    }
    default:
      // Accepting it unchecked would hide the very error that it is sent to find.
      throw notSimulated(`the checksum algorithm ${algorithm}`);
  }
}

export function badDigest(message: string): AwsError {
  return new AwsError(400, 'BadDigest', message);
}

export function invalidRequest(message: string): AwsError {
  return new AwsError(400, 'InvalidRequest', message);
}

function incomplete(): AwsError {
  return new AwsError(
    400,
    'IncompleteBody',
    'The request body terminated unexpectedly or does not have the length that its headers name.',
  );
}
