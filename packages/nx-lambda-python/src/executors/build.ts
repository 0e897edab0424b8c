/** `nx build <service>`: find or make the dependencies, put the package together, write it with its manifest. */

import { build } from '../assembly/build';
import type { BuildExecutorSchema } from '../schemas/build';
import { normalizeOptions } from '../targets/build-target';
import { executor } from '../targets/project';

export default executor<BuildExecutorSchema>((options, context) =>
  build(normalizeOptions(options, context)),
);
