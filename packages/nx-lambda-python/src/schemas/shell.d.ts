/** Generated from schema.json by `npm run generate`. */

/**
 * Opens a shell in the container that resolves a service's dependencies: the same image, user, mounts, environment and network.
 */
export interface ShellExecutorSchema {
  /**
   * Build target of the same project, whose options describe the container.
   */
  buildTarget?: string;
  /**
   * Engine to use instead of the build's.
   */
  engine?: 'auto' | 'docker' | 'podman' | 'finch' | 'nerdctl';
  /**
   * Image to use instead of the build's; `{runtime}` and `{architecture}` are replaced.
   */
  image?: string;
}
