/** What a handler returned as the HTTP response that AWS would send: payload format 2.0, and its errors. */

import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { Front } from './http-event';

export interface HttpAnswer {
  status: number;
  headers: Record<string, string | string[]>;
  body: Buffer;
}

/** A result that AWS answers with an error: why, in words for the terminal. */
export interface Refused {
  why: string;
}

/**
 * A result with `statusCode` is a response; any other value is itself the body, as JSON.
 * @param payload JSON
 */
export function httpAnswer(payload: Buffer, kind: Front['kind']): HttpAnswer | Refused {
  const result = parse(payload);
  if (!isTable(result) || !('statusCode' in result)) {
    return { status: 200, headers: { 'content-type': 'application/json' }, body: payload };
  }
  const { statusCode: status, headers = {}, cookies = [], body = '' } = result;
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 200 || status > 599) {
    return {
      why: `\`statusCode\` is ${JSON.stringify(status)}, expected a number from 200 to 599`,
    };
  }
  if (typeof (body ?? '') !== 'string') {
    return { why: '`body` is not text: return `json.dumps(…)` of it' };
  }
  if (!isTable(headers ?? {})) return { why: '`headers` is not a dictionary' };
  const list = cookies ?? [];
  if (!isTexts(list)) return { why: '`cookies` is not a list of texts' };
  if (!list.every((cookie) => isHeader('set-cookie', cookie))) {
    return { why: 'a cookie has characters that HTTP does not allow' };
  }
  const text = String(body ?? '');
  const bytes = result['isBase64Encoded'] === true ? fromBase64(text) : Buffer.from(text);
  if (bytes === undefined) return { why: '`isBase64Encoded` is set, and `body` is not Base64' };
  const written = writeHeaders((headers ?? {}) as Record<string, unknown>);
  if (typeof written === 'string') return { why: written };
  const type = kind === 'url' ? 'application/json' : 'text/plain; charset=utf-8';
  return {
    status,
    headers: {
      'content-type': type,
      ...written,
      ...(list.length > 0 && { 'set-cookie': list }),
    },
    body: bytes,
  };
}

/** What AWS answers for a handler that failed, or a result that is not a response. */
export function errorAnswer(kind: Front['kind']): HttpAnswer {
  return kind === 'url'
    ? plain(502, 'Internal Server Error')
    : message(500, 'Internal Server Error');
}

/** What AWS answers for a request that is too large for Lambda. */
export function tooLargeAnswer(kind: Front['kind']): HttpAnswer {
  return kind === 'url'
    ? plain(413, 'Request Entity Too Large')
    : message(413, 'Request Entity Too Large');
}

/** What an HTTP API answers for a request that no route takes. */
export const NOT_FOUND: HttpAnswer = message(404, 'Not Found');

export function plain(status: number, text: string): HttpAnswer {
  return { status, headers: { 'content-type': 'text/plain' }, body: Buffer.from(text) };
}

function message(status: number, text: string): HttpAnswer {
  const body = Buffer.from(JSON.stringify({ message: text }));
  return { status, headers: { 'content-type': 'application/json' }, body };
}

/** Set by the server itself, which knows how it sends. */
const OWN_HEADERS = ['connection', 'content-length', 'keep-alive', 'transfer-encoding'];

/** @returns what is wrong, if something is */
function writeHeaders(headers: Record<string, unknown>): Record<string, string> | string {
  const written: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (OWN_HEADERS.includes(name.toLowerCase())) continue;
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
      return `the header \`${name}\` is not text: join several values with commas`;
    }
    if (!isHeader(name, String(value))) {
      return `the header \`${name}\` has characters that HTTP does not allow`;
    }
    written[name.toLowerCase()] = String(value);
  }
  return written;
}

function isHeader(name: string, value: string): boolean {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}

function parse(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'));
  } catch {
    return undefined;
  }
}

function fromBase64(text: string): Buffer | undefined {
  const isRight = /^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(text);
  return isRight ? Buffer.from(text, 'base64') : undefined;
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}
