/** The marker as text: each line with the reason for it. */

import { tomlKey } from '../../service/pyproject';
import type { Architecture, Runtime } from '../../service/runtimes';
import type { AdoptedLayout } from './layout';

export interface MarkerFacts extends Partial<AdoptedLayout> {
  runtime: Runtime;
  architecture: Architecture;
  requirements?: string[] | undefined;
  /** In place of `root`. */
  roots?: string[] | undefined;
}

/** By the key of the marker, what a comment says of it. */
export type Reasons = Partial<Record<string, string>>;

/** The table `[tool.nx-lambda-python]`, without what is the default. */
export function renderMarker(facts: MarkerFacts, reasons: Reasons = {}): string {
  const { root, roots, importPackage, handlers, handlerName, include, requirements } = facts;
  const { functions = [] } = facts;
  const why = (key: string) => (reasons[key] === undefined ? '' : `  # ${reasons[key]}`);
  const line = (key: string, value: string | readonly string[] | undefined) =>
    value === undefined || value === ''
      ? []
      : [`${key} = ${typeof value === 'string' ? JSON.stringify(value) : texts(value)}${why(key)}`];
  return [
    '[tool.nx-lambda-python]',
    ...line('package', importPackage),
    ...line('runtime', facts.runtime.name),
    ...line('architecture', facts.architecture),
    ...(roots ? line('roots', roots) : line('root', root)),
    ...line('handlers', handlers),
    ...line('handler-name', handlerName === 'handler' ? undefined : handlerName),
    ...line('include', include),
    ...line('requirements', requirements),
    ...(functions.length > 0 ? ['', `[tool.nx-lambda-python.functions]${why('functions')}`] : []),
    ...functions.map(({ key, handler, name }) => `${tomlKey(key)} = ${entry(handler, name)}`),
    '',
  ].join('\n');
}

function entry(handler: string | undefined, name: string | undefined): string {
  if (handler === undefined) return JSON.stringify(name);
  return `{ handler = "${handler}"${name === undefined ? '' : `, name = "${name}"`} }`;
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
