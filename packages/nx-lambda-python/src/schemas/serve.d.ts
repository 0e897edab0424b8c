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
   * What `{stage}` stands for in function names.
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
