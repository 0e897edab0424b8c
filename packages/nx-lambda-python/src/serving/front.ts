/** Which handler answers an HTTP request: that of a route, or the one that the path begins with. */

import { LambdaPythonError } from '../errors';
import { codeList, didYouMean } from '../report/nearest';
import { decode, matchRoute, shapeOf, type Route } from '../service/routes';
import { NOT_FOUND, plain, type HttpAnswer } from './http-answer';
import type { Front, HttpRequest } from './http-event';

/** A handler, and the function that it is the code of. */
export interface ServedHandler {
  /** Name of the Nx project. */
  service: string;
  /** Name of the handler. */
  name: string;
  functionName: string;
}

/** What is served; services without routes are reached by the names of their handlers. */
export interface Served<H extends ServedHandler = ServedHandler> {
  handlers: readonly H[];
  routes: readonly ServiceRoute[];
}

export type ServiceRoute = Route & { service: string };

export interface Fronted<H> {
  handler: H;
  front: Front;
  /** With the path that the handler gets. */
  request: HttpRequest;
}

/** @returns an answer where no handler is meant */
export function frontOf<H extends ServedHandler>(
  { handlers, routes }: Served<H>,
  request: HttpRequest,
): Fronted<H> | HttpAnswer {
  const match = matchRoute(routes, request.method, request.path);
  if (match) {
    const { key, handler: name, service } = match.route as ServiceRoute;
    const handler = handlers.find((one) => one.service === service && one.name === name);
    const front: Front = { kind: 'api', routeKey: key, parameters: match.parameters };
    if (handler) return { handler, front, request };
  }
  const routed = new Set(routes.map(({ service }) => service));
  const direct = handlers.filter(({ service }) => !routed.has(service));
  if (direct.length === 0) return NOT_FOUND;
  const [, first = '', rest = ''] = /^\/([^/]*)(.*)$/s.exec(request.path) ?? [];
  const name = decode(first);
  const named = direct.filter((one) => one.functionName === name);
  const found = named.length > 0 ? named : direct.filter((one) => one.name === name);
  const [handler] = found;
  if (handler && found.length === 1) {
    return { handler, front: { kind: 'url' }, request: { ...request, path: rest || '/' } };
  }
  return plain(404, unknown(name, found, direct));
}

function unknown(
  name: string,
  found: readonly ServedHandler[],
  direct: readonly ServedHandler[],
): string {
  const functions = (some: readonly ServedHandler[]) => some.map((one) => one.functionName);
  if (found.length > 1) {
    return `several services have a handler \`${name}\`: begin the path with one of ${codeList(functions(found))}\n`;
  }
  const names = direct.map((one) => one.name);
  const near = didYouMean(name, [...names, ...functions(direct)]);
  const subject =
    name === '' ? 'a path begins with the name of a handler' : `no handler \`${name}\``;
  return `${subject}${near || `: ${codeList(names, 20)}`}\n`;
}

/**
 * Refuses what one port cannot serve.
 * @throws MARKER_INVALID, FUNCTION_NAME_INVALID
 */
export function checkServed({ handlers, routes }: Served): void {
  const functions = new Map<string, ServedHandler>();
  for (const handler of handlers) {
    const other = functions.get(handler.functionName);
    if (other) throw sameFunction(other, handler);
    functions.set(handler.functionName, handler);
  }
  const shapes = new Map<string, ServiceRoute>();
  for (const route of routes) {
    const { key, service, handler } = route;
    const names = handlers.filter((one) => one.service === service).map(({ name }) => name);
    if (!names.includes(handler)) {
      throw new LambdaPythonError('MARKER_INVALID', {
        message: `the route \`${key}\` of \`${service}\` names the handler \`${handler}\`, which it does not have${didYouMean(handler, names)}`,
        hint: `correct it under [tool.nx-lambda-python.routes] in pyproject.toml: ${codeList(names, 10)}`,
      });
    }
    const other = shapes.get(shapeOf(route));
    if (other) {
      throw new LambdaPythonError('MARKER_INVALID', {
        message: `\`${other.service}\` and \`${service}\` have routes for the same requests: \`${other.key}\` and \`${key}\``,
        hint: `serve them on two ports: \`nx serve ${service} --port=4011\``,
      });
    }
    shapes.set(shapeOf(route), route);
  }
}

function sameFunction(one: ServedHandler, other: ServedHandler): LambdaPythonError {
  return new LambdaPythonError('FUNCTION_NAME_INVALID', {
    message: `handlers \`${one.name}\` of \`${one.service}\` and \`${other.name}\` of \`${other.service}\` both name the function \`${one.functionName}\``,
    hint: 'put `{project}` into `functionName` of their deploy targets, or serve them on two ports',
  });
}
