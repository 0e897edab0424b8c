/** `nx deploy <service>`: points every function of a service at its uploaded package. */

import type { ExecutorContext } from '@nx/devkit';
import { deploy } from '../releasing/deploy';
import { deployRequest } from '../releasing/deploy-options';
import type { DeployExecutorSchema } from '../schemas/deploy';
import { inConfiguration } from '../targets/configuration';
import { asTyped } from '../targets/options';
import { reported } from '../targets/project';

export default function deployExecutor(
  options: DeployExecutorSchema,
  context: ExecutorContext,
): Promise<{ success: boolean }> {
  return reported(context, () => deploy(deployRequest(asTyped(options), inConfiguration(context))));
}
