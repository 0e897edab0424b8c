/** The functions of a service, as the deploy target names them, with the settings that its marker has for them. */

import type { ExecutorContext } from '@nx/devkit';
import { posix } from 'node:path';
import { LambdaPythonError } from '../errors';
import type { BuildManifest } from '../packaging/manifest';
import { desiredFunctions } from '../release/plan/functions';
import { namingOptions } from '../releasing/deploy-options';
import { codeList, nearest } from '../report/nearest';
import type { DeployExecutorSchema } from '../schemas/deploy';
import type { Handler } from '../service/discover';
import { MARKER_FILE, type Marker } from '../service/marker';
import { DEFAULT_DEPLOY_TARGET, readChain } from '../targets/chain';
import { currentProject } from '../targets/project';

/** What Lambda gives a function for which nothing is set. */
const DEFAULTS = { timeout: 3, memory: 128 };

export interface FunctionLimits {
  /** Seconds. */
  timeout: number;
  /** MB. */
  memory: number;
}

export interface ServiceFunction extends FunctionLimits {
  handler: Handler;
  functionName: string;
}

/**
 * By the name or the handler string.
 * @throws HANDLER_NOT_FOUND
 */
export function findHandler(
  { project, handlers }: Pick<BuildManifest, 'project' | 'handlers'>,
  name: string | undefined,
  /** Its target, for a command. */
  target: string,
): Handler {
  const names = handlers.map((one) => one.name);
  const sole = name === undefined && handlers.length === 1 ? handlers[0] : undefined;
  const found = sole ?? handlers.find((one) => one.name === name || one.handler === name);
  if (found) return found;
  const near = nearest(name ?? '', names);
  const list = codeList(near.length > 0 ? near : names, 10);
  throw new LambdaPythonError('HANDLER_NOT_FOUND', {
    message:
      name === undefined
        ? `\`${project}\` has ${handlers.length} handlers, and none is named`
        : `\`${project}\` has no handler \`${name}\``,
    hint: `${near.length > 0 ? `did you mean ${list}?` : `it has ${list}.`} Run \`nx ${target} ${project} --handler=${near[0] ?? names[0] ?? ''}\``,
  });
}

/**
 * @param stage in the place of the deploy target's
 * @param fallbackStage where neither names one, of a function that runs here
 * @throws FUNCTION_NAME_INVALID, OPTION_INVALID
 */
export function serviceFunction(
  context: ExecutorContext,
  { manifest, marker }: { manifest: BuildManifest; marker: Marker },
  handler: Handler,
  {
    stage,
    deployTarget = DEFAULT_DEPLOY_TARGET,
  }: { stage?: string | undefined; deployTarget?: string | undefined },
  fallbackStage?: string,
): ServiceFunction {
  const project = currentProject(context);
  // A service may have no deploy target.
  const deploy: Partial<DeployExecutorSchema> = project.targets[deployTarget]
    ? readChain(project, context.configurationName, deployTarget).deploy
    : {};
  const markerPath = posix.join(project.root, MARKER_FILE);
  // What runs here needs no names that an account gave: their file may be of another machine.
  const functionNames = fallbackStage === undefined ? deploy.functionNames : undefined;
  const asked = { ...deploy, functionNames, stage: stage ?? deploy.stage ?? fallbackStage };
  const naming = namingOptions(asked, context.root, markerPath);
  const [named] = desiredFunctions({ ...manifest, handlers: [handler] }, naming);
  return { handler, functionName: named?.name ?? handler.name, ...limitsOf(marker, handler.name) };
}

/** As the marker would create the function. */
export function limitsOf(
  { functions, create }: Pick<Marker, 'functions' | 'create'>,
  handler: string,
): FunctionLimits {
  const own = functions.find(({ key }) => key === handler)?.create;
  const { timeout, memory } = { ...DEFAULTS, ...create, ...own };
  return { timeout, memory };
}
