/** Generated from schema.json by `npm run generate`. */

/**
 * Creates a service, one directory of Python code for many Lambda functions with a first handler, or turns existing code into one.
 */
export interface ProjectGeneratorSchema {
  /**
   * Directory of the service, relative to the current one. Existing files stay unchanged; existing handlers, requirements and pyproject.toml are adopted.
   */
  directory: string;
  /**
   * Name of the Nx project. Default: the existing one, or the last part of the directory.
   */
  name?: string;
  /**
   * Import package that holds the code, as Python imports it. Default: the package of the existing handlers, or the project's name with `_` for characters that Python does not allow.
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
   * Do not format the created files.
   */
  skipFormat?: boolean;
  /**
   * Do not add nx-lambda-python to package.json.
   */
  skipPackageJson?: boolean;
}
