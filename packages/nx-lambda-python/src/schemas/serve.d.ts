/** Generated from schema.json by `npm run generate`. */

/**
 * Serves all handlers of a service on this machine: Lambda's Invoke API and HTTP, with edits of files in the next answer.
 */
export interface ServeExecutorSchema {
  /**
   * Port to listen on.
   */
  port?: number;
  /**
   * Address to listen on. Anyone who reaches it can run the handlers: `0.0.0.0` opens it to the network.
   */
  host?: string;
  /**
   * Further projects to serve on the same port.
   */
  services?: string[];
  /**
   * Calls that run at a time in each service, in a process each; more wait.
   */
  concurrency?: number;
  /**
   * A process without a call for so long ends.
   */
  idleSeconds?: number;
  /**
   * Take edits over. `--no-reload` serves what was built when the command started.
   */
  reload?: boolean;
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
   * What runs functions: a container of the build image, or `host`, a Python of this machine that has the runtime's version. Default: the build's `engine`.
   */
  engine?: 'auto' | 'docker' | 'podman' | 'finch' | 'nerdctl' | 'host';
  /**
   * Python of this machine to run functions with, instead of a container: a path, or a name on PATH. It must have the runtime's version.
   */
  python?: string;
  /**
   * Stage in the function's name. Default: what the deploy target has in the same configuration.
   */
  stage?: string;
  /**
   * Deploy target of the same project, which names the functions. Default: `deploy`, or the one that the project has.
   */
  deployTarget?: string;
  /**
   * Build target of the same project, whose package runs.
   */
  buildTarget?: string;
}
