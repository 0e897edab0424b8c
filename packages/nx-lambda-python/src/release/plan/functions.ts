/** Which functions a service wants: the manifest's handlers under the names of the template. */

import picomatch from 'picomatch';
import { LambdaPythonError } from '../../errors';
import type { BuildManifest } from '../../packaging/manifest';
import { functionName } from '../../service/function-name';
import type { Handler } from '../../service/discover';
import type { CreateSettings } from '../../service/marker';
import { listed } from '../../report/text';
import type { FunctionCreation } from '../calls/function-service';
import type { DesiredFunction } from '../model/function-state';
import { givenName, noGivenName, type GivenName, type GivenNames } from './given-names';

export interface NamingOptions {
  /** With `{project}`, `{handler}`, `{package}` and `{stage}`. */
  template: string;
  stage?: string;
  /** What `{package}` stands for. */
  importPackage?: string;
  /** Before the template. */
  given?: {
    names: GivenNames;
    /** A handler that they do not have is an error, not named by the template. */
    isComplete: boolean;
  };
}

/** A function under its name, and where that comes from. */
export interface NamedFunction extends DesiredFunction {
  /** `functionName`, `functions table`, or file and key. */
  namedBy: string;
  /** Of the ARN that named it, if one did. */
  place?: GivenName['place'];
}

/**
 * One function for each handler, sorted by function name.
 * @throws FUNCTION_NAME_INVALID when a name is none for AWS, or two handlers share one.
 */
export function desiredFunctions(
  manifest: Pick<BuildManifest, 'project' | 'handlers'>,
  naming: NamingOptions,
): NamedFunction[] {
  const functions = manifest.handlers.map((handler) => ({
    ...nameOf(handler, manifest.project, naming),
    handlerName: handler.name,
    handler: handler.handler,
  }));
  functions.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  refuseSharedNames(functions, naming.template);
  return functions;
}

function nameOf(
  { name: handler, functionName: own }: Pick<Handler, 'name' | 'functionName'>,
  project: string,
  { template, stage, importPackage, given }: NamingOptions,
): Pick<NamedFunction, 'name' | 'namedBy' | 'place'> {
  // The functions table's name may have placeholders as well.
  const fill = (text: string) =>
    functionName(text, { project, handler, package: importPackage, stage });
  if (own !== undefined) return { name: fill(own), namedBy: 'functions table' };
  const found = given && givenName(given.names, handler);
  if (found) {
    const { name, key, place } = found;
    return { name, namedBy: `${given.names.file}: ${key}`, ...(place && { place }) };
  }
  if (given?.isComplete) throw noGivenName(given.names, handler);
  return { name: fill(template), namedBy: 'functionName' };
}

/**
 * @throws FUNCTION_MISMATCH if an ARN names another account or region than the one that is written to
 */
export function refuseOtherPlaces(
  functions: readonly NamedFunction[],
  account: string | null,
  region: string,
): void {
  const others = functions.filter(
    ({ place }) =>
      place &&
      ((account !== null && place.account !== account) ||
        (place.region !== null && place.region !== region)),
  );
  if (others.length === 0) return;
  const names = others.map(
    ({ name, place }) => `${name} in ${place?.account}${place?.region ? `/${place.region}` : ''}`,
  );
  throw new LambdaPythonError('FUNCTION_MISMATCH', {
    message: `the file of \`functionNames\` names functions elsewhere than in ${account ?? 'this account'}/${region}: ${listed(names)}; nothing was changed`,
    hint: 'set `region`, `profile` or `functionNames` of this configuration so that they agree',
  });
}

/**
 * Keeps the functions whose handler name or function name matches one of the globs, all without such a glob, but for
 * those that a glob after `!` matches.
 * @throws OPTION_INVALID when a glob matches nothing, or nothing is left: a typing error must not deploy less or more
 *   than was meant.
 */
export function selectFunctions<T extends DesiredFunction>(
  functions: readonly T[],
  only: readonly string[],
): T[] {
  const globs = only.map(parseGlob);
  const idle = globs.filter(({ matches }) => !functions.some(matches)).map(({ text }) => text);
  if (idle.length > 0) throw nothingMatches(`got ${idle.join(', ')}`, functions);
  const taken = globs.filter(({ isExcluded }) => !isExcluded);
  const excluded = globs.filter(({ isExcluded }) => isExcluded);
  const selected = functions.filter(
    (one) =>
      (taken.length === 0 || taken.some(({ matches }) => matches(one))) &&
      !excluded.some(({ matches }) => matches(one)),
  );
  if (only.length > 0 && selected.length === 0) {
    throw nothingMatches(`${only.join(', ')} leaves none`, functions);
  }
  return selected;
}

interface FunctionGlob {
  /** As it was given. */
  text: string;
  isExcluded: boolean;
  matches: (one: DesiredFunction) => boolean;
}

/**
 * What `!x` and `!(x)` exclude must match neither of the two names: as globs they would match the function of every
 * handler `x`, by its other name.
 * @throws OPTION_INVALID
 */
function parseGlob(text: string): FunctionGlob {
  const [, group, plain] = /^!(?:(\([^()]*\))|([^!(].*))$/.exec(text) ?? [];
  const isExcluded = group !== undefined || plain !== undefined;
  if (text.startsWith('!') && !isExcluded) {
    throw new LambdaPythonError('OPTION_INVALID', {
      message: `\`only\` contains \`${text}\`; expected \`!\` before a name or a glob, or \`!(one|other)\` and nothing after it`,
      hint: "write each exclusion on its own: `--only='!create_order,!refund_*'`",
    });
  }
  const matches = picomatch(plain ?? (group === undefined ? text : `@${group}`));
  return { text, isExcluded, matches: (one) => matches(one.handlerName) || matches(one.name) };
}

function nothingMatches(got: string, functions: readonly DesiredFunction[]): LambdaPythonError {
  const names = functions.map(({ handlerName }) => handlerName).join(', ');
  return new LambdaPythonError('OPTION_INVALID', {
    message: `\`only\` matches no handler: ${got}, expected one of ${names}`,
    hint: 'correct `--only`: names or globs of handlers or functions, separated by commas; `!` before one excludes it',
  });
}

/**
 * The template with `*` for the handler: every function that it names, as policies write it.
 * @throws FUNCTION_NAME_INVALID
 */
export function functionPattern(
  project: string,
  { template, stage, importPackage }: NamingOptions,
): string {
  const fill = (part: string): string =>
    part && functionName(part, { project, handler: '*', package: importPackage, stage });
  return template.split('{handler}').map(fill).join('*');
}

function refuseSharedNames(sorted: readonly DesiredFunction[], template: string): void {
  for (const [index, one] of sorted.entries()) {
    const next = sorted[index + 1];
    if (next?.name !== one.name) continue;
    throw new LambdaPythonError('FUNCTION_NAME_INVALID', {
      message: `handlers \`${one.handlerName}\` and \`${next.handlerName}\` both name the function \`${one.name}\` (template ${template})`,
      hint: 'put `{handler}` into `functionName`, or give one of them a name in [tool.nx-lambda-python.functions]',
    });
  }
}

interface CreationInput {
  /** For all, and by handler name for one. */
  all: CreateSettings;
  own: ReadonlyMap<string, CreateSettings>;
  project: string;
  naming: Pick<NamingOptions, 'stage'>;
  /** Of the marker, for messages. */
  path: string;
}

/**
 * By function name.
 * @throws FUNCTION_NOT_CREATABLE for functions without a role
 */
export function planCreations(
  missing: readonly DesiredFunction[],
  input: CreationInput,
): Map<string, FunctionCreation> {
  const creations = new Map<string, FunctionCreation>();
  const without: string[] = [];
  for (const one of missing) {
    const { role, environment, ...rest } = { ...input.all, ...input.own.get(one.handlerName) };
    const filled = role && fill(role, one, input);
    if (!filled) {
      without.push(one.name);
      continue;
    }
    const variables = environment && {
      environment: Object.fromEntries(
        Object.entries(environment).map(([name, value]) => [name, fill(value, one, input)]),
      ),
    };
    creations.set(one.name, { role: filled, ...rest, ...variables });
  }
  if (without.length === 0) return creations;
  throw new LambdaPythonError('FUNCTION_NOT_CREATABLE', {
    message: `${without.length} functions do not exist and have no role to be created with: ${listed(without)}; nothing was changed`,
    hint: `add one to \`${input.path}\`: \`role = "arn:aws:iam::<account>:role/<name>"\` under [tool.nx-lambda-python.create], or create the functions where the others are defined`,
  });
}

/** The roles that creating these functions passes to Lambda, as far as `create` tables name them; sorted. */
export function creationRoles(
  functions: readonly DesiredFunction[],
  input: CreationInput,
): string[] {
  const roles = functions.flatMap((one) => {
    const { role } = { ...input.all, ...input.own.get(one.handlerName) };
    return role ? fill(role, one, input) : [];
  });
  return [...new Set(roles)].sort();
}

function fill(
  template: string,
  { handlerName }: DesiredFunction,
  { project, naming, path }: CreationInput,
): string {
  const values: Record<string, string | undefined> = {
    project,
    handler: handlerName,
    stage: naming.stage,
  };
  return template.replaceAll(/\{(project|handler|stage)\}/g, (_, name: string) => {
    const value = values[name];
    if (value !== undefined) return value;
    throw new LambdaPythonError('OPTION_INVALID', {
      message: `a \`create\` table of \`${path}\` contains \`{${name}}\`, but this deploy has no ${name}`,
      hint: `set \`${name}\` on the deploy target: --${name}=<name>`,
    });
  });
}

/** The name of a service's layer of dependencies. */
const DEFAULT_LAYER_NAME = '{project}-dependencies';

/** What Lambda allows in a layer's name: letters, digits, `-` and `_`, 140 characters. */
export function layerName(template = DEFAULT_LAYER_NAME, project: string): string {
  const name = template.replaceAll('{project}', project);
  return name.replaceAll(/[^A-Za-z0-9-_]/g, '-').slice(0, 140);
}
