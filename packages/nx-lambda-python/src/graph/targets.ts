/** The targets of a service: build → upload → deploy, and those beside the chain. */

import type { TargetConfiguration } from '@nx/devkit';
import { posix } from 'node:path';
import type { Marker } from '../service/marker';
import type { Unseen } from '../packaging/inputs/package-inputs';
import type { InferredInputs } from './build-inputs';
import type { Chain, Taken } from './chain';
import { PACKAGE_INPUTS } from './inputs';
import { TARGETS, type TargetKey, type TargetPlan, type TargetPlans } from './options';

/** Under which a project's targets of this plugin are shown together. */
export const TARGET_GROUP = 'Lambda Python';

export interface ServiceFacts {
  /** Of the project, relative to the workspace. */
  root: string;
  name: string;
  build: Pick<InferredInputs, 'inputs' | 'unseen'>;
  /** `12 handlers, python3.13 on x86_64`, or what is wrong with the marker. */
  summary: string;
  chain: Chain;
}

/** By target name, the chain first, in its order. */
export function serviceTargets(
  plans: TargetPlans,
  facts: ServiceFacts,
): Record<string, TargetConfiguration> {
  const targets: Record<string, TargetConfiguration> = {};
  for (const key of TARGETS) {
    const plan = plans[key];
    if (plan) targets[plan.name] = changed(INFER[key](plans, plan, facts), plan.changes);
  }
  return targets;
}

/** `12 handlers, python3.13 on x86_64` */
export function describe({ runtime, architecture }: Marker, handlers: number): string {
  return `${handlers} ${handlers === 1 ? 'handler' : 'handlers'}, ${runtime.name} on ${architecture}`;
}

type Infer = (plans: TargetPlans, plan: TargetPlan, facts: ServiceFacts) => TargetConfiguration;

const INFER: Record<TargetKey, Infer> = {
  build: inferBuild,
  upload: inferUpload,
  deploy: inferDeploy,
  releases: inferReleases,
  rollback: inferRollback,
  pruneVersions: inferPruneVersions,
  lock: inferLock,
  explain: inferExplain,
  prune: inferPrune,
  shell: inferShell,
};

function inferBuild(_: TargetPlans, plan: TargetPlan, facts: ServiceFacts): TargetConfiguration {
  return {
    executor: 'nx-lambda-python:build',
    cache: facts.build.unseen.length === 0,
    inputs: facts.build.inputs,
    // Never the directory: deploy writes its report beside the package.
    outputs: ['package.zip', 'layer.zip', 'manifest.json'].map(
      (file) => `{options.outputPath}/${file}`,
    ),
    options: { outputPath: posix.join('dist', facts.root) },
    metadata: metadata(
      plan,
      facts,
      `Builds the deployment package${notCached(facts.build.unseen)}`,
      {
        options: { engine: 'host' },
      },
    ),
  };
}

/** An unchanged build is fast enough without Nx's cache, and an old package is never right. */
function notCached([first, ...others]: readonly Unseen[]): string {
  if (first === undefined) return '';
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return `; Nx does not cache it, as it does not see ${first.what}${more}: ${first.why}`;
}

// Other targets of the chain are found by their usual names: an option says so where they have another.
function renamed(option: string, key: TargetKey, plan: TargetPlan | undefined) {
  return plan && plan.name !== key ? { options: { [option]: plan.name } } : {};
}

function inferUpload(
  plans: TargetPlans,
  plan: TargetPlan,
  facts: ServiceFacts,
): TargetConfiguration {
  return {
    executor: 'nx-lambda-python:upload',
    cache: false,
    ...dependsOn(plans.build),
    inputs: PACKAGE_INPUTS,
    ...renamed('buildTarget', 'build', plans.build),
    ...stages(facts),
    metadata: metadata(plan, facts, 'Puts the deployment package into S3, once', {
      args: ['-c local'],
    }),
  };
}

function inferDeploy(
  plans: TargetPlans,
  plan: TargetPlan,
  facts: ServiceFacts,
): TargetConfiguration {
  return {
    executor: 'nx-lambda-python:deploy',
    cache: false,
    ...dependsOn(plans.upload ?? plans.build),
    inputs: PACKAGE_INPUTS,
    ...renamed('uploadTarget', 'upload', plans.upload),
    ...stages(facts),
    metadata: metadata(plan, facts, 'Points every function at the uploaded package', {
      args: ['-c local'],
    }),
  };
}

// Both read what deploy left in the bucket, and need no package of this machine.
function inferReleases(
  plans: TargetPlans,
  plan: TargetPlan,
  facts: ServiceFacts,
): TargetConfiguration {
  return {
    executor: 'nx-lambda-python:releases',
    cache: false,
    ...renamed('deployTarget', 'deploy', plans.deploy),
    ...stages(facts),
    metadata: metadata(plan, facts, 'Lists what was released, newest first', {
      args: ['-c local'],
    }),
  };
}

function inferRollback(
  plans: TargetPlans,
  plan: TargetPlan,
  facts: ServiceFacts,
): TargetConfiguration {
  return {
    executor: 'nx-lambda-python:rollback',
    cache: false,
    ...renamed('deployTarget', 'deploy', plans.deploy),
    ...stages(facts),
    metadata: metadata(plan, facts, 'Undoes a release', { args: ['--dryRun'] }),
  };
}

// The names of functions come from the package's manifest, as in a deploy.
function inferPruneVersions(
  plans: TargetPlans,
  plan: TargetPlan,
  facts: ServiceFacts,
): TargetConfiguration {
  return {
    executor: 'nx-lambda-python:prune-versions',
    cache: false,
    ...dependsOn(plans.build),
    inputs: PACKAGE_INPUTS,
    ...renamed('deployTarget', 'deploy', plans.deploy),
    ...stages(facts),
    metadata: metadata(plan, facts, 'Lists, or deletes, old versions of the functions', {
      options: { dryRun: false },
    }),
  };
}

// Neither is cached: what they say depends on an index, an engine and the wheel store.
function inferLock(plans: TargetPlans, plan: TargetPlan, facts: ServiceFacts): TargetConfiguration {
  return {
    executor: 'nx-lambda-python:lock',
    cache: false,
    ...renamed('buildTarget', 'build', plans.build),
    metadata: metadata(plan, facts, 'Pins every distribution by version and hash', {
      args: ['--upgrade'],
    }),
  };
}

function inferExplain(
  plans: TargetPlans,
  plan: TargetPlan,
  facts: ServiceFacts,
): TargetConfiguration {
  return {
    executor: 'nx-lambda-python:explain',
    cache: false,
    ...renamed('buildTarget', 'build', plans.build),
    metadata: metadata(plan, facts, 'Says why a build would resolve dependencies or not', {
      args: ['--format=json'],
    }),
  };
}

// The same for every service, since the store is: on each of them, so that any can be named.
function inferPrune(_: TargetPlans, plan: TargetPlan, facts: ServiceFacts): TargetConfiguration {
  return {
    executor: 'nx-lambda-python:prune',
    cache: false,
    metadata: {
      ...metadata(plan, facts, 'Removes from the wheel store what builds no longer use', {
        options: { dryRun: true },
      }),
      description: 'Removes from the wheel store of all services what builds no longer use',
    },
  };
}

function inferShell(
  plans: TargetPlans,
  plan: TargetPlan,
  facts: ServiceFacts,
): TargetConfiguration {
  return {
    executor: 'nx-lambda-python:shell',
    cache: false,
    ...renamed('buildTarget', 'build', plans.build),
    metadata: metadata(plan, facts, 'Opens a shell in the container of the build', {
      options: { engine: 'docker' },
    }),
  };
}

/** All targets of a release run in the configurations that any of them has: Nx runs others in their default. */
function stages({
  chain,
}: ServiceFacts): Pick<TargetConfiguration, 'configurations' | 'defaultConfiguration'> {
  const { configurations, defaultConfiguration } = chain;
  return {
    configurations: {
      ...Object.fromEntries(configurations.map((name) => [name, {}])),
      local: { simulated: true },
    },
    ...(defaultConfiguration === undefined ? {} : { defaultConfiguration }),
  };
}

function dependsOn(previous: TargetPlan | undefined): Pick<TargetConfiguration, 'dependsOn'> {
  return previous ? { dependsOn: [previous.name] } : {};
}

/** Empty, or which names run something else, and what to do about it. */
export function takenNote(taken: readonly Taken[]): string {
  if (taken.length === 0) return '';
  const names = taken.map(({ name, executor, place }) => `\`${name}\` (${executor}, ${place})`);
  return `; not of this plugin: ${names.join(', ')}: see TARGET_TAKEN in its troubleshooting`;
}

type Metadata = NonNullable<TargetConfiguration['metadata']>;

function metadata(
  plan: TargetPlan,
  { name, summary, chain }: ServiceFacts,
  action: string,
  example: NonNullable<Metadata['help']>['example'],
): Metadata {
  return {
    technologies: ['python', 'aws-lambda'],
    description: `${action} (${summary})${takenNote(chain.taken)}`,
    help: { command: `npx nx run ${name}:${plan.name} --help`, example },
  };
}

// The user's values win; options, configurations and metadata are joined key by key.
function changed(
  inferred: TargetConfiguration,
  changes: Partial<TargetConfiguration>,
): TargetConfiguration {
  const target: TargetConfiguration = { ...inferred, ...changes };
  for (const key of ['options', 'configurations', 'metadata'] as const) {
    if (inferred[key] && changes[key]) target[key] = { ...inferred[key], ...changes[key] };
  }
  return target;
}
