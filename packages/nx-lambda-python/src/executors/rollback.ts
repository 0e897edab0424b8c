/** `nx rollback <service>`: every function as it was before a release, or after an earlier one. */

import type { ExecutorContext } from '@nx/devkit';
import { rollback, rollbackRequest } from '../releasing/rollback';
import type { RollbackExecutorSchema } from '../schemas/rollback';
import { DEFAULT_DEPLOY_TARGET } from '../targets/chain';
import { inConfiguration } from '../targets/configuration';
import { asTyped } from '../targets/options';
import { reported } from '../targets/project';

export default function rollbackExecutor(
  options: RollbackExecutorSchema,
  context: ExecutorContext,
): Promise<{ success: boolean }> {
  return reported(context, async () => {
    const { deployTarget = DEFAULT_DEPLOY_TARGET } = options;
    return rollback(rollbackRequest(asTyped(options), inConfiguration(context, deployTarget)));
  });
}
