/** The plugin's options in nx.json: which targets a service gets, and under which names. */

import type { TargetConfiguration } from '@nx/devkit';
import { EXECUTORS } from '../targets/options';

export type TargetKey = keyof typeof EXECUTORS;
/** In the order in which they are inferred. */
export const TARGETS = Object.keys(EXECUTORS) as TargetKey[];

/** Anything that a target in nx.json may have: it overrides what is inferred. */
export type TargetWithName = Partial<TargetConfiguration> & {
  /** Default: the key's own name; `prune-versions` for `pruneVersions`. */
  targetName?: string;
};

/**
 * Each target: `false` leaves it out, a string names it, an object names and changes it.
 *
 * @example
 * { "plugin": "nx-lambda-python", "options": { "build": { "targetName": "package" }, "deploy": false } }
 */
export interface PluginOptions {
  build?: TargetOption;
  upload?: TargetOption;
  deploy?: TargetOption;
  releases?: TargetOption;
  rollback?: TargetOption;
  pruneVersions?: TargetOption;
  lock?: TargetOption;
  explain?: TargetOption;
  prune?: TargetOption;
  shell?: TargetOption;
}

export type TargetOption = TargetWithName | string | boolean;

export interface TargetPlan {
  name: string;
  changes: Partial<TargetConfiguration>;
}

/** The targets to infer; those left out are undefined. */
export type TargetPlans = Record<TargetKey, TargetPlan | undefined>;

/** One shape for all forms; any other value counts as the default, since a throw here stops every Nx command. */
export function normalizeOptions(options: PluginOptions | undefined): TargetPlans {
  const given: PluginOptions = typeof options === 'object' && options !== null ? options : {};
  return {
    build: planOf('build', given.build),
    upload: planOf('upload', given.upload),
    deploy: planOf('deploy', given.deploy),
    // They read what deploy leaves: without deploy they are inferred only on request.
    releases: planOf('releases', given.releases ?? given.deploy !== false),
    rollback: planOf('rollback', given.rollback ?? given.deploy !== false),
    pruneVersions: planOf('pruneVersions', given.pruneVersions ?? given.deploy !== false),
    lock: planOf('lock', given.lock),
    explain: planOf('explain', given.explain),
    prune: planOf('prune', given.prune),
    shell: planOf('shell', given.shell),
  };
}

/** Names that differ from their keys: keys are JavaScript identifiers, names are typed on a command line. */
const DEFAULT_NAMES: Partial<Record<TargetKey, string>> = { pruneVersions: 'prune-versions' };

/** What a target is called unless the options say otherwise. */
export function defaultName(key: TargetKey): string {
  return DEFAULT_NAMES[key] ?? key;
}

function planOf(key: TargetKey, option: TargetOption | undefined): TargetPlan | undefined {
  const usual = defaultName(key);
  if (option === false) return undefined;
  if (typeof option === 'string') return { name: option || usual, changes: {} };
  if (typeof option !== 'object' || option === null) return { name: usual, changes: {} };
  const { targetName, ...changes } = option;
  return { name: targetName || usual, changes };
}
