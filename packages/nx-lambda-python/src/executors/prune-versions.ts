/** `nx prune-versions <service>`: deletes old versions of its functions that nothing points to. */

import { pruneVersions, pruneVersionsRequest } from '../releasing/prune-versions';
import type { PruneVersionsExecutorSchema } from '../schemas/prune-versions';
import { DEFAULT_DEPLOY_TARGET } from '../targets/chain';
import { inConfiguration } from '../targets/configuration';
import { executor } from '../targets/project';

export default executor<PruneVersionsExecutorSchema>((options, context) => {
  const { deployTarget = DEFAULT_DEPLOY_TARGET } = options;
  return pruneVersions(pruneVersionsRequest(options, inConfiguration(context, deployTarget)));
});
