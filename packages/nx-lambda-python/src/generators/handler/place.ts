/** Where a new handler goes, so that the service's marker finds it there. */

import { posix } from 'node:path';
import { LambdaPythonError } from '../../errors';
import { selectFiles } from '../../service/files';
import { compile, handlerModules, positiveGlobs } from '../../service/files';
import type { Marker } from '../../service/marker';
import { importPackageFor, isPythonIdentifier } from '../../python/names';
import { codeList } from '../../report/nearest';

export interface Placement {
  /** Relative to the service. */
  file: string;
  /** The handler's name, as discovery will give it. */
  name: string;
  /** Directory above it that the marker fixes: `orders/handlers`, relative to the service. */
  base: string;
}

/**
 * Places a handler by its name, `refund` or `admin/purge`, under the first glob that covers it.
 *
 * @throws HANDLER_NAME_INVALID
 */
export function placeByName(marker: Marker, name: string): Placement {
  const segments = name.replace(/\.py$/, '').split('/');
  segments.forEach(checkSegment);
  for (const glob of positiveGlobs(marker).map(compile)) {
    // `functions/*/handler.py` wants a directory for each handler, `handlers/*.py` a file.
    const path = [glob.base, ...segments, glob.tail].filter(Boolean).join('/');
    const placement = placed(marker, inService(marker, glob.tail ? path : `${path}.py`));
    if (placement) return placement;
  }
  throw notCovered(marker, name);
}

/**
 * Takes a file as it was named, with or without `.py`; undefined where the marker would not find it.
 *
 * @param path relative to the service
 * @throws HANDLER_NAME_INVALID
 */
export function placeFile(marker: Marker, path: string): Placement | undefined {
  const file = path.endsWith('.py') ? path : `${path}.py`;
  const placement = placed(marker, file);
  if (placement) checkSegment(posix.basename(file, '.py'));
  return placement;
}

function placed(marker: Marker, file: string): Placement | undefined {
  const [module] = handlerModules(marker, selectFiles(marker, [file]));
  if (module === undefined) return undefined;
  const path = marker.root === '' ? file : file.slice(marker.root.length + 1);
  const glob = positiveGlobs(marker)
    .map(compile)
    .find(({ matches }) => matches(path));
  return { file, name: module.name, base: inService(marker, glob?.base ?? '') };
}

function inService({ root }: Marker, path: string): string {
  return [root, path].filter(Boolean).join('/');
}

function checkSegment(segment: string): void {
  if (isPythonIdentifier(segment)) return;
  const proposal = importPackageFor(segment);
  throw new LambdaPythonError('HANDLER_NAME_INVALID', {
    message: `\`${segment}\` is no Python name: letters, digits and \`_\`, no keyword, not a digit first`,
    hint: proposal === undefined ? 'choose another name' : `name it \`${proposal}\``,
  });
}

/** For a module that discovery would pass over. */
export function notCovered(marker: Marker, name: string): LambdaPythonError {
  const [first] = positiveGlobs(marker);
  const wider = first?.replace(/\/\*\.py$/, '/**/*.py');
  return new LambdaPythonError('HANDLER_NAME_INVALID', {
    message: `\`${name}\` would be no handler: the marker in \`${marker.path}\` takes ${codeList(marker.handlers)}, without tests, files that start with \`_\` and what is not in the package`,
    hint:
      name.includes('/') && wider !== undefined && wider !== first
        ? `cover subpackages: handlers = ["${wider}"], or choose another name`
        : 'choose another name, or widen `handlers` under [tool.nx-lambda-python]',
  });
}
