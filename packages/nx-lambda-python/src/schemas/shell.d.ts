/** Generated from schema.json by `npm run generate`. */

/**
 * Opens a shell in the container that resolves a service's dependencies: the same image, user, mounts, environment and network.
 */
export interface ShellExecutorSchema {
  /**
   * Target of the same project whose options say what the container is like.
   */
  buildTarget?: string;
  /**
   * Engine, where it shall be another one than the build's.
   */
  engine?: 'auto' | 'docker' | 'podman' | 'finch' | 'nerdctl';
  /**
   * Image, where it shall be another one than the build's; `{runtime}` and `{architecture}` are filled in.
   */
  image?: string;
}
