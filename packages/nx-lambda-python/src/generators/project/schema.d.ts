/** Generated from schema.json by `npm run generate`. */

/**
 * Creates a service, one directory of Python code for many Lambda functions with a first handler, or makes one of code that exists.
 */
export interface ProjectGeneratorSchema {
  /**
   * Directory of the service, relative to the current one. What it holds already stays as it is: its handlers, requirements and pyproject.toml are adopted.
   */
  directory: string;
  /**
   * Name of the Nx project. Default: the one that it has, or the last part of the directory.
   */
  name?: string;
  /**
   * Import package that holds the code, as Python imports it. Default: the one that the handlers there are in, or the project's name with `_` for whatever Python does not allow.
   */
  package?: string;
  /**
   * Lambda runtime of the service's functions.
   */
  runtime?: 'python3.9' | 'python3.10' | 'python3.11' | 'python3.12' | 'python3.13' | 'python3.14';
  /**
   * Processor architecture of the service's functions.
   */
  architecture?: 'x86_64' | 'arm64';
  /**
   * Tags of the Nx project, separated by commas.
   */
  tags?: string;
  /**
   * Leave the created files as they are written, without formatting them.
   */
  skipFormat?: boolean;
  /**
   * Do not add nx-lambda-python to package.json.
   */
  skipPackageJson?: boolean;
}
