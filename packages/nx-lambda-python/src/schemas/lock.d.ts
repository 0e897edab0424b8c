/** Generated from schema.json by `npm run generate`. */

/**
 * Writes a requirements file that pins every distribution of a service, with the hash of its file, as pip resolves them for the runtime and architecture.
 */
export interface LockExecutorSchema {
  /**
   * What is locked, relative to the project's root: requirements files, or `pyproject.toml` for its `[project]` dependencies. Default: `requirements.in` if it exists, else `pyproject.toml`.
   */
  input?: string[];
  /**
   * Names under `[project.optional-dependencies]` of `pyproject.toml` that are locked with its dependencies.
   */
  extras?: string[];
  /**
   * The lock, relative to the project's root. Only a lock is overwritten, never a file written by hand. With another name than the default, list it in `requirements` of the build target.
   */
  output?: string;
  /**
   * Take the newest versions of all distributions. By default those of the existing lock stay as long as they satisfy the input.
   */
  upgrade?: boolean;
  /**
   * Distributions whose version need not stay: `--upgradePackage=idna`.
   */
  upgradePackage?: string[];
  /**
   * What resolves. `pip` is the build image's own, or this machine's without a container: it takes the very files that a build takes, and the lock has one hash per distribution. `uv` on PATH needs no container and takes a fraction of the time; the lock has the hashes of all files of a version, and `pipArgs` do not count.
   */
  tool?: 'pip' | 'uv';
  /**
   * Target whose `engine`, `image`, `network`, `containerArgs`, `pipArgs` and `constraints` are used.
   */
  buildTarget?: string;
}
