/** What a build can tell of a package without running it: warnings, and the one error that an option makes of them. */

import { LambdaPythonError } from '../errors';
import type { PartFacts } from '../packaging/dependency-part';
import { checkImports, describeMissing, hiddenLibrary } from '../packaging/imports-check';
import type { Dependencies } from './dependencies';
import type { BuildOptions } from './normalize';
import type { Service } from './service';

/**
 * @returns warnings
 * @throws IMPORT_NOT_FOUND
 */
export function checkPackage(
  { imports, excludeDistributions }: Pick<BuildOptions, 'imports' | 'excludeDistributions'>,
  { marker, files, importing }: Pick<Service, 'marker' | 'files' | 'importing'>,
  { whenNone, leftOut }: Pick<Dependencies, 'whenNone' | 'leftOut'>,
  facts: Pick<PartFacts, 'modules' | 'distributions'>,
): string[] {
  const { runtime } = marker;
  const isNone = facts.distributions.length === 0 && excludeDistributions.length === 0;
  const warnings = [
    ...(isNone && whenNone ? [whenNone()] : []),
    ...hiddenLibrary(facts, files, runtime),
  ];
  if (imports === 'off') return warnings;
  const { modules } = facts;
  const found = checkImports(importing, { runtime, files, modules, leftOut: leftOut ?? nothing });
  if (found.missing.length > 0) {
    const message = describeMissing(found.missing);
    if (imports === 'error') throw importNotFound(message);
    warnings.push(`${message}\n  ("imports": "error" on the build target makes this an error)`);
  }
  if (found.leftOut.length > 0) {
    const lines = found.leftOut.map((line) => `\n  ${line}`).join('');
    warnings.push(
      `a layer that is not of this build has to bring what "excludeDistributions" leaves out:${lines}`,
    );
  }
  return warnings;
}

const nothing = () => new Map<string, string>();

function importNotFound(message: string): LambdaPythonError {
  return new LambdaPythonError('IMPORT_NOT_FOUND', {
    message,
    hint: 'require what is missing, correct the import, or put it below `try: … except ImportError:` where the module can do without; "imports": "warn" on the build target only warns',
  });
}
