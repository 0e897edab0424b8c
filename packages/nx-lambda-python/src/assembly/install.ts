/** `"dependencies": "install"`: pip installs into a tree, which is archived once for all packages. */

import { join } from 'node:path';
import { LambdaPythonError } from '../errors';
import type { ByteSink } from '../packaging/zip/write';
import type { WrittenPart } from '../packaging/dependency-part';
import {
  ensureInstalledTree,
  writeTreePart,
  type InstalledTree,
} from '../packaging/installed-tree';
import { requirementsKey } from '../packaging/requirements-key';
import { archiveTree } from '../platform/files/archive-tree';
import { openFile } from '../platform/files/files';
import { installInContainer } from '../platform/pip/in-container';
import { prepareRequest } from '../platform/pip/prepare';
import { describeTarget } from '../platform/pip/request';
import type { DiskWheelStore } from '../platform/store/wheel-store';
import type { Dependencies, Mode } from './dependencies';
import { warnUnpinned } from './miss';

export function installing(project: string, store: DiskWheelStore): Mode {
  return {
    commands: ['install'],
    find: (key) => {
      const tree = store.readTree(key);
      return tree && installed(tree, true, store);
    },
    ensure: async (components, request, place, exec) => {
      if (!place) throw engineMissing();
      const key = requirementsKey(components);
      const { tree, hit } = await ensureInstalledTree(key, store, async (directory) => {
        console.log(
          `installing ${describeTarget(request)} dependencies in ${place.image.engine}, ${place.image.name}`,
        );
        const prepared = await prepareRequest(directory, request, place, exec);
        const made = await installInContainer(directory, prepared, place, exec);
        const archive = join(directory, 'tree.zip');
        await archiveTree(made.tree, archive);
        return { ...made, write: (sink) => writePartFrom(archive, sink) };
      });
      if (!hit) warnUnpinned(project, components, request);
      return installed(tree, hit, store);
    },
  };
}

async function writePartFrom(archive: string, sink: ByteSink): Promise<WrittenPart> {
  const file = openFile(archive);
  try {
    return await writeTreePart(file, sink);
  } finally {
    file.close();
  }
}

function installed(tree: InstalledTree, hit: boolean, store: DiskWheelStore): Dependencies {
  const openPart = () => Promise.resolve(store.openKnownPart(tree.part));
  return { ...tree, hit, openPart };
}

function engineMissing(): LambdaPythonError {
  return new LambdaPythonError('ENGINE_UNAVAILABLE', {
    message: '`"dependencies": "install"` needs a container engine, and none is installed',
    hint: 'install docker or podman, or set "dependencies": "wheels" on the build target to use published wheels',
  });
}
