/** Generated from schema.json by `npm run generate`. */

/**
 * Registers the plugin in nx.json, so that every pyproject.toml with a [tool.nx-lambda-python] table becomes a service with build, upload, deploy and shell targets.
 */
export interface InitGeneratorSchema {
  /**
   * Do not format the changed files.
   */
  skipFormat?: boolean;
  /**
   * Do not add nx-lambda-python to package.json.
   */
  skipPackageJson?: boolean;
  /**
   * Keep the version of nx-lambda-python that package.json already has.
   */
  keepExistingVersions?: boolean;
}
