/** `nx serve <service>`: all handlers on one port, edits in the next answer, until it is interrupted. */

import type { ServeExecutorSchema } from '../schemas/serve';
import { serve } from '../serving/serve';
import { executor } from '../targets/project';

export default executor<ServeExecutorSchema>(serve);
