/** `nx verify <service>`: what would fail in Lambda, before it is deployed. */

import { verify } from '../inspection/verify/verify';
import type { VerifyExecutorSchema } from '../schemas/verify';
import { executor } from '../targets/project';

export default executor<VerifyExecutorSchema>(verify);
