/** Generated from schema.json by `npm run generate`. */

/**
 * Adds a handler to a service, in the directory where the service's marker expects its handlers.
 */
export interface HandlerGeneratorSchema {
  /**
   * Name of the handler, with `/` for subpackages, or the path of its file. A name that Python cannot import is changed: `bad-name` becomes `bad_name`.
   */
  name: string;
  /**
   * Service that gets the handler, by any of its names. Default: the service of the path or of the current directory, or the only one of the workspace; if there are several, a terminal asks.
   */
  project?: string;
  /**
   * Do not format the created files.
   */
  skipFormat?: boolean;
}
