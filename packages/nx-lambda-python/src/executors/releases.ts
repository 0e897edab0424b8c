/** `nx releases <service>`: what was released, when, by whom and of which commit. */

import { listed, releasesRequest } from '../releasing/releases';
import type { ReleasesExecutorSchema } from '../schemas/releases';
import { DEFAULT_DEPLOY_TARGET } from '../targets/chain';
import { inConfiguration } from '../targets/configuration';
import { executor } from '../targets/project';

export default executor<ReleasesExecutorSchema>(async (options, context) => {
  const { deployTarget = DEFAULT_DEPLOY_TARGET } = options;
  const request = releasesRequest(options, inConfiguration(context, deployTarget));
  console.log((await listed(request, options)).trimEnd());
});
