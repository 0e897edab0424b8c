/** Containers of builds that were killed: they would go on compiling for nobody, and write into what is swept. */

import type { Exec } from '../process/exec';
import { isAbandoned } from '../process/owner';
import { OWNER_LABEL, type ContainerEngine } from './container';

/** Ends those of this machine's dead processes; those of other machines, at a shared daemon, are theirs. */
export async function sweepContainers(engine: ContainerEngine, exec: Exec): Promise<void> {
  const format = '{{.ID}} {{.Labels}}';
  const filter = `label=${OWNER_LABEL}`;
  const listed = await exec(engine, ['ps', '--filter', filter, '--format', format]);
  const ids = listed.stdout.split('\n').flatMap((line) => {
    const [id = ''] = line.trim().split(' ');
    // Engines write labels in several ways, an owner's name in one.
    const owner = /\d+-[0-9a-f]{8}-[0-9a-f]{12}/.exec(line.slice(id.length))?.[0];
    return owner !== undefined && isAbandoned(owner) ? [id] : [];
  });
  if (ids.length > 0) await exec(engine, ['rm', '--force', ...ids]);
}
