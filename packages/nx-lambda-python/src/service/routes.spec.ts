import { errorWith } from '../errors.fixtures';
import { parseMarker } from './marker';
import { matchRoute } from './routes';

function routesOf(routes: Record<string, unknown>) {
  const lines = Object.entries(routes).map((entry) =>
    entry.map((one) => JSON.stringify(one)).join(' = '),
  );
  const head = '[tool.nx-lambda-python]\npackage = "orders"\nruntime = "python3.13"\n';
  const text = `${head}[tool.nx-lambda-python.routes]\n${lines.join('\n')}\n`;
  return parseMarker(text, 'services/orders/pyproject.toml').routes;
}

describe('routes of a marker', () => {
  it.each<[Record<string, unknown>, string]>([
    [{ 'GET orders': 'a' }, 'pyproject.toml:5`: the route `GET orders` is not a method and a path'],
    [{ 'FETCH /orders': 'a' }, 'is not a method and a path'],
    [{ 'GET /{path+}/orders': 'a' }, 'is not a method and a path'],
    [{ 'GET /order-{id}': 'a' }, 'is not a method and a path'],
    [{ 'GET /orders': 3 }, 'the route `GET /orders` is `3`, expected the name of a handler'],
    [{ 'GET /o/{a}': 'a', 'GET /o/{b}': 'b' }, '`GET /o/{a}` and `GET /o/{b}` match the same'],
  ])('refuses %j', (routes, message) => {
    expect(() => routesOf(routes)).toThrow(errorWith('MARKER_INVALID', message));
  });
});

describe('matchRoute', () => {
  const routes = routesOf({
    $default: 'rest',
    'ANY /orders/{id}': 'any_order',
    'GET /orders/{id}': 'get_order',
    'GET /orders/new': 'new_order',
    'GET /orders/{id}/lines/{line}': 'line',
    'GET /{path+}': 'files',
    'GET /orders/{path+}': 'below',
    'GET /': 'index',
  });

  it.each<[string, string, string, Record<string, string>]>([
    ['GET', '/orders/7', 'get_order', { id: '7' }],
    ['DELETE', '/orders/7', 'any_order', { id: '7' }],
    ['GET', '/orders/new', 'new_order', {}],
    ['POST', '/orders/new', 'any_order', { id: 'new' }],
    ['GET', '/orders/a%2Fb%20c', 'get_order', { id: 'a/b c' }],
    ['GET', '/orders/7/lines/2', 'line', { id: '7', line: '2' }],
    ['GET', '/orders/7/lines/2/x', 'below', { path: '7/lines/2/x' }],
    ['GET', '/static/a.css', 'files', { path: 'static/a.css' }],
    ['GET', '/', 'index', {}],
    ['GET', '/orders/', 'files', { path: 'orders/' }],
    ['POST', '/static/a.css', 'rest', {}],
    ['GET', '/orders/%zz', 'get_order', { id: '%zz' }],
  ])('%s %s → %s', (method, path, handler, parameters) => {
    const match = matchRoute(routes, method, path);
    expect([match?.route.handler, match?.parameters]).toEqual([handler, parameters]);
  });

  it('matches nothing where no route does', () => {
    expect(matchRoute(routesOf({ 'GET /orders': 'a' }), 'POST', '/orders')).toBeUndefined();
  });
});
