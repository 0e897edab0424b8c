/** The targets of a service: build → upload → deploy, and those beside the chain. */

import type { TargetConfiguration } from '@nx/devkit';
import { posix } from 'node:path';
import type { Marker } from '../service/marker';
import type { Unseen } from '../packaging/inputs/package-inputs';
import type { Chain, Taken } from './declared-targets';
import { PACKAGE_INPUTS, type InferredInputs } from './inputs';
import { counted } from '../report/text';
import { EXECUTORS, READY } from '../targets/options';
import { TARGETS, type TargetKey, type TargetPlan, type TargetPlans } from './options';

type Metadata = NonNullable<TargetConfiguration['metadata']>;

export interface ServiceFacts {
  /** Of the project, relative to the workspace. */
  root: string;
  name: string;
  build: Pick<InferredInputs, 'inputs' | 'unseen' | 'options'>;
  /** Directories of its packages, in each configuration, relative to the workspace. */
  outputPaths: readonly string[];
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
    if (plan) targets[plan.name] = changed(inferTarget(key, plan, plans, facts), plan.changes);
  }
  return targets;
}

/** `12 handlers, python3.13 on x86_64` */
export function describe({ runtime, architecture }: Marker, handlers: number): string {
  return `${counted(handlers, 'handler')}, ${runtime.name} on ${architecture}`;
}

/** What the executor of a target decides. */
interface Kind {
  /** Description of the target. */
  action: string;
  /** Arguments or options to try. */
  example: NonNullable<Metadata['help']>['example'];
  /** Its result follows from its inputs: Nx caches it, with these files beside the package. */
  reports?: readonly string[];
  /** The target whose package it reads. */
  after?: (plans: TargetPlans) => TargetPlan | undefined;
  /** Options that name other targets of the chain, which are found by their usual names otherwise. */
  finds?: Readonly<Record<string, TargetKey>>;
  /** Runs in the configurations of a release; `build` has no account of its own to choose. */
  isStaged?: true | 'build';
  /** Runs until it is stopped; Nx's `readyWhen`, which versions before 24 do not have. */
  continuous?: object;
}

const LOCAL = { args: ['-c local'] };

const KINDS: Record<Exclude<TargetKey, 'build'>, Kind> = {
  upload: {
    action: 'Puts the deployment package into S3, once',
    example: LOCAL,
    after: ({ verify, build }) => (verify?.isGate ? verify : build),
    finds: { buildTarget: 'build' },
    isStaged: true,
  },
  deploy: {
    action: 'Points every function at the uploaded package',
    example: LOCAL,
    after: ({ upload, verify, build }) => upload ?? (verify?.isGate ? verify : build),
    finds: { uploadTarget: 'upload' },
    isStaged: true,
  },
  // These two read what deploy left in the bucket, and need no package of this machine.
  releases: {
    action: 'Lists what was released, newest first',
    example: LOCAL,
    finds: { deployTarget: 'deploy' },
    isStaged: true,
  },
  rollback: {
    action: 'Undoes a release',
    example: { args: ['--dryRun'] },
    finds: { deployTarget: 'deploy' },
    isStaged: true,
  },
  // The names of functions come from the package's manifest, as in a deploy.
  pruneVersions: {
    action: 'Lists, or deletes, old versions of the functions',
    example: { options: { dryRun: false } },
    after: ({ build }) => build,
    finds: { deployTarget: 'deploy' },
    isStaged: true,
  },
  lock: {
    action: 'Pins every distribution by version and hash',
    example: { args: ['--upgrade'] },
    finds: { buildTarget: 'build' },
  },
  explain: {
    action: 'Explains whether a build has to resolve dependencies',
    example: { args: ['--format=json'] },
    finds: { buildTarget: 'build' },
  },
  size: {
    action: 'Shows what the package is made of, in bytes, and how it grew',
    example: { args: ['--budget=150'] },
    after: ({ build }) => build,
    finds: { buildTarget: 'build', deployTarget: 'deploy' },
    isStaged: true,
  },
  verify: {
    action: 'Finds what would fail in Lambda',
    example: { options: { failOn: 'warning' } },
    reports: ['verify-report.json', 'verify-times.json'],
    after: ({ build }) => build,
    finds: { buildTarget: 'build' },
    isStaged: 'build',
  },
  invoke: {
    action: 'Calls a function with the built package, or in AWS',
    example: { args: ['--handler=refund', '--event=sqs'] },
    after: ({ build }) => build,
    finds: { buildTarget: 'build', deployTarget: 'deploy' },
    isStaged: true,
  },
  // The store is the same for every service: each of them has the target, so that any can be named.
  prune: {
    action: 'Removes files that builds no longer use from the wheel store of all services',
    example: { options: { dryRun: true } },
  },
  serve: {
    action: 'Serves all handlers on this machine, with hot reload',
    example: { options: { port: 4011 } },
    finds: { buildTarget: 'build', deployTarget: 'deploy' },
    // Nx 24 waits until it prints that: what listens on its port may be another program.
    continuous: { logMatches: READY },
  },
  shell: {
    action: 'Opens a shell in the container of the build',
    example: { options: { engine: 'docker' } },
    finds: { buildTarget: 'build' },
  },
};

/** Builds and what inspects their packages are cached: all others depend on AWS, an index, an engine or the wheel store. */
function inferTarget(
  key: TargetKey,
  plan: TargetPlan,
  plans: TargetPlans,
  facts: ServiceFacts,
): TargetConfiguration {
  if (key === 'build') return inferBuild(plan, facts);
  const { action, example, reports, after, finds, isStaged, continuous } = KINDS[key];
  const previous = after?.(plans);
  const renamed = Object.entries(finds ?? {}).flatMap(([option, other]) => {
    const { name = other } = plans[other] ?? {};
    return name === other ? [] : [[option, name]];
  });
  return {
    executor: EXECUTORS[key],
    ...(reports ? cached(reports, facts) : { cache: false }),
    ...(previous ? { dependsOn: [previous.name] } : {}),
    ...(after && !reports ? { inputs: PACKAGE_INPUTS } : {}),
    ...(renamed.length > 0 ? { options: Object.fromEntries(renamed) as object } : {}),
    ...(isStaged ? stages(facts, isStaged === 'build' ? {} : { simulated: true }) : {}),
    ...(continuous ? { continuous: true, readyWhen: continuous } : {}),
    metadata: metadata(plan, facts, action, example),
  };
}

/** The package, and what decides it: requirements count even where the bytes stay as they are. */
function cached(
  reports: readonly string[],
  { build: { unseen, inputs }, outputPaths }: ServiceFacts,
): Pick<TargetConfiguration, 'cache' | 'inputs' | 'outputs'> {
  return {
    cache: unseen.length === 0,
    inputs: [...inputs, ...PACKAGE_INPUTS],
    outputs: outputPaths.flatMap((path) =>
      reports.map((file) => posix.join('{workspaceRoot}', path, file)),
    ),
  };
}

function inferBuild(plan: TargetPlan, facts: ServiceFacts): TargetConfiguration {
  const { unseen, inputs, options } = facts.build;
  const example = { options: { engine: 'host' } };
  return {
    executor: EXECUTORS.build,
    cache: unseen.length === 0,
    inputs,
    // Never the directory: deploy writes its report beside the package.
    outputs: ['package.zip', 'layer.zip', 'manifest.json'].map(
      (file) => `{options.outputPath}/${file}`,
    ),
    options: { outputPath: defaultOutput(facts.root), ...options },
    metadata: metadata(plan, facts, `Builds the deployment package${notCached(unseen)}`, example),
  };
}

/** Where packages go unless the target says otherwise. */
export function defaultOutput(root: string): string {
  return posix.join('dist', root);
}

/** An unchanged build is fast enough without Nx's cache, and an old package is never right. */
function notCached([first, ...others]: readonly Unseen[]): string {
  if (first === undefined) return '';
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return `; not cached, because Nx does not see ${first.what}${more}: ${first.why}`;
}

/** Every target of a release has the configurations of all of them: Nx runs a target that lacks one in its default. */
function stages(
  { chain }: ServiceFacts,
  local: object,
): Pick<TargetConfiguration, 'configurations' | 'defaultConfiguration'> {
  const { configurations, defaultConfiguration } = chain;
  return {
    configurations: {
      ...Object.fromEntries(configurations.map((name) => [name, {}])),
      local,
    },
    ...(defaultConfiguration === undefined ? {} : { defaultConfiguration }),
  };
}

/** Names of targets that run something else; empty if there are none. */
export function takenNote(taken: readonly Taken[]): string {
  if (taken.length === 0) return '';
  const names = taken.map(({ name, executor, place }) => `\`${name}\` (${executor}, ${place})`);
  return `; taken by other targets: ${names.join(', ')}, see TARGET_TAKEN in the plugin's troubleshooting`;
}

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
