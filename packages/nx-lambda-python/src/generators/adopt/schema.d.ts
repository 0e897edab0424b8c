/** Generated from schema.json by `npm run generate`. */

/**
 * Turns a directory of existing Lambda code into a service: writes the marker into its pyproject.toml, and changes nothing else.
 */
export interface AdoptGeneratorSchema {
  /**
   * Directory of the code, relative to the current one.
   */
  directory: string;
  /**
   * Lambda runtime of the functions. Default: the one that SAM, CloudFormation, Serverless, Terraform or CDK files name, else python3.13.
   */
  runtime?: 'python3.9' | 'python3.10' | 'python3.11' | 'python3.12' | 'python3.13' | 'python3.14';
  /**
   * Processor architecture of the functions. Default: the one that these files name, else x86_64.
   */
  architecture?: 'x86_64' | 'arm64';
  /**
   * Import package that holds the code, as Python imports it. Default: the package of the handlers.
   */
  package?: string;
}
