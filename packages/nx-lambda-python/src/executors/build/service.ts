/** Reads a service from disk: its marker, the files that go into the package, its handlers. */

import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { LambdaPythonError } from '../../errors';
import type { ServiceFile } from '../../packaging/package';
import { listFiles } from '../../platform/files';
import { entryName, isPrunedDirectory, selectFiles } from '../../service/content';
import { discoverHandlers, type Handler } from '../../service/discover';
import { parseMarker, type Marker } from '../../service/marker';
import type { BuildOptions } from './normalize';

export interface Service {
  marker: Marker;
  files: ServiceFile[];
  handlers: Handler[];
}

/** @throws MARKER_MISSING, MARKER_INVALID, RUNTIME_UNKNOWN and the codes of `discoverHandlers` */
export async function readService(
  options: Pick<BuildOptions, 'workspaceRoot' | 'projectRoot'>,
): Promise<Service> {
  const { workspaceRoot, projectRoot } = options;
  const marker = readMarker(workspaceRoot, posix.join(projectRoot, 'pyproject.toml'));
  const root = join(workspaceRoot, projectRoot);
  const listed = listFiles(root, workspaceRoot, isPrunedDirectory);
  const executable = new Map(listed.map((file) => [file.path, file.executable]));
  const paths = listed.map(({ path }) => path);
  const handlers = await discoverHandlers(marker, paths, (path) => readFile(join(root, path)));
  const files = selectFiles(marker, paths).map((path) => ({
    path: entryName(marker, path) ?? path,
    executable: executable.get(path) ?? false,
    read: () => readFileSync(join(root, path)),
  }));
  return { marker, files, handlers };
}

function readMarker(workspaceRoot: string, path: string): Marker {
  const file = join(workspaceRoot, path);
  if (!existsSync(file)) {
    throw new LambdaPythonError('MARKER_MISSING', {
      message: `\`${path}\` does not exist, so this project is no service`,
      hint: 'create one with `nx g nx-lambda-python:project`, or add a pyproject.toml with a [tool.nx-lambda-python] table',
    });
  }
  return parseMarker(readFileSync(file, 'utf8'), path);
}
