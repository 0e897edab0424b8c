/**
 * HTTP requests as the events that handlers get: payload format 2.0, as a function URL and as an HTTP API of API Gateway
 * write it. Sources: AWS Lambda developer guide, "Invoking Lambda function URLs", and API Gateway developer guide,
 * "Lambda proxy integrations for HTTP APIs"; where AWS's own test tool for .NET and recorded events are more exact, those.
 */

import { isUtf8 } from 'node:buffer';
import { decode } from '../service/routes';

/** A request as plain values. */
export interface HttpRequest {
  method: string;
  /** As sent: percent-encoded, without the query. */
  path: string;
  /** As sent, without the question mark. */
  query: string;
  /** In the order in which they were sent; a name may come more than once. */
  headers: readonly (readonly [name: string, value: string])[];
  body: Buffer;
  /** `HTTP/1.1` */
  protocol: string;
  sourceIp: string;
}

/** What answers: a function's own URL, or a route of an API. */
export type Front =
  { kind: 'url' } | { kind: 'api'; routeKey: string; parameters: Readonly<Record<string, string>> };

export interface RequestFacts {
  requestId: string;
  /** Value of X-Amzn-Trace-Id. */
  traceId: string;
  /** Milliseconds since the epoch. */
  now: number;
  accountId: string;
}

const SEPARATOR = ',';

/** The event of a request. */
export function httpEvent(request: HttpRequest, front: Front, facts: RequestFacts): object {
  const { method, protocol, sourceIp, query } = request;
  const isApi = front.kind === 'api';
  // An API decodes it, a function URL does not.
  const path = isApi ? decode(request.path) : request.path;
  const headers = joined(request.headers);
  const host = headers['host'] ?? 'localhost';
  const domainName = host.replace(/:\d+$/, '');
  const cookies = headers['cookie']?.split(/;\s*/).filter(Boolean);
  if (isApi) delete headers['cookie'];
  const parameters = queryParameters(query);
  const routeKey = isApi ? front.routeKey : '$default';
  const body = bodyOf(request.body, headers['content-type']);
  const sent = {
    'x-amzn-trace-id': facts.traceId,
    'x-forwarded-for': sourceIp,
    'x-forwarded-port': /:(\d+)$/.exec(host)?.[1] ?? '80',
    'x-forwarded-proto': 'http',
  };
  return {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString: query,
    ...(cookies && { cookies }),
    headers: { ...headers, ...sent },
    ...(parameters && { queryStringParameters: parameters }),
    requestContext: {
      accountId: isApi ? facts.accountId : 'anonymous',
      apiId: 'local',
      domainName,
      domainPrefix: domainName.split('.')[0],
      http: { method, path, protocol, sourceIp, userAgent: headers['user-agent'] ?? '' },
      requestId: facts.requestId,
      routeKey,
      stage: '$default',
      time: commonLogTime(facts.now),
      timeEpoch: facts.now,
    },
    ...(isApi && Object.keys(front.parameters).length > 0 && { pathParameters: front.parameters }),
    ...body,
  };
}

/** Lower-case names; values of the same name are joined. */
function joined(headers: HttpRequest['headers']): Record<string, string> {
  const values = Object.create(null) as Record<string, string>;
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    const separator = key === 'cookie' ? '; ' : SEPARATOR;
    values[key] = values[key] === undefined ? value : `${values[key]}${separator}${value}`;
  }
  return values;
}

/** Decoded, values of the same name joined; undefined if there are none. */
function queryParameters(query: string): Record<string, string> | undefined {
  const values = Object.create(null) as Record<string, string>;
  for (const [name, value] of new URLSearchParams(query)) {
    values[name] = name in values ? `${values[name]}${SEPARATOR}${value}` : value;
  }
  return Object.keys(values).length > 0 ? values : undefined;
}

/** What AWS hands over as text; forms, and all that is not listed, come in Base64. */
const TEXT_TYPES = /^(text\/.*|application\/(json|xml|javascript|.*\+json|.*\+xml))$/i;

function bodyOf(body: Buffer, contentType: string | undefined) {
  if (body.length === 0) return { isBase64Encoded: false };
  const type = contentType?.split(';')[0]?.trim();
  // What is not UTF-8 would be lost as text.
  const isText = (type === undefined || TEXT_TYPES.test(type)) && isUtf8(body);
  return { body: body.toString(isText ? 'utf8' : 'base64'), isBase64Encoded: !isText };
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `12/Mar/2020:19:03:58 +0000` */
function commonLogTime(now: number): string {
  const [date = '', time = ''] = new Date(now).toISOString().split(/[T.]/);
  const [year, month, day] = date.split('-');
  return `${day}/${MONTHS[Number(month) - 1]}/${year}:${time} +0000`;
}
