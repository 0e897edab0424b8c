/** Generated from schema.json by `npm run generate`. */

/**
 * Points every function of the service at the uploaded package: reads all functions, plans, then changes only what differs. The functions' configuration is not touched.
 */
export interface DeployExecutorSchema {
  /**
   * Template of the functions' names in AWS, with `{project}`, `{handler}`, `{package}` and `{stage}`. A name in the marker's functions table takes precedence.
   */
  functionName?: string;
  /**
   * JSON file, relative to the workspace, in which another tool wrote the functions' names or ARNs, by handler: a map, `terraform output -json`, or the outputs of CDK or CloudFormation; `{stage}` is filled in. A handler that it does not have is an error, or gets `functionName` where that is set. Default: none.
   */
  functionNames?: string;
  /**
   * Where in `functionNames` the handlers' keys are: keys with dots between them, such as `lambda_functions` or `OrdersStack-{stage}`. Default: at the top.
   */
  functionNamesPath?: string;
  /**
   * Value of `{stage}`, such as `prod`; usually set per configuration. No default.
   */
  stage?: string;
  /**
   * Names or globs of handlers or functions; `!` leaves one out (`--only='!purge'`). The others are left as they are. A glob that matches nothing is an error. Default: all.
   */
  only?: string[];
  /**
   * What to do about handlers without a function: `error` changes nothing at all, `skip` deploys the others, `create` creates them as the marker's `create` table says (role, memory, timeout, environment). Leave it at `error` if another tool defines the functions.
   */
  missing?: 'error' | 'skip' | 'create';
  /**
   * Which functions get a new package: `all`, or with `reached` those of which the code that they reach differs from the package that they run. The others are `unchanged` (same code): not written to, and still warm. Costs one GET of S3 for each package that functions run. Read [what it does not know](../reach.md) first.
   */
  updates?: 'all' | 'reached';
  /**
   * Print the plan and change nothing. Costs one GetFunction per function, with `alias` two. Fails whenever the deploy itself would.
   */
  dryRun?: boolean;
  /**
   * With `dryRun`: fail if the deploy would change anything, so that CI notices drift. Costs nothing more.
   */
  failOnChanges?: boolean;
  /**
   * Alias that callers use, such as `live`: a version of every function is published, and the aliases are moved only after all versions exist. Callers do not notice a deploy that fails half-way, and rollback only moves aliases. Costs two more writes per function: 100 take 25 s instead of 8 s. Default: none, $LATEST itself is changed.
   */
  alias?: string;
  /**
   * Share of the alias' calls, between 0 and 1, that go to the new version; the rest stays with the old one until a deploy without this option. Needs `alias`. Costs a GetAlias, which counts as a write, for each function that may have this share already. Default: all.
   */
  aliasWeight?: number;
  /**
   * Publish a version and move `alias` to it even if only settings of $LATEST (memory, environment, role, …) differ from what the alias reaches; without this option the plan only names them. Needs `alias`. Costs two writes for each such function.
   */
  publish?: boolean;
  /**
   * Handler or function that is changed first, alone; the others follow once AWS reports it healthy. With `canaryEvent` it is invoked in every deploy, even if it has the package already. Default: the first one that changes. Costs the time of one update, about two seconds.
   */
  canary?: string;
  /**
   * JSON file, relative to the workspace, with the event that the canary is invoked with before any other function is changed; an error in its answer stops the deploy. Costs one invocation. The event must be harmless.
   */
  canaryEvent?: string;
  /**
   * `COPY`: Lambda keeps its own copy of the package. `REFERENCE`: Lambda reads the object in the bucket, which must be versioned, allow lambda.amazonaws.com to read it and never lose that version; code storage is not used.
   */
  storageMode?: 'COPY' | 'REFERENCE';
  /**
   * Name of the layer that the build option `layer` makes; it is published when its content changes, and replaces its earlier version on each function. Other layers stay. Default: `{project}-dependencies`.
   */
  layerName?: string;
  /**
   * Refuse a package that was built from a working copy that differed from its commit, so that every release can be found in git. Set it for production; leave it off for experiments. A package built with `--ref` is always clean. The report names the commit and state of the build either way.
   */
  requireClean?: boolean;
  /**
   * When a function fails, bring every function that this deploy changed back to what it ran before, as `rollback` would; the deploy still fails. Set it if all functions must run one package; without it the next deploy continues where this one stopped.
   */
  rollbackOnFailure?: boolean;
  /**
   * Take the release lock from its holder. Only for a holder that is known to be gone: a process that ended on this machine, or did not renew its lock for 5 minutes, is recognised without this option.
   */
  forceUnlock?: boolean;
  /**
   * Keep deploys of one service and stage apart with a lock, and record each of them for `releases` and `rollback`. Costs four small requests to S3 in deploys that change something, one in others. Set it to `false` only for a storage without conditional writes (If-Match): deploys may then race, and cannot be rolled back.
   */
  records?: boolean;
  /**
   * Form of the plan or report on standard output. With `json` or `markdown`, progress goes to standard error.
   */
  format?: 'table' | 'json' | 'markdown';
  /**
   * The only account, twelve digits, that may be written to; with any other nothing is written. Default: any.
   */
  accountId?: string | number;
  /**
   * AWS region of the bucket and the functions. Default: what the upload target has in the same configuration.
   */
  region?: string;
  /**
   * Profile of the AWS configuration files. Default: what the upload target has in the same configuration.
   */
  profile?: string;
  /**
   * URL of S3 and Lambda to use instead of AWS; buckets are then addressed in the path. Default: what the upload target has in the same configuration.
   */
  endpoint?: string;
  /**
   * Which package to use: only one that was built from the present sources (`present`), or any that is in the build's output (`any`); its manifest says what it was built from. Default: what the upload target has in the same configuration.
   */
  sources?: 'present' | 'any';
  /**
   * Target of the same project that uploads the package; bucket, prefix, region, profile, endpoint and `simulated` are read from it.
   */
  uploadTarget?: string;
  /**
   * Use the simulated account of this workspace (`.nx-lambda-python/account`) instead of AWS; its bucket and functions are created on demand, and `region`, `profile` and `endpoint` have no effect. The `local` configuration sets it. Default: what the upload target has in the same configuration.
   */
  simulated?: boolean;
  /**
   * Updates started per second. AWS allows 15 for the whole account and region, all callers together, and does not raise it; use less while others deploy. 100 functions take 8 s at 12.
   */
  writesPerSecond?: number;
  /**
   * How long AWS may take to make one accepted update effective before its function counts as failed.
   */
  waitTimeoutSeconds?: number;
}
