/** What `nx serve` is asked for: the services, where it listens, and how it runs them. */

import type { ExecutorContext } from '@nx/devkit';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LambdaPythonError } from '../errors';
import type { NamingOptions } from '../release/plan/functions';
import { namesOfFile } from '../release/plan/given-names';
import { warn } from '../report/error-text';
import { readEnvironmentFile } from '../running/environment-file';
import type { FunctionLimits } from '../running/functions';
import { codeList, didYouMean } from '../report/nearest';
import type { DeployExecutorSchema } from '../schemas/deploy';
import type { ServeExecutorSchema } from '../schemas/serve';
import { DEFAULT_FUNCTION_NAME } from '../service/function-name';
import { DEFAULT_DEPLOY_TARGET, targetOptions } from '../targets/chain';
import { inConfiguration } from '../targets/configuration';
import { EXECUTORS, withoutUndefined } from '../targets/options';
import { currentProject } from '../targets/project';
import type { Address } from './server';

export const DEFAULT_ADDRESS: Address = { host: '127.0.0.1', port: 4010 };

export interface ServiceChoice {
  project: string;
  /** As if the target ran for it. */
  context: ExecutorContext;
  /** As the deploy target names functions; the stage is `local` if nothing names one. */
  naming: Pick<NamingOptions, 'template' | 'stage' | 'given'>;
  /** What the options set for every function. */
  limits: Partial<FunctionLimits>;
  environment: Readonly<Record<string, string>>;
}

/**
 * The project of the target first.
 * @throws PROJECT_NOT_FOUND, OPTION_INVALID
 */
export function chosenServices(
  schema: ServeExecutorSchema,
  context: ExecutorContext,
): ServiceChoice[] {
  const { services = [], stage, deployTarget, envFile, logFormat, timeout, memory } = schema;
  const environment = {
    ...(logFormat === 'json' && { AWS_LAMBDA_LOG_FORMAT: 'JSON' }),
    ...(envFile !== undefined && readEnvironmentFile(context.root, envFile)),
  };
  const first = currentProject(context).name;
  return [...new Set([first, ...services])].map((project) => {
    checkProject(project, context);
    const own = { ...context, projectName: project };
    const deploy = deployOptions(own, deployTarget, project === first);
    const asked = { ...deploy, stage: stage ?? deploy.stage ?? 'local' };
    const naming = {
      template: deploy.functionName ?? DEFAULT_FUNCTION_NAME,
      stage: asked.stage,
      given: givenNames(asked, context.root),
    };
    const limits = withoutUndefined({ timeout, memory });
    return { project, context: own, naming, limits, environment };
  });
}

/**
 * Without a deploy target of this plugin, functions have their usual names.
 * @param isAsked the configuration is meant for this project, and must be known
 */
function deployOptions(
  context: ExecutorContext,
  named: string | undefined,
  isAsked: boolean,
): Partial<DeployExecutorSchema> {
  const { targets } = currentProject(context);
  const ours = Object.keys(targets).filter((name) => targets[name]?.executor === EXECUTORS.deploy);
  const usual = ours.includes(DEFAULT_DEPLOY_TARGET) ? DEFAULT_DEPLOY_TARGET : ours[0];
  const target = named ?? usual;
  if (target === undefined) return {};
  const configured = isAsked ? inConfiguration(context, target) : context;
  return targetOptions(configured, target, 'deployTarget');
}

/** The file may be made by a deploy that this machine has not seen, so its names are those of the handlers that it has. */
function givenNames(
  deploy: Partial<DeployExecutorSchema>,
  workspaceRoot: string,
): NamingOptions['given'] {
  try {
    const given = namesOfFile(deploy, (file) => readFileSync(join(workspaceRoot, file), 'utf8'));
    return given && { ...given, isComplete: false };
  } catch (error) {
    if (!(error instanceof LambdaPythonError)) throw error;
    warn(`${error.message}: functions are named by \`functionName\``);
    return undefined;
  }
}

function checkProject(name: string, { projectsConfigurations }: ExecutorContext): void {
  const known = Object.keys(projectsConfigurations.projects);
  if (known.includes(name)) return;
  throw new LambdaPythonError('PROJECT_NOT_FOUND', {
    message: `\`services\` names \`${name}\`, which is not a project of the workspace${didYouMean(name, known)}`,
    hint: `name one of ${codeList(known, 10)}`,
  });
}
