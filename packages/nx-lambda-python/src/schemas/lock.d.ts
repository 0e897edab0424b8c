/** Generated from schema.json by `npm run generate`. */

/**
 * Writes a requirements file that pins every distribution of a service, with the hash of its file, as pip resolves them for the runtime and architecture.
 */
export interface LockExecutorSchema {
  /**
   * Input to lock, relative to the project's root: requirements files, or `pyproject.toml` or `Pipfile` for its dependencies. Default: `requirements.in` if it exists, else `pyproject.toml` if it has dependencies, else `Pipfile`.
   */
  input?: string[];
  /**
   * Extras of `pyproject.toml` to lock with its dependencies. Default: those of the build target.
   */
  extras?: string[];
  /**
   * Dependency groups of `pyproject.toml` or categories of `Pipfile` to lock with its dependencies. Default: those of the build target.
   */
  groups?: string[];
  /**
   * The lock, relative to the project's root. Only a lock is overwritten, never a file written by hand. If it is not `requirements.txt`, list it in `requirements` of the build target.
   */
  output?: string;
  /**
   * Takes the newest versions of all distributions. By default, versions of the existing lock are kept while they satisfy the input.
   */
  upgrade?: boolean;
  /**
   * Distributions whose versions may change: `--upgradePackage=idna`.
   */
  upgradePackage?: string[];
  /**
   * Resolver. `pip` is that of the build image, or of this machine without a container: it takes exactly the files that a build takes, and the lock has one hash per distribution. `uv` on PATH needs no container and takes a fraction of the time; the lock has the hashes of all files of a version, and `pipArgs` are ignored.
   */
  tool?: 'pip' | 'uv';
  /**
   * Target whose `engine`, `image`, `network`, `containerArgs`, `pipArgs` and `constraints` are used.
   */
  buildTarget?: string;
}
