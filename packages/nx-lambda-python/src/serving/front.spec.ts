import { errorWith } from '../errors.fixtures';
import { parseMarker } from '../service/marker';
import { checkServed, frontOf, type Served } from './front';
import type { HttpRequest } from './http-event';

function served(services: Record<string, { handlers: string[]; routes?: string }>): Served {
  const all = Object.entries(services);
  return {
    handlers: all.flatMap(([service, { handlers }]) =>
      handlers.map((name) => ({ service, name, functionName: `${service}-${name}` })),
    ),
    routes: all.flatMap(([service, { routes = '' }]) => {
      const text = `[tool.nx-lambda-python]\npackage = "a"\nruntime = "python3.13"\n[tool.nx-lambda-python.routes]\n${routes}`;
      return parseMarker(text, `${service}/pyproject.toml`).routes.map((one) => ({
        ...one,
        service,
      }));
    }),
  };
}

const SERVED = served({
  orders: { handlers: ['refund', 'create', 'get_order'] },
  users: { handlers: ['create'] },
  api: { handlers: ['index', 'get'], routes: '"GET /items/{id}" = "get"\n"ANY /" = "index"\n' },
});

function answerOf(method: string, path: string, all = SERVED): unknown {
  const request: HttpRequest = {
    ...{ method, path, query: '', headers: [], body: Buffer.alloc(0) },
    ...{ protocol: 'HTTP/1.1', sourceIp: '127.0.0.1' },
  };
  const found = frontOf(all, request);
  if ('status' in found) return [found.status, found.body.toString()];
  const { handler, front } = found;
  return [handler.functionName, front.kind === 'api' ? front.routeKey : 'url', found.request.path];
}

describe('frontOf', () => {
  it.each([
    ['GET', '/items/7', ['api-get', 'GET /items/{id}', '/items/7']],
    ['PUT', '/', ['api-index', 'ANY /', '/']],
    ['GET', '/refund', ['orders-refund', 'url', '/']],
    ['GET', '/refund/a%20b/', ['orders-refund', 'url', '/a%20b/']],
    ['GET', '/orders-create/x', ['orders-create', 'url', '/x']],
    [
      'GET',
      '/create',
      [
        404,
        'several services have a handler `create`: begin the path with one of `orders-create`, `users-create`\n',
      ],
    ],
    ['GET', '/refnd/1', [404, 'no handler `refnd`; did you mean `refund`?\n']],
    ['GET', '/zzzzzz', [404, 'no handler `zzzzzz`: `refund`, `create`, `get_order`, `create`\n']],
    // Handlers of a service with routes have no path of their own, as in AWS.
    ['GET', '/api-get', [404, expect.stringContaining('no handler')]],
  ])('%s %s', (method, path, expected) => {
    expect(answerOf(method, path)).toEqual(expected);
  });

  it('answers as an API where all services have routes', () => {
    const all = served({ api: { handlers: ['index'], routes: '"GET /a" = "index"\n' } });
    expect(answerOf('GET', '/b', all)).toEqual([404, '{"message":"Not Found"}']);
  });
});

describe('checkServed', () => {
  const check = (all: Served) => checkServed(all);

  it('takes what one port can serve', () => {
    expect(() => check(SERVED)).not.toThrow();
  });

  it.each<[Served, string, string, string]>([
    [
      served({ a: { handlers: ['get'], routes: '"GET /" = "geet"\n' } }),
      'MARKER_INVALID',
      'the route `GET /` of `a` names the handler `geet`, which it does not have; did you mean `get`?',
      '`get`',
    ],
    [
      served({
        a: { handlers: ['x'], routes: '"GET /{a}" = "x"\n' },
        b: { handlers: ['y'], routes: '"GET /{b}" = "y"\n' },
      }),
      'MARKER_INVALID',
      '`GET /{a}` and `GET /{b}`',
      '--port',
    ],
    [
      served({ a: { handlers: ['b-c'] }, 'a-b': { handlers: ['c'] } }),
      'FUNCTION_NAME_INVALID',
      'both name the function `a-b-c`',
      '{project}',
    ],
  ])('refuses %#', (all, code, message, hint) => {
    expect(() => check(all)).toThrow(errorWith(code, message, hint));
  });
});
