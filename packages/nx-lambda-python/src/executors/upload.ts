/** `nx upload <service>`: puts the deployment package of a service into S3. */

import { upload } from '../releasing/upload';
import type { UploadExecutorSchema } from '../schemas/upload';
import { inConfiguration } from '../targets/configuration';
import { executor } from '../targets/project';

export default executor<UploadExecutorSchema>((options, context) =>
  upload(options, inConfiguration(context)),
);
