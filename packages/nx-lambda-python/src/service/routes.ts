/** Routes of a service as API Gateway's HTTP APIs have them: read from the marker, and matched to requests. */

import { kindOf, type MarkerTable } from './pyproject';

/** One line of `[tool.nx-lambda-python.routes]`. */
export interface Route {
  /** `GET /orders/{id}` or `$default`, as events carry it. */
  key: string;
  /** Name of the handler. */
  handler: string;
  /** `GET`, or `ANY`. */
  method: string;
  /** Undefined for `$default`, which takes what no other route does. */
  segments?: readonly Segment[];
}

/** A variable has a name; a greedy one takes all that follows. */
type Segment = { text: string } | { name: string; isGreedy: boolean };

export interface RouteMatch {
  route: Route;
  /** Decoded. */
  parameters: Readonly<Record<string, string>>;
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'ANY'];

/** @throws MARKER_INVALID */
export function readRoutes(table: MarkerTable): Route[] {
  const routes: Route[] = [];
  for (const [key, handler] of Object.entries(table.table('routes'))) {
    if (typeof handler !== 'string' || handler === '') {
      throw table.invalid(
        key,
        `the route \`${key}\` is ${kindOf(handler)}, expected the name of a handler`,
        `write \`${JSON.stringify(key)} = "get_order"\``,
      );
    }
    const route = parseRoute(key, handler);
    if (route === undefined) {
      throw table.invalid(
        key,
        `the route \`${key}\` is not a method and a path`,
        'write `"GET /orders/{id}"`, `"ANY /files/{path+}"` or `"$default"`; a variable takes a whole segment, one with `+` the end of the path',
      );
    }
    const same = routes.find((other) => shapeOf(other) === shapeOf(route));
    if (same) {
      throw table.invalid(
        key,
        `the routes \`${same.key}\` and \`${key}\` match the same requests`,
        'leave one of them out',
      );
    }
    routes.push(route);
  }
  return routes;
}

function parseRoute(key: string, handler: string): Route | undefined {
  if (key === '$default') return { key, handler, method: 'ANY' };
  const [, method = '', path = ''] = /^(\S+) \/(\S*)$/.exec(key) ?? [];
  if (!METHODS.includes(method)) return undefined;
  const segments = path.split('/').map(parseSegment);
  const isLast = (_: unknown, index: number): boolean => index === segments.length - 1;
  const isRight = segments.every(
    (segment, index) =>
      segment && (!('name' in segment && segment.isGreedy) || isLast(segment, index)),
  );
  return isRight ? { key, handler, method, segments: segments as Segment[] } : undefined;
}

function parseSegment(text: string): Segment | undefined {
  const [, name, plus] = /^\{([^{}+]+)(\+?)\}$/.exec(text) ?? [];
  if (name !== undefined) return { name, isGreedy: plus === '+' };
  return /[{}]/.test(text) ? undefined : { text };
}

/** Equal for routes that match the same requests: the names of variables do not matter. */
export function shapeOf({ method, segments }: Route): string {
  const shapes = segments?.map((one) => ('text' in one ? one.text : one.isGreedy ? '{+}' : '{}'));
  return `${method} ${shapes?.join('/') ?? '$default'}`;
}

/**
 * The route that API Gateway takes: a full match before a greedy one before `$default`, a text before a variable, a
 * method before `ANY`.
 * @param path as sent, percent-encoded
 */
export function matchRoute(
  routes: readonly Route[],
  method: string,
  path: string,
): RouteMatch | undefined {
  const parts = path.slice(1).split('/').map(decode);
  const [first] = routes
    .filter((route) => route.method === 'ANY' || route.method === method)
    .flatMap((route) => {
      const parameters = route.segments ? matchSegments(route.segments, parts) : {};
      return parameters ? [{ route, parameters, rank: rankOf(route) }] : [];
    })
    .sort((a, b) => (a.rank < b.rank ? -1 : 1));
  return first && { route: first.route, parameters: first.parameters };
}

function matchSegments(
  segments: readonly Segment[],
  parts: readonly string[],
): Record<string, string> | undefined {
  const parameters: Record<string, string> = {};
  const last = segments.at(-1);
  const isGreedy = last !== undefined && 'name' in last && last.isGreedy;
  if (isGreedy ? parts.length < segments.length : parts.length !== segments.length) {
    return undefined;
  }
  for (const [index, segment] of segments.entries()) {
    const part = parts[index] ?? '';
    if ('text' in segment) {
      if (segment.text !== part) return undefined;
    } else {
      if (part === '') return undefined;
      parameters[segment.name] = segment.isGreedy ? parts.slice(index).join('/') : part;
    }
  }
  return parameters;
}

/** Sorts before the ranks of routes that are less specific. */
function rankOf({ method, segments }: Route): string {
  const kinds = segments?.map((one) => ('text' in one ? 'a' : one.isGreedy ? 'c' : 'b')).join('');
  const kind = kinds === undefined ? 3 : kinds.includes('c') ? 2 : 1;
  return `${kind}${kinds ?? ''}${method === 'ANY' ? 1 : 0}`;
}

/** What is not valid percent-encoding stays as it was sent. */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
