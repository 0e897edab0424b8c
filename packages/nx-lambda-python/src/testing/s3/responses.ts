/** S3's answers: XML documents, object headers and errors. */

import type { AwsError } from '../protocol/aws-error';
import type { AwsResponse } from '../protocol/call';
import type { ObjectVersion } from '../state/model';

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** An element's content: text, or elements in order. A list repeats its element. */
type Xml = string | number | boolean | { [element: string]: Xml | Xml[] | undefined };

export function xmlDocument(root: string, content: Xml, status = 200): AwsResponse {
  const opening = `<${root} xmlns="${NAMESPACE}">`;
  return xmlResponse(status, `${opening}${renderXml(content)}</${root}>`);
}

/** An error has no namespace. The HTTP server drops the body in answers to HEAD, as S3 does. */
export function s3ErrorResponse(error: AwsError, requestId: string): AwsResponse {
  const body = { Code: error.code, Message: error.message, ...error.fields, RequestId: requestId };
  const response = xmlResponse(error.status, `<Error>${renderXml(body)}</Error>`);
  return { ...response, headers: { ...response.headers, ...error.headers } };
}

/** The headers that GET and HEAD share; the checksum only if the client asked for it. */
export function objectHeaders(
  { versionId, modified, content }: ObjectVersion & { content: object },
  { versioned, withChecksum }: { versioned: boolean; withChecksum: boolean },
): Record<string, string> {
  return {
    ...content.headers,
    etag: content.etag,
    'last-modified': new Date(modified).toUTCString(),
    'accept-ranges': 'bytes',
    ...versionHeader(versionId, versioned),
    ...(withChecksum ? checksumHeaders(content.checksum) : {}),
  };
}

export function versionHeader(versionId: string, versioned: boolean): Record<string, string> {
  return versioned ? { 'x-amz-version-id': versionId } : {};
}

/** A single PUT stores the digest of the whole object. */
export function checksumHeaders(
  checksum?: [algorithm: string, value: string],
): Record<string, string> {
  if (checksum === undefined) return {};
  return { [`x-amz-checksum-${checksum[0]}`]: checksum[1], 'x-amz-checksum-type': 'FULL_OBJECT' };
}

function xmlResponse(status: number, xml: string): AwsResponse {
  return {
    status,
    headers: { 'content-type': 'application/xml' },
    body: Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${xml}`),
  };
}

function renderXml(value: Xml): string {
  if (typeof value !== 'object') {
    return String(value).replace(/[&<>"\r\n]/g, (character) => `&#${character.charCodeAt(0)};`);
  }
  return Object.entries(value)
    .flatMap(([name, content]) =>
      (Array.isArray(content) ? content : [content]).map((item) => ({ name, item })),
    )
    .map(({ name, item }) => (item === undefined ? '' : `<${name}>${renderXml(item)}</${name}>`))
    .join('');
}
