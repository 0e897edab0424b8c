/** `nx upload <service>`: puts the deployment package of a service into S3. */

import type { ExecutorContext } from '@nx/devkit';
import { upload } from '../releasing/upload';
import type { UploadExecutorSchema } from '../schemas/upload';
import { inConfiguration } from '../targets/configuration';
import { asTyped } from '../targets/options';
import { reported } from '../targets/project';

export default function uploadExecutor(
  options: UploadExecutorSchema,
  context: ExecutorContext,
): Promise<{ success: boolean }> {
  return reported(context, () => upload(asTyped(options), inConfiguration(context)));
}
