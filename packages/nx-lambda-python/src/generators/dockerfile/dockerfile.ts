/** `nx g nx-lambda-python:dockerfile`: the Dockerfile of a team's own build image. */

import { formatFiles, generateFiles, joinPathFragments, type Tree } from '@nx/devkit';
import { join, posix } from 'node:path';
import { LambdaPythonError } from '../../errors';
import { DEFAULT_RUNTIME, type Architecture, type Runtime } from '../../service/runtimes';
import { currentDirectory, reporting, runtimeNamed, workspacePath } from '../generator';
import type { DockerfileGeneratorSchema } from './schema';

export default reporting(dockerfileGenerator);

export async function dockerfileGenerator(
  tree: Tree,
  options: DockerfileGeneratorSchema,
): Promise<void> {
  const directory = workspacePath(options.directory, currentDirectory(tree));
  const file = joinPathFragments(directory, 'Dockerfile');
  if (tree.exists(file)) {
    throw new LambdaPythonError('OPTION_INVALID', {
      message: `\`${file}\` already exists`,
      hint: 'pass another directory, or remove the file first',
    });
  }
  const runtime = runtimeNamed(options.runtime ?? DEFAULT_RUNTIME);
  const architecture = options.architecture ?? 'x86_64';
  generateFiles(tree, join(__dirname, 'files'), directory, {
    directory,
    runtime: runtime.name,
    python: runtime.python,
    architecture,
    platform: architecture === 'arm64' ? 'linux/arm64' : 'linux/amd64',
    tag: `${imageName(directory)}:${runtime.name}-${architecture}`,
    ...baseImage(runtime, architecture, options),
    ...system(runtime, options.base ?? 'sam'),
  });
  if (!options.skipFormat) await formatFiles(tree);
}

/** A valid name for an image: lower case, no separators at the ends. */
function imageName(directory: string): string {
  const name = posix.basename(directory).toLowerCase();
  return name.replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '') || 'build-image';
}

function baseImage(
  { name, python }: Runtime,
  architecture: Architecture,
  { base = 'sam', digest }: DockerfileGeneratorSchema,
): { repository: string; base: string } {
  const isSam = base === 'sam';
  const repository = isSam ? `public.ecr.aws/sam/build-${name}` : 'public.ecr.aws/lambda/python';
  const tag = isSam ? `latest-${architecture}` : `${python.join('.')}-${architecture}`;
  return { repository, base: digest ? `${repository}@${digest}` : `${repository}:${tag}` };
}

/** Amazon Linux 2 has yum; Amazon Linux 2023 has dnf, in its minimal image too. */
function system(
  { glibc }: Runtime,
  base: NonNullable<DockerfileGeneratorSchema['base']>,
): { system: string; manager: string; packages: string[] } {
  const isAmazonLinux2 = glibc[1] < 34;
  const tools = ['git', 'make', 'openssh-clients', 'tar', 'gzip', 'unzip', 'vim-enhanced', 'zip'];
  const compilers = ['gcc', 'gcc-c++', isAmazonLinux2 ? 'awscli' : 'awscli-2'];
  return {
    system: isAmazonLinux2 ? 'Amazon Linux 2' : 'Amazon Linux 2023',
    manager: isAmazonLinux2 ? 'yum' : 'dnf',
    packages: [...tools, ...(base === 'lambda' ? compilers : [])].sort(),
  };
}
