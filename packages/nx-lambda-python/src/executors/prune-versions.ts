/** `nx prune-versions <service>`: deletes old versions of its functions that nothing points to. */

import type { ExecutorContext } from '@nx/devkit';
import { pruneVersions, pruneVersionsRequest } from '../releasing/prune-versions';
import type { PruneVersionsExecutorSchema } from '../schemas/prune-versions';
import { DEFAULT_DEPLOY_TARGET } from '../targets/chain';
import { inConfiguration } from '../targets/configuration';
import { asTyped } from '../targets/options';
import { reported } from '../targets/project';

export default function pruneVersionsExecutor(
  options: PruneVersionsExecutorSchema,
  context: ExecutorContext,
): Promise<{ success: boolean }> {
  return reported(context, async () => {
    const { deployTarget = DEFAULT_DEPLOY_TARGET } = options;
    const request = pruneVersionsRequest(asTyped(options), inConfiguration(context, deployTarget));
    return pruneVersions(request);
  });
}
