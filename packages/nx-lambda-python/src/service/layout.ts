/** Whether the files of a service are where its marker says: caught here, a slip is one line and not an ImportError in AWS. */

import { LambdaPythonError } from '../errors';
import { entryName, unmatchedIncludes } from './content';
import { handlerModules, positiveGlobs, type HandlerModule } from './handler-modules';
import type { Marker } from './marker';
import { codeList } from '../report/nearest';

/**
 * @param files all of the service
 * @param modules the handler modules among the files of the package
 * @throws PACKAGE_DIRECTORY_MISSING, MARKER_INVALID, NO_HANDLERS
 */
export function checkLayout(
  marker: Marker,
  files: readonly string[],
  modules: readonly HandlerModule[],
): void {
  checkPackageDirectory(marker, files);
  const [unmatched] = unmatchedIncludes(marker, files);
  if (unmatched !== undefined) {
    throw new LambdaPythonError('MARKER_INVALID', {
      message: `the pattern \`${unmatched}\` in \`include\` of \`${marker.path}\` matches no file`,
      hint: 'correct it, or remove it from `include`',
    });
  }
  checkHandlerGlobs(marker, files, modules);
}

function checkPackageDirectory(marker: Marker, files: readonly string[]): void {
  if (marker.importPackage === undefined) return;
  const directory = `${marker.importPackage.replaceAll('.', '/')}/`;
  if (files.some((file) => entryName(marker, file)?.startsWith(directory))) return;
  const path = marker.root === '' ? directory : `${marker.root}/${directory}`;
  const inSource = marker.root === '' && files.some((file) => file.startsWith(`src/${directory}`));
  throw new LambdaPythonError('PACKAGE_DIRECTORY_MISSING', {
    message: `the import package \`${marker.importPackage}\` of \`${marker.path}\` has no directory: \`${path}\` does not exist or has no files`,
    hint: inSource
      ? 'it is in `src/`: add `root = "src"` under [tool.nx-lambda-python]'
      : 'create it, or correct `package` under [tool.nx-lambda-python]',
  });
}

function checkHandlerGlobs(
  marker: Marker,
  files: readonly string[],
  modules: readonly HandlerModule[],
): void {
  const declaresAll = marker.functions.some(({ handler }) => handler !== undefined);
  if (!marker.handlersGiven && declaresAll) return;
  const negated = marker.handlers.filter((glob) => glob.startsWith('!'));
  const within = modules.map(({ file }) => file);
  for (const glob of positiveGlobs(marker)) {
    const only = { ...marker, handlers: [glob, ...negated] };
    if (handlerModules(only, within).length > 0) continue;
    const leftOut = handlerModules(only, files).map(({ file }) => file);
    throw leftOut.length > 0 ? notInPackage(marker, glob, leftOut) : noModules(marker, glob);
  }
}

function notInPackage(marker: Marker, glob: string, files: readonly string[]): LambdaPythonError {
  return new LambdaPythonError('NO_HANDLERS', {
    message: `the handlers \`${glob}\` of \`${marker.path}\` match ${codeList(files.slice(0, 3))}, which ${files.length > 1 ? 'are' : 'is'} not in the package`,
    hint: `add them to \`include\`; if they look like tests, take them back: exclude = ["!${glob}"]`,
  });
}

function noModules(marker: Marker, glob: string): LambdaPythonError {
  const module = `${marker.root === '' ? '' : `${marker.root}/`}${glob.replace(/\*\*\//g, '').replaceAll('*', 'create_order')}`;
  return new LambdaPythonError('NO_HANDLERS', {
    message: `the handlers \`${glob}\` of \`${marker.path}\` match no module`,
    hint: `create one, such as \`${module}\` with a \`def ${marker.handlerName}(event, context)\`, or correct \`handlers\``,
  });
}
