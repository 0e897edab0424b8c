/** Targets as the files of a workspace declare them, before Nx has merged them: the plugin runs first. */

import { posix } from 'node:path';
import { compile } from '../service/files';
import {
  stringOf,
  tableOf,
  tablesOf,
  stringsOf,
  type TomlTable,
} from '../packaging/requirements/toml';
import type { WorkspaceFiles } from '../packaging/inputs/workspace-files';
import { attempt } from '../platform/process/attempt';
import { EXECUTORS } from '../targets/options';
import { TARGETS, type TargetKey, type TargetPlans } from './options';

/** From the weakest to the strongest, in the order in which Nx merges them. */
export type PlaceName = 'plugin options' | 'targetDefaults' | 'package.json' | 'project.json';

/** Where a target may be declared. A missing file, or one that is not valid JSON, declares nothing. */
export interface TargetPlaces {
  /** The plugin's own options for this target, in nx.json. */
  changes?: unknown;
  /** Of nx.json, as it stands there: Nx 23 takes lists with filters, too. */
  targetDefaults?: unknown;
  /** The text of the package.json beside the marker, where Nx reads it. */
  packageJson?: string | undefined;
  /** The text of the project.json beside the marker. */
  projectJson?: string | undefined;
}

/** The declarations of a project, without the plugin's options, which differ by target. */
export function targetPlaces(
  root: string,
  { read, exists }: Pick<WorkspaceFiles, 'read' | 'exists'>,
  targetDefaults: unknown,
): TargetPlaces {
  const projectJson = read(posix.join(root, 'project.json'));
  const isPackage =
    projectJson !== undefined ||
    root === '.' ||
    exists('pnpm-workspace.yaml') ||
    tableOf(parsed(read('package.json')))['workspaces'] !== undefined;
  const packageJson = isPackage ? read(posix.join(root, 'package.json')) : undefined;
  return { targetDefaults, packageJson, projectJson };
}

/** A target as one place has it. */
export interface DeclaredTarget {
  place: PlaceName;
  /** Undefined where the place only changes what others declare. */
  executor: string | undefined;
  options: TomlTable;
  configurations: Record<string, TomlTable>;
  defaultConfiguration: string | undefined;
  /** Undefined where the place leaves them as they are. */
  inputs: unknown[] | undefined;
}

/**
 * The declarations of a target, weakest first: of its name, and in `targetDefaults` also of its executor.
 * One with another executor replaces those before it, as in Nx. A `filter` of `targetDefaults` that only Nx can
 * evaluate (projects, plugin) counts as a match, since too many are harmless here.
 *
 * @param executor that the target has unless a place says otherwise: `nx-lambda-python:deploy`
 */
export function declaredTarget(
  name: string,
  executor: string,
  { changes, targetDefaults, packageJson, projectJson }: TargetPlaces,
): DeclaredTarget[] {
  const own = [
    ...ofPackageJson(name, parsed(packageJson)),
    ...of('project.json', tableOf(tableOf(parsed(projectJson))['targets'])[name]),
  ];
  const inferred = of('plugin options', changes);
  const final = [...inferred, ...own].findLast((one) => one.executor !== undefined);
  const defaults = defaultsOf(name, final?.executor ?? executor, tableOf(targetDefaults))
    .flatMap((one) => of('targetDefaults', one))
    // Nx drops what is of another executor than the target has.
    .filter((one) => one.executor === undefined || one.executor === (final?.executor ?? executor));
  let merged: DeclaredTarget[] = [];
  let running = executor;
  for (const one of [...inferred, ...defaults, ...own]) {
    if (one.executor !== undefined && one.executor !== running) merged = [];
    running = one.executor ?? running;
    merged.push(one);
  }
  return merged;
}

/** All configurations that the declarations name, in the order in which they do. */
export function configurationNames(declared: readonly DeclaredTarget[]): string[] {
  return [...new Set(declared.flatMap((one) => Object.keys(one.configurations)))];
}

/** What runs under the name of a target; undefined if it is the expected executor. */
export function takenBy(
  declared: readonly DeclaredTarget[],
  executor: string,
): { executor: string; place: PlaceName } | undefined {
  const last = declared.findLast((one) => one.executor !== undefined);
  if (last?.executor === undefined || last.executor === executor) return undefined;
  return { executor: last.executor, place: last.place };
}

/** Names of the inputs that the project's own files define: they win over what is inferred. */
export function ownNamedInputs({ packageJson, projectJson }: TargetPlaces): string[] {
  const tables = [tableOf(tableOf(parsed(packageJson))['nx']), tableOf(parsed(projectJson))];
  return tables.flatMap((table) => Object.keys(tableOf(table['namedInputs'])));
}

export interface Chain {
  /** The configurations of upload and deploy: Nx runs a target that lacks one in its default, silently. */
  configurations: string[];
  /** Of deploy: the other targets of a release need the same. */
  defaultConfiguration: string | undefined;
  /** Of the targets whose names run something else. */
  taken: Taken[];
}

export interface Taken {
  name: string;
  executor: string;
  place: string;
}

export function readChain(plans: TargetPlans, places: TargetPlaces): Chain {
  const declared = (key: TargetKey): DeclaredTarget[] => {
    const plan = plans[key];
    return plan
      ? declaredTarget(plan.name, EXECUTORS[key], { ...places, changes: plan.changes })
      : [];
  };
  const own = (key: TargetKey): DeclaredTarget[] =>
    takenBy(declared(key), EXECUTORS[key]) ? [] : declared(key);
  const deploy = own('deploy');
  return {
    configurations: configurationNames([...own('upload'), ...deploy]),
    defaultConfiguration: deploy.findLast((one) => one.defaultConfiguration !== undefined)
      ?.defaultConfiguration,
    taken: TARGETS.flatMap((key) => {
      const { name } = plans[key] ?? {};
      const other = takenBy(declared(key), EXECUTORS[key]);
      return name === undefined || other === undefined ? [] : { name, ...other };
    }),
  };
}

function of(place: PlaceName, value: unknown): DeclaredTarget[] {
  const target = tableOf(value);
  if (Object.keys(target).length === 0) return [];
  const executor = stringOf(target['executor']);
  return [
    {
      place,
      executor: executor ?? (target['command'] === undefined ? undefined : 'nx:run-commands'),
      options: tableOf(target['options']),
      configurations: Object.fromEntries(
        Object.entries(tableOf(target['configurations'])).map(([key, one]) => [key, tableOf(one)]),
      ),
      defaultConfiguration: stringOf(target['defaultConfiguration']),
      inputs: Array.isArray(target['inputs']) ? target['inputs'] : undefined,
    },
  ];
}

/** A script is a target of its name, unless `nx.includedScripts` leaves it out or `nx.targets` has its own executor. */
function ofPackageJson(name: string, value: unknown): DeclaredTarget[] {
  const { scripts, nx } = tableOf(value);
  const { includedScripts, targets } = tableOf(nx);
  const declared = of('package.json', tableOf(targets)[name]);
  const names = Array.isArray(includedScripts)
    ? stringsOf(includedScripts)
    : Object.keys(tableOf(scripts));
  if (!names.includes(name) || declared.some((one) => one.executor !== undefined)) return declared;
  return [
    ...of('package.json', { executor: 'nx:run-script', options: { script: name } }),
    ...declared,
  ];
}

/** Nx uses one key: the executor's, else the name's, else the longest glob that matches. */
function defaultsOf(name: string, executor: string, defaults: TomlTable): TomlTable[] {
  const globs = Object.keys(defaults)
    .filter((key) => key !== name && /[*?{[]/.test(key) && compile(key).matches(name))
    .sort((a, b) => b.length - a.length);
  for (const key of [executor, name, ...globs]) {
    const value = defaults[key];
    if (value === undefined) continue;
    const entries = Array.isArray(value) ? tablesOf(value) : [tableOf(value)];
    const fitting = entries.filter(({ filter }) => {
      const wanted = tableOf(filter)['executor'];
      return wanted === undefined || wanted === executor;
    });
    if (fitting.length > 0) return fitting;
  }
  return [];
}

/** Nx itself reports a file that is not valid JSON. */
function parsed(text: string | undefined): unknown {
  return text === undefined ? undefined : attempt((): unknown => JSON.parse(text));
}
