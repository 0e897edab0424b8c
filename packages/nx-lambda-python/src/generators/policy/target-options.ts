/** The options of a service's targets, as Nx would run them in a configuration. */

import type { TargetConfiguration } from '@nx/devkit';
import { LambdaPythonError } from '../../errors';
import { codeList } from '../../report/nearest';
import { optionsIn } from '../../service/target-options';

export type Targets = Record<string, TargetConfiguration>;

/** What decides which requests are sent: of the deploy, upload and build targets. */
export interface ReleaseOptions {
  deploy: {
    functionName?: string;
    stage?: string;
    missing?: string;
    alias?: string;
    canaryEvent?: string;
    storageMode?: 'COPY' | 'REFERENCE';
    layerName?: string;
    records?: boolean;
    accountId?: string | number;
    region?: string;
    simulated?: boolean;
    uploadTarget?: string;
  };
  upload: {
    bucket?: string;
    prefix?: string;
    region?: string;
    kmsKeyId?: string;
    simulated?: boolean;
    buildTarget?: string;
  };
  build: { layer?: boolean };
}

/** @throws OPTION_INVALID for a target that the project has not, and a configuration that none of them has */
export function releaseOptions(
  targets: Targets,
  { deployTarget, configuration }: { deployTarget: string; configuration?: string },
): ReleaseOptions & { uploadTarget: string } {
  const read = <T extends object>(target: string, option: string) =>
    optionsIn<T>(targetNamed(targets, target, option), configuration);
  const deploy = read<ReleaseOptions['deploy']>(deployTarget, 'deployTarget');
  const { uploadTarget = 'upload' } = deploy;
  const upload = read<ReleaseOptions['upload']>(uploadTarget, 'uploadTarget');
  const { buildTarget = 'build' } = upload;
  const build = read<ReleaseOptions['build']>(buildTarget, 'buildTarget');
  const chain = [deployTarget, uploadTarget, buildTarget].flatMap((name) => targets[name] ?? []);
  const known = new Set(chain.flatMap(({ configurations = {} }) => Object.keys(configurations)));
  if (configuration === undefined || known.has(configuration)) {
    return { deploy, upload, build, uploadTarget };
  }
  throw new LambdaPythonError('OPTION_INVALID', {
    message: `none of the targets ${codeList([deployTarget, uploadTarget, buildTarget])} has the configuration \`${configuration}\`; they have ${codeList([...known]) || 'none'}`,
    hint: 'correct `--configuration`, or leave it out',
  });
}

function targetNamed(targets: Targets, name: string, option: string): TargetConfiguration {
  const target = targets[name];
  if (target) return target;
  throw new LambdaPythonError('OPTION_INVALID', {
    message: `\`${option}\` names the target \`${name}\`, which the service does not have; it has ${codeList(Object.keys(targets)) || 'none'}`,
    hint: `set \`${option}\` to the right one of them`,
  });
}
