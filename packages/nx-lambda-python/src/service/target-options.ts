/** The options of a target in a configuration, as Nx resolves them. */

/**
 * The variable in which the plugin passes the configuration of the command line to its executors: Nx ignores one
 * that a target lacks, and runs its default. Empty if the command line names none.
 */
export const ASKED_CONFIGURATION = 'NX_LAMBDA_PYTHON_ASKED_CONFIGURATION';

/** The part of a target that decides its options. */
export interface ConfiguredTarget {
  options?: object;
  configurations?: Record<string, object>;
  defaultConfiguration?: string;
}

/** A target without a configuration of this name runs in its default one, as with Nx's own `dependsOn`. */
export function optionsIn<T extends object>(
  { options, configurations = {}, defaultConfiguration }: ConfiguredTarget,
  configuration: string | undefined,
): Partial<T> {
  const isItsOwn = configuration !== undefined && configuration in configurations;
  const chosen = isItsOwn ? configuration : defaultConfiguration;
  return { ...options, ...(chosen === undefined ? {} : configurations[chosen]) };
}
