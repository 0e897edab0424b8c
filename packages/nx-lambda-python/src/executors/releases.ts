/** `nx releases <service>`: what was released, when, by whom and of which commit. */

import type { ExecutorContext } from '@nx/devkit';
import { listed, releasesRequest } from '../releasing/releases';
import type { ReleasesExecutorSchema } from '../schemas/releases';
import { DEFAULT_DEPLOY_TARGET } from '../targets/chain';
import { inConfiguration } from '../targets/configuration';
import { asTyped } from '../targets/options';
import { reported } from '../targets/project';

export default function releasesExecutor(
  options: ReleasesExecutorSchema,
  context: ExecutorContext,
): Promise<{ success: boolean }> {
  return reported(context, async () => {
    const { deployTarget = DEFAULT_DEPLOY_TARGET } = options;
    const request = releasesRequest(asTyped(options), inConfiguration(context, deployTarget));
    console.log((await listed(request, options)).trimEnd());
  });
}
