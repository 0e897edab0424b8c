/** `nx invoke <service>`: calls one of its functions, with the package that would be deployed or in AWS. */

import { invoke } from '../running/invoke';
import type { InvokeExecutorSchema } from '../schemas/invoke';
import { executor } from '../targets/project';

export default executor<InvokeExecutorSchema>(invoke);
