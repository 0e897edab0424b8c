/** Generated from schema.json by `npm run generate`. */

/**
 * Adds a handler to a service, where the service's marker expects its handlers.
 */
export interface HandlerGeneratorSchema {
  /**
   * Name of the handler, with `/` for subpackages, or the path of its file.
   */
  name: string;
  /**
   * Service that gets the handler. Default: the one of the path, or of the current directory.
   */
  project?: string;
  /**
   * Leave the created files as they are written, without formatting them.
   */
  skipFormat?: boolean;
}
