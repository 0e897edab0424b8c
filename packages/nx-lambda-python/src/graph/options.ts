/** The plugin's options in nx.json: which targets a service gets, and under which names. */

import type { TargetConfiguration } from '@nx/devkit';
import { EXECUTORS } from '../targets/options';

export type TargetKey = keyof typeof EXECUTORS;
/** In the order in which they are inferred. */
export const TARGETS = Object.keys(EXECUTORS) as TargetKey[];

/** Name of the group in which Nx shows a project's targets of this plugin. */
export const TARGET_GROUP = 'Lambda Python';

/** Anything that a target in nx.json may have: it overrides what is inferred. */
export type TargetWithName = Partial<TargetConfiguration> & {
  /** Default: the key's own name; `prune-versions` for `pruneVersions`. */
  targetName?: string;
  /** Of `verify`: upload depends on it. `"verify": true` says the same. */
  beforeUpload?: boolean;
};

/**
 * Each target: `false` leaves it out, a string names it, an object names and changes it.
 *
 * @example
 * { "plugin": "nx-lambda-python", "options": { "build": { "targetName": "package" }, "deploy": false } }
 */
export type PluginOptions = { [Key in TargetKey]?: TargetOption } & {
  /** Edges of the project graph that follow from imports. Default: true; false saves reading every Python file once. */
  importEdges?: boolean;
};

export type TargetOption = TargetWithName | string | boolean;

export interface TargetPlan {
  name: string;
  /** Of `verify`: whether it stands between build and upload. */
  isGate?: true;
  changes: Partial<TargetConfiguration>;
}

/** The targets to infer; those left out are undefined. */
export type TargetPlans = Record<TargetKey, TargetPlan | undefined>;

/** One shape for all forms; any other value counts as the default, since a throw here stops every Nx command. */
export function normalizeOptions(options: PluginOptions | undefined): TargetPlans {
  const given: PluginOptions = typeof options === 'object' && options !== null ? options : {};
  const plans = TARGETS.map((key) => {
    const usual = AFTER_DEPLOY.includes(key) ? given.deploy !== false : undefined;
    return [key, planOf(key, given[key] ?? usual)];
  });
  return Object.fromEntries(plans) as TargetPlans;
}

/** They read what deploy leaves: without deploy they are inferred only on request. */
const AFTER_DEPLOY: readonly TargetKey[] = ['releases', 'rollback', 'pruneVersions'];

/** Names that differ from their keys: keys are JavaScript identifiers, names are typed on a command line. */
const DEFAULT_NAMES: Partial<Record<TargetKey, string>> = { pruneVersions: 'prune-versions' };

/** What a target is called unless the options say otherwise. */
export function defaultName(key: TargetKey): string {
  return DEFAULT_NAMES[key] ?? key;
}

function planOf(key: TargetKey, option: TargetOption | undefined): TargetPlan | undefined {
  if (option === false) return undefined;
  const given = typeof option === 'string' ? { targetName: option } : option;
  const { targetName, beforeUpload, ...changes }: TargetWithName =
    (typeof given === 'object' && given) || {};
  const isGate = key === 'verify' && (option === true || beforeUpload === true);
  return { name: targetName || defaultName(key), changes, ...(isGate && { isGate }) };
}
