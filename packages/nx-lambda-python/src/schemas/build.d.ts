/** Generated from schema.json by `npm run generate`. */

/**
 * Builds the deployment package of a service: one zip with the dependencies that pip resolves for the runtime, and the service's own files.
 */
export interface BuildExecutorSchema {
  /**
   * Requirements files, relative to the project's root, `pyproject.toml` or `Pipfile` for its dependencies, or one lock: `uv.lock`, `poetry.lock`, `pylock.toml` or `Pipfile.lock`. Files that they include with `-r` and `-c` are read too. The default is `requirements` of the marker, else `requirements.txt`; if it is missing, the first lock in the same directory, then the `uv.lock` of the workspace that has the service as a member, then the dependencies in `pyproject.toml`, then `Pipfile`.
   */
  requirements?: string[];
  /**
   * Extras of the service to package with its dependencies, by their names in `pyproject.toml` or in the lock. An unknown name is an error.
   */
  extras?: string[];
  /**
   * Dependency groups of the service to package with its dependencies: those of `[dependency-groups]`, of the lock, or of Poetry. An unknown name is an error. Without this option, groups that a tool installs by default, such as `dev`, are not packaged.
   */
  groups?: string[];
  /**
   * Constraints files, relative to the project's root, as for `pip --constraint`. Those of pip's own configuration (PIP_CONSTRAINT) count in addition.
   */
  constraints?: string[];
  /**
   * How dependencies get into the package. `wheels` splices them from the wheel store. `install` lets pip install them in the container, for packages that must contain exactly what `pip install --target` leaves. Its cost: any changed requirement installs and compresses everything again, wheels are not checked against the runtime, the last distribution that pip installs wins if two have the same path, and `host`, `excludeDistributions` and `collisions` are not supported.
   */
  dependencies?: 'wheels' | 'install';
  /**
   * Where wheels are resolved. `auto` takes the first engine that answers, and `host` only if none is installed. `host` uses published wheels for the runtime and builds nothing from source.
   */
  engine?: 'auto' | 'docker' | 'podman' | 'finch' | 'nerdctl' | 'host';
  /**
   * Build image; `{runtime}` and `{architecture}` are replaced. The default is AWS's: `public.ecr.aws/sam/build-{runtime}:latest-{architecture}`. With a digest (`name@sha256:…`), an unchanged build does not start an engine.
   */
  image?: string;
  /**
   * Network of the container, for example `host`. The default is the engine's own.
   */
  network?: string;
  /**
   * How the container gets this machine's files. `bind` mounts them. `copy` sends them in and fetches what pip made, for engines that do not see them: on another machine, in a virtual machine, or of another container. `auto` mounts, but copies for an engine that is reached over a network, and after a run that did not find its files, which costs about a second. Without mounts, pip's cache stays empty.
   */
  mount?: 'auto' | 'bind' | 'copy';
  /**
   * Further mounts, `source:target` or `source:target:ro`. A source with a slash is a path, absolute or relative to the workspace and in it; a bare name is a volume of the engine. Their targets are part of the requirements key, their content is not.
   */
  volumes?: string[];
  /**
   * Further variables in the container. `NAME` passes this machine's value, which may be secret and is not part of the requirements key. `NAME=value` is part of it, since it may decide what is compiled; anybody on this machine can read it in the engine's arguments, so a URL with credentials is refused.
   */
  environment?: string[];
  /**
   * Further arguments of the engine's `run`. They are not part of the requirements key. A URL with credentials is refused: pass a variable by its name with `environment`.
   */
  containerArgs?: string[];
  /**
   * Whether git in the container may use this machine's ssh agent. `auto` forwards it if a requirement is `git+ssh://…`. `agent` always forwards it, for such requirements in another distribution's metadata or in a submodule. Code that is built in that run can use the agent too; no key is copied. `none` refuses such requirements.
   */
  ssh?: 'auto' | 'agent' | 'none';
  /**
   * Further arguments of pip, for example `--pre`. They are part of the requirements key. Arguments that name requirements or constraints are refused, since the build has options for them, and so are places to write to. A URL with credentials is refused, since everyone can read arguments.
   */
  pipArgs?: string[];
  /**
   * Distributions that are resolved but left out of the package, for example `boto3`, which Lambda provides. Code that needs them runs with Lambda's version. The build warns of a name that is not required. Not with `dependencies: install`.
   */
  excludeDistributions?: string[];
  /**
   * Files of distributions that are left out of the package: gitignore patterns, relative to the top of the package, for example `googleapiclient/discovery_cache/documents/*.json`, or `preset:tests` (in folders `tests` and `test`: `test_*.py`, `*_test.py`, `conftest.py`, and files that are not Python) and `preset:headers` (C, C++ and Cython headers). `!pattern` keeps what others leave out. `.dist-info` stays, and RECORD lists what is left. pip is not run again. Code that reads or imports a file that is left out fails in Lambda: use it for packages near Lambda's limit of 262 MB or slow to load, and run the functions afterwards. The build warns of a pattern that matches nothing. Files of the service are left out by `exclude` in its marker.
   */
  excludeFiles?: string[];
  /**
   * Distributions of which a wheel is accepted although its RECORD does not list all of its files with a hash of sha256 or better, as pip accepts it. Only the hash of the whole wheel then shows that such a file was not changed on its way. Use it for a version that you have to use and whose authors do not publish another wheel. Files that differ from RECORD, paths outside of the package and files that occur twice stay refused. Not with `dependencies: install`, where pip accepts every RECORD.
   */
  acceptIncompleteRecords?: string[];
  /**
   * Which distribution wins if two have different files at the same path: `{ "google/__init__.py": "protobuf" }`. Not with `dependencies: install`.
   */
  collisions?: {
    [k: string]: string;
  };
  /**
   * Puts the distributions' programs into `bin/`: console scripts and files in `.data/scripts` of wheels, as pip writes them, started by the runtime's own Python, `/var/lang/bin/python3.X`. For functions that start a program of a distribution; most functions only import. Costs some kilobytes, or megabytes for a binary. Not with `dependencies: install`, which always has them.
   */
  scripts?: boolean;
  /**
   * Puts bytecode of the dependencies' modules into the package, so that a cold start compiles none of them (importing was 3 to 4 times faster when measured). `imported` only that of modules which importing the handlers runs: in the build image, without a network, again after each edit of the service, which takes seconds. It is compiled once for each set of dependencies, by the build image or, without a container, by a Python of exactly the runtime's version. It makes a package about a third larger. The service's own modules get none: each edit would have to be compiled again.
   */
  bytecode?: true | false | 'imported';
  /**
   * What bytecode may add to the package, unzipped, in millions of bytes. Import packages get all of theirs or none, the smallest first; with `imported`, modules are chosen one by one. A warning names packages without. It counts toward Lambda's limit of 262 MB.
   */
  bytecodeBudgetMb?: number;
  /**
   * Puts the dependencies into `layer.zip`, a layer, and only the service's own files into `package.zip`. For large dependencies that seldom change: an edit then uploads kilobytes. Whenever the dependencies change, deploy publishes and attaches the layer, which costs one write for the layer and one more for each function. Not with `dependencies: install`.
   */
  layer?: boolean;
  /**
   * What to do if a handler module imports a module that neither the service, nor a distribution, nor the runtime's Python, nor Lambda has. Lambda could not load that handler. Only names are compared; imports in a function, below `if` or beside `except` are not checked, and neither are the imports of other modules. Takes no measurable time.
   */
  imports?: 'warn' | 'error' | 'off';
  /**
   * Builds this commit or tag instead of the working copy: `--ref=v1.2`. The workspace is checked out into a temporary directory, without files that git does not track and without submodules. A branch, `HEAD` and `origin/main` are refused, since they move and Nx's cache would not notice; the message names the commit to use.
   */
  ref?: string;
  /**
   * Directory of `package.zip`, `manifest.json` and, with `layer`, `layer.zip`, relative to the workspace and in it: Nx restores cached packages only there. Inferred targets set `dist/<project root>`.
   */
  outputPath: string;
}
