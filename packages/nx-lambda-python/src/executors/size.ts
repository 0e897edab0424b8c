/** `nx size <service>`: what its package is made of, in bytes, and how it grew. */

import { size } from '../inspection/size';
import type { SizeExecutorSchema } from '../schemas/size';
import { executor } from '../targets/project';

export default executor<SizeExecutorSchema>(size);
