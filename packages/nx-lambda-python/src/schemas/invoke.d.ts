/** Generated from schema.json by `npm run generate`. */

/**
 * Calls one function of a service: the built package in the build image or a Python of this machine, or the deployed function. Prints log, answer, times and memory.
 */
export interface InvokeExecutorSchema {
  /**
   * Name of the handler (`refund`), or its handler string. A service with one handler needs none.
   */
  handler?: string;
  /**
   * The event: a JSON file, relative to the workspace; JSON itself; `-` for standard input; or a sample by the name of what sends it: `apigateway-v1`, `apigateway-v2`, `function-url`, `alb`, `sqs`, `sns`, `s3`, `dynamodb`, `eventbridge`, `schedule`, `cognito`, `kinesis`. Default: `{}`.
   */
  event?: string;
  /**
   * File, relative to the workspace, that gets the answer as the function returned it. If the function failed, it holds the error, and the exit code is not zero.
   */
  resultFile?: string;
  /**
   * Seconds that a call may take, after the init phase. Default: that of the marker's `create` settings, or 3, as in Lambda.
   */
  timeout?: number;
  /**
   * MB that a function is told it has. Nothing limits it here; the output tells what it used. Default: that of the marker's `create` settings, or 128.
   */
  memory?: number;
  /**
   * File, relative to the workspace, of environment variables for functions: `NAME=value` on each line. A name alone takes this shell's value (`AWS_PROFILE`). Values are never printed.
   */
  envFile?: string;
  /**
   * Form of a function's log: Lambda's setting of that name.
   */
  logFormat?: 'text' | 'json';
  /**
   * JSON that the handler finds in `context.client_context`.
   */
  clientContext?: string;
  /**
   * Tenant of the call: `context.tenant_id`. AWS requires it for functions with tenant isolation.
   */
  tenantId?: string;
  /**
   * Wait for a debugger before the handler's module is imported, and print what to attach. Needs debugpy in the package, the image or the Python that runs it. Without a time limit.
   */
  debug?: boolean;
  /**
   * Port of this machine for the debugger.
   */
  debugPort?: number;
  /**
   * What runs functions: a container of the build image, or `host`, a Python of this machine that has the runtime's version. Default: the build's `engine`.
   */
  engine?: 'auto' | 'docker' | 'podman' | 'finch' | 'nerdctl' | 'host';
  /**
   * Python of this machine to run functions with, instead of a container: a path, or a name on PATH. It must have the runtime's version.
   */
  python?: string;
  /**
   * Build target whose package is called. If the package is not that of the present sources, it is built again.
   */
  buildTarget?: string;
  /**
   * Call the deployed function instead. Needs `lambda:InvokeFunction`. Costs an invocation.
   */
  remote?: boolean;
  /**
   * With `remote`: alias or version to call. Default: the deploy target's `alias`, or $LATEST.
   */
  alias?: string;
  /**
   * Stage in the function's name. Default: what the deploy target has in the same configuration.
   */
  stage?: string;
  /**
   * AWS region of the bucket and the functions. Default: what the deploy or upload target has in the same configuration.
   */
  region?: string;
  /**
   * Profile of the AWS configuration files. Default: what the deploy or upload target has in the same configuration.
   */
  profile?: string;
  /**
   * URL of S3 and Lambda to use instead of AWS; buckets are then addressed in the path. Default: what the deploy or upload target has in the same configuration.
   */
  endpoint?: string;
  /**
   * Target of the same project that deploys; what is not set here is read from it and from its upload target.
   */
  deployTarget?: string;
  /**
   * Use the simulated account of this workspace (`.nx-lambda-python/account`) instead of AWS; its bucket and functions are created on demand, and `region`, `profile` and `endpoint` have no effect. The `local` configuration sets it. Default: what the deploy or upload target has in the same configuration.
   */
  simulated?: boolean;
}
