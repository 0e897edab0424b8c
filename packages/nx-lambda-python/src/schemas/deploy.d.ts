/** Generated from schema.json by `npm run generate`. */

/**
 * Points every function of the service at the uploaded package: reads all, plans, then changes only what differs. Configuration is not touched.
 */
export interface DeployExecutorSchema {
  /**
   * Template of the functions' names in AWS, with `{project}`, `{handler}`, `{package}` and `{stage}`. A name in the marker's functions table wins.
   */
  functionName?: string;
  /**
   * What `{stage}` stands for, such as `prod`; usually set per configuration. No default.
   */
  stage?: string;
  /**
   * Names or globs of handlers or functions, those to leave out with `!` before them (`--only='!purge'`); the others are left as they are. A glob that matches nothing is an error. Default: all.
   */
  only?: string[];
  /**
   * What to do about handlers that have no function: `error` changes nothing at all, `skip` deploys the others, `create` makes them as the marker's `create` table says (role, memory, timeout, environment). Leave it at `error` where another tool defines the functions.
   */
  missing?: 'error' | 'skip' | 'create';
  /**
   * Print the plan and change nothing. Costs one GetFunction for each function, with `alias` two. Fails where the deploy itself would.
   */
  dryRun?: boolean;
  /**
   * With `dryRun`: fail where the deploy would change anything, so that CI notices drift. Costs nothing more.
   */
  failOnChanges?: boolean;
  /**
   * Alias that callers use, such as `live`: a version is published of every function, and all aliases are moved only when all versions are there. A deploy that fails half-way is then not noticed, and rollback moves aliases only. Costs two more writes for each function: 100 take 25 s instead of 8 s. Default: none, $LATEST itself is changed.
   */
  alias?: string;
  /**
   * Share of the alias' calls, between 0 and 1, that go to the new version; the rest stays with the old one until a deploy without it. Needs `alias`. Costs a GetAlias, which counts as a write, for each function that may have this share already. Default: all.
   */
  aliasWeight?: number;
  /**
   * Publish a version, and move `alias` to it, also where only settings of $LATEST (memory, environment, role, …) differ from what the alias reaches; without it the plan names them. Needs `alias`. Costs two writes for each such function.
   */
  publish?: boolean;
  /**
   * Handler or function that is changed first, alone; the others follow when AWS calls it healthy. With `canaryEvent` it is invoked in every deploy, also where it has the package already. Default: the first one that changes. Costs the time of one update, about two seconds.
   */
  canary?: string;
  /**
   * JSON file, relative to the workspace, that the canary is invoked with before any other function is changed; an error in its answer stops the deploy. Costs one invocation. The event must be harmless.
   */
  canaryEvent?: string;
  /**
   * `COPY`: Lambda keeps its own copy of the package. `REFERENCE`: it reads the object in the bucket, which then must be versioned, let lambda.amazonaws.com read it and never lose that version; code storage is not used.
   */
  storageMode?: 'COPY' | 'REFERENCE';
  /**
   * Name of the layer that the build option `layer` makes; published when its content is another, and attached in place of its earlier version. Other layers stay. Default: `{project}-dependencies`.
   */
  layerName?: string;
  /**
   * Refuse a package that was built from a working copy that differed from its commit, so that every release can be found in git. Set it for production; leave it off where developers try things. A package built by `--ref` is always clean. The report has commit and state of the build either way.
   */
  requireClean?: boolean;
  /**
   * When a function fails, bring every function that this deploy changed back to what it ran before, as `rollback` would; the deploy fails all the same. Set it where all functions must run one package; without it the next deploy goes on where this one ended.
   */
  rollbackOnFailure?: boolean;
  /**
   * Take the release lock from whoever holds it. Only where that process is known to be gone: one that ended on this machine, or did not renew its lock for 5 minutes, is recognised without it.
   */
  forceUnlock?: boolean;
  /**
   * Keep deploys of one service and stage apart by a lock, and record each for `releases` and `rollback`; costs four small requests to S3 in deploys that change something, one in others. Set it to `false` only for a storage that does not write under conditions (If-Match): deploys may then race, and cannot be rolled back.
   */
  records?: boolean;
  /**
   * Form of the plan or report on standard output. With `json` or `markdown`, progress goes to standard error.
   */
  format?: 'table' | 'json' | 'markdown';
  /**
   * The only account, twelve digits, that may be written to, also where functions are created; nothing is written otherwise. Default: any. Costs nothing: every deploy asks STS whose the credentials are.
   */
  accountId?: string | number;
  /**
   * AWS region. Default: what the upload target has in the same configuration.
   */
  region?: string;
  /**
   * Profile of the AWS configuration files. Default: what the upload target has in the same configuration.
   */
  profile?: string;
  /**
   * URL that S3 and Lambda are asked at instead of AWS. Default: what the upload target has in the same configuration.
   */
  endpoint?: string;
  /**
   * Which package may be used: that of the sources at hand (`present`), or whatever lies in the build's output (`any`), whose manifest says what it was built of. Default: what the upload target has in the same configuration.
   */
  sources?: 'present' | 'any';
  /**
   * Target of the same project that uploads the package; bucket, prefix, region, profile, endpoint and `simulated` are read from it.
   */
  uploadTarget?: string;
  /**
   * Use the simulated account of this workspace instead of AWS; functions are created there. Default: what the upload target has in the same configuration.
   */
  simulated?: boolean;
  /**
   * Updates begun per second. AWS allows 15 for the whole account and region, all callers together, and does not raise it; take less where others deploy at the same time. 100 functions take 8 s at 12.
   */
  writesPerSecond?: number;
  /**
   * How long AWS may take to make one accepted update effective before its function counts as failed.
   */
  waitTimeoutSeconds?: number;
}
