/** A marker as text, for generators. */

import type { AdoptedLayout } from './adopt';
import { tomlKey } from './names';
import type { Architecture, Runtime } from './runtimes';

export interface MarkerFacts extends Partial<AdoptedLayout> {
  runtime: Runtime;
  architecture: Architecture;
}

/** The table `[tool.nx-lambda-python]`, without what is the default. */
export function renderMarker(facts: MarkerFacts): string {
  const { root, importPackage, handlers, handlerName, include, functions = [] } = facts;
  return [
    '[tool.nx-lambda-python]',
    ...(importPackage === undefined ? [] : [`package = "${importPackage}"`]),
    `runtime = "${facts.runtime.name}"`,
    `architecture = "${facts.architecture}"`,
    ...(root ? [`root = ${JSON.stringify(root)}`] : []),
    ...(handlers ? [`handlers = ${texts(handlers)}`] : []),
    ...(handlerName === undefined || handlerName === 'handler'
      ? []
      : [`handler-name = "${handlerName}"`]),
    ...(include ? [`include = ${texts(include)}`] : []),
    ...(functions.length > 0 ? ['', '[tool.nx-lambda-python.functions]'] : []),
    ...functions.map(({ key, handler }) => `${tomlKey(key)} = { handler = "${handler}" }`),
    '',
  ].join('\n');
}

/** The `[project]` table of a new pyproject.toml. */
export function renderProject(name: string, { python }: Runtime): string {
  return [
    '[project]',
    // PEP 508: letters, digits, `.`, `-` and `_`.
    `name = "${name.replace(/^@/, '').replaceAll('/', '-')}"`,
    'version = "0.0.0"',
    `requires-python = ">=${python.join('.')}"`,
    '',
  ].join('\n');
}

/** The same text, then the marker, with the line ends that the text has. */
export function appendMarker(text: string, marker: string): string {
  const end = text.includes('\r\n') ? '\r\n' : '\n';
  const gap = text === '' || text === '\uFEFF' ? '' : text.endsWith('\n') ? end : end + end;
  return `${text}${gap}${marker.replaceAll('\n', end)}`;
}

function texts(values: readonly string[]): string {
  return `[${values.map((value) => JSON.stringify(value)).join(', ')}]`;
}
