/** `nx deploy <service>`: points every function of a service at its uploaded package. */

import { deploy } from '../releasing/deploy';
import { deployRequest } from '../releasing/deploy-options';
import type { DeployExecutorSchema } from '../schemas/deploy';
import { inConfiguration } from '../targets/configuration';
import { executor } from '../targets/project';

export default executor<DeployExecutorSchema>((options, context) =>
  deploy(deployRequest(options, inConfiguration(context))),
);
