/** The options of a target, as Nx would run it in a configuration. */

/**
 * The variable in which the plugin tells its executors the configuration that the command line asks for: Nx
 * itself leaves out one that a target lacks, and runs its default. Empty where none is asked for.
 */
export const ASKED_CONFIGURATION = 'NX_LAMBDA_PYTHON_ASKED_CONFIGURATION';

/** What a target of a project has, as far as it counts here. */
export interface ConfiguredTarget {
  options?: object;
  configurations?: Record<string, object>;
  defaultConfiguration?: string;
}

/** A target that has no configuration of this name runs in its default one, as in Nx's own dependencies. */
export function optionsIn<T extends object>(
  { options, configurations = {}, defaultConfiguration }: ConfiguredTarget,
  configuration: string | undefined,
): Partial<T> {
  const isItsOwn = configuration !== undefined && configuration in configurations;
  const chosen = isItsOwn ? configuration : defaultConfiguration;
  return { ...options, ...(chosen === undefined ? {} : configurations[chosen]) };
}
