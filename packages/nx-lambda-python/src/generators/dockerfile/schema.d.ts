/** Generated from schema.json by `npm run generate`. */

/**
 * Creates the Dockerfile of a team's own build image: AWS's image of a runtime, with the tools that builds and shells need.
 */
export interface DockerfileGeneratorSchema {
  /**
   * Directory of the Dockerfile, relative to the current one. It must not contain one yet.
   */
  directory: string;
  /**
   * Lambda runtime that the image builds for.
   */
  runtime?: 'python3.9' | 'python3.10' | 'python3.11' | 'python3.12' | 'python3.13' | 'python3.14';
  /**
   * Processor architecture of the image.
   */
  architecture?: 'x86_64' | 'arm64';
  /**
   * AWS's image to start from: `sam` has compilers and the AWS CLI; `lambda` is smaller and installs them from the system's packages.
   */
  base?: 'sam' | 'lambda';
  /**
   * Digest of the base image, `sha256:…`, so that every build of the image starts from the same base. Default: the newest image of the tag.
   */
  digest?: string;
  /**
   * Do not format the created files.
   */
  skipFormat?: boolean;
}
