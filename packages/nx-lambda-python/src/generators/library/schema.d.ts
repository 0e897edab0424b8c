/** Generated from schema.json by `npm run generate`. */

/**
 * Creates a library of Python code that several services require, with a package, tests and a pyproject.toml.
 */
export interface LibraryGeneratorSchema {
  /**
   * Directory of the library, relative to the current one. Existing files stay unchanged; a library that exists is only required by `project`.
   */
  directory: string;
  /**
   * Name of the Nx project and of the distribution. Default: the last part of the directory.
   */
  name?: string;
  /**
   * Import package, as Python imports it. Default: the name with `_` for characters that Python does not allow.
   */
  package?: string;
  /**
   * Service that requires the library, by any of its names: its requirements.txt or its pyproject.toml gets one line. For a lock, the generator prints the command that adds it.
   */
  project?: string;
  /**
   * Tags of the Nx project, separated by commas.
   */
  tags?: string;
  /**
   * Do not format the created files.
   */
  skipFormat?: boolean;
}
