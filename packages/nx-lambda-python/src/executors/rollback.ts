/** `nx rollback <service>`: every function as it was before a release, or after an earlier one. */

import { rollback, rollbackRequest } from '../releasing/rollback';
import type { RollbackExecutorSchema } from '../schemas/rollback';
import { DEFAULT_DEPLOY_TARGET } from '../targets/chain';
import { inConfiguration } from '../targets/configuration';
import { executor } from '../targets/project';

export default executor<RollbackExecutorSchema>((options, context) => {
  const { deployTarget = DEFAULT_DEPLOY_TARGET } = options;
  return rollback(rollbackRequest(options, inConfiguration(context, deployTarget)));
});
