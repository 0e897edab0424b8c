/** Generated from schema.json by `npm run generate`. */

/**
 * Registers the plugin in nx.json, so that every pyproject.toml with a [tool.nx-lambda-python] table becomes a service with build, upload, deploy and shell targets.
 */
export interface InitGeneratorSchema {
  /**
   * Leave the changed files as they are written, without formatting them.
   */
  skipFormat?: boolean;
  /**
   * Do not add nx-lambda-python to package.json.
   */
  skipPackageJson?: boolean;
  /**
   * Leave the version of nx-lambda-python that package.json already has.
   */
  keepExistingVersions?: boolean;
}
