/** Distributions and service files that take the place of a module of Python's standard library. */

import type { Runtime } from '../service/runtimes';
import { hidesStandard } from '../python/stdlib';
import { modulesOf, type PartFacts } from './dependency-part';

/**
 * Lambda looks into the package and its layers before it looks into Python's own library. A backport that was made
 * for an older Python then serves everybody who imports the module, and breaks what is newer in it.
 *
 * @param files of the service, by their paths in the package
 */
export function hiddenLibrary(
  { modules, distributions }: Pick<PartFacts, 'modules' | 'distributions'>,
  files: readonly { path: string }[],
  runtime: Runtime,
): string[] {
  const python = `Python ${runtime.python.join('.')}`;
  const hides = ({ name, isRegular }: { name: string; isRegular: boolean }) =>
    isRegular && hidesStandard(name, runtime);
  const byDistribution = modules.filter(hides).flatMap((module) => {
    const [owner] = module.distributions;
    if (owner === undefined) return [];
    const version = distributions.find(({ name }) => name === owner)?.version ?? '';
    return `\`${owner} ${version}\` hides \`${module.name}\` of ${python}'s standard library from everything that imports it: take it out of the requirements, or, where another distribution requires it, out of the package by "excludeDistributions": ["${owner}"]`;
  });
  const byFile = modulesOf(files)
    .filter(hides)
    .map(
      ({ name }) =>
        `the service's own \`${name}\` hides \`${name}\` of ${python}'s standard library from everything that imports it: rename it`,
    );
  return [...byDistribution, ...byFile];
}
