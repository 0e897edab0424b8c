/** Generated from schema.json by `npm run generate`. */

/**
 * Builds the deployment package of a service: dependencies as pip resolves them for the runtime, and the service's own files, in one zip.
 */
export interface BuildExecutorSchema {
  /**
   * Requirements files, relative to the project's root, or one lock: `uv.lock`, `poetry.lock` or `pylock.toml`. What they include by `-r` and `-c` is followed. The default is `requirements.txt`; where that is missing, the first of the three locks that stands beside it.
   */
  requirements?: string[];
  /**
   * Constraints files, relative to the project's root, as for `pip --constraint`. Those of pip's own configuration (PIP_CONSTRAINT) count besides.
   */
  constraints?: string[];
  /**
   * How dependencies get into the package. `wheels` splices them from the wheel store. `install` lets pip install them in the container, where a package must hold exactly what `pip install --target` leaves: any changed requirement installs and compresses everything again, wheels are not checked against the runtime, where two distributions hold one path pip's last one wins, and there is no `host` engine, `excludeDistributions` or `collisions`.
   */
  dependencies?: 'wheels' | 'install';
  /**
   * Where wheels are resolved. `auto` takes the first engine that answers; only where none is installed it uses `host`: published wheels for the runtime, nothing built from source.
   */
  engine?: 'auto' | 'docker' | 'podman' | 'finch' | 'nerdctl' | 'host';
  /**
   * Build image; `{runtime}` and `{architecture}` are filled in. The default is AWS's: `public.ecr.aws/sam/build-{runtime}:latest-{architecture}`. With a digest (`name@sha256:…`) an unchanged build needs no engine at all.
   */
  image?: string;
  /**
   * Network of the container, for example `host`. The default is the engine's own.
   */
  network?: string;
  /**
   * How the container gets this machine's files. `bind` mounts them, `copy` sends them in and fetches what pip made, for engines that do not see them: remote, in a virtual machine, or of another container. `auto` mounts, but copies for an engine that is reached by a network, and after a run that did not find its files: that run costs about a second. Copying costs pip's cache, which stays empty.
   */
  mount?: 'auto' | 'bind' | 'copy';
  /**
   * Further mounts, `source:target` or `source:target:ro`: a source with a slash is a path, relative to the workspace and in it, or absolute; a bare name is a volume of the engine. Their targets are part of the requirements key, what is in them is not.
   */
  volumes?: string[];
  /**
   * Further variables in the container. `NAME` passes this machine's value on, which may be secret and is no part of the requirements key; `NAME=value` may decide what is compiled and is part of it, and anybody on this machine can read it in the engine's arguments, so that a URL with credentials is refused.
   */
  environment?: string[];
  /**
   * Further arguments of the engine's `run`. They are not part of the requirements key. A URL with credentials is refused: `environment` passes a variable by its name.
   */
  containerArgs?: string[];
  /**
   * Whether git in the container may use this machine's ssh agent. `auto` forwards it where a requirement is `git+ssh://…`; `agent` does so in every run, where such a requirement is only found in another distribution's metadata or a submodule. Code that is built in that run can use the agent too; no key is copied. `none` refuses such requirements.
   */
  ssh?: 'auto' | 'agent' | 'none';
  /**
   * Further arguments of pip, for example `--pre`. They are part of the requirements key. Those that name requirements, constraints or places to write to are refused: the build has options for the first two, and says the third itself. A URL with credentials is refused: arguments are for everyone to read.
   */
  pipArgs?: string[];
  /**
   * Distributions that are resolved but left out of the package, for example `boto3`, which Lambda has. What needs them then runs with Lambda's version. A name that is not required gets a warning. Not with `dependencies: install`.
   */
  excludeDistributions?: string[];
  /**
   * Which distribution wins where two hold different files of one path: `{ "google/__init__.py": "protobuf" }`. Not with `dependencies: install`.
   */
  collisions?: {
    [k: string]: string;
  };
  /**
   * Puts the distributions' programs into `bin/`: console scripts and what wheels have in `.data/scripts`, as pip writes them, starting the runtime's own Python, `/var/lang/bin/python3.X`. For functions that start a program of a distribution; most only import, and need none. It costs some kilobytes, or megabytes where a program is a binary. Not with `dependencies: install`, which has them always.
   */
  scripts?: boolean;
  /**
   * Puts bytecode of the dependencies' modules into the package, so that a cold start compiles none of them (importing was 3 to 4 times faster where it was measured). It is compiled once for each set of dependencies, by the build image or, without a container, by a Python of the runtime's very version; it makes a package about a third larger. The service's own modules are left as they are: an edit would have to be compiled again.
   */
  bytecode?: boolean;
  /**
   * What bytecode may add to the package, unzipped, in millions of bytes. Whole import packages get theirs, the smallest first; a warning names those left out. Lambda's limit of 262 MB counts it, too.
   */
  bytecodeBudgetMb?: number;
  /**
   * Put the dependencies into `layer.zip`, a layer, and only the service's own files into `package.zip`. For packages whose dependencies change seldom and are large: an edit then uploads kilobytes. Costs a write for the layer and one more for each function whenever the dependencies change: deploy publishes and attaches it. Not with `dependencies: install`.
   */
  layer?: boolean;
  /**
   * What to do about an import of a handler module that leads nowhere: to no file of the service, no distribution, nothing of the runtime's Python and nothing that Lambda has. Lambda could not load that module. Told from names alone: what stands in a function, below `if` or beside `except` is not judged, nor is what other modules import. Costs nothing that can be measured.
   */
  imports?: 'warn' | 'error' | 'off';
  /**
   * Build this commit or tag, as git has it, and not the working copy: `--ref=v1.2`. Costs a checkout of the workspace into a temporary directory; what git does not track, submodules among it, is not in it. Whatever moves is refused, since the cache of Nx would not see it: a branch, `HEAD`, `origin/main`; the message has the commit to type.
   */
  ref?: string;
  /**
   * Directory of `package.zip`, `manifest.json` and, with `layer`, `layer.zip`, relative to the workspace and in it: Nx restores a cached package nowhere else. Inferred targets set `dist/<project root>`.
   */
  outputPath: string;
}
