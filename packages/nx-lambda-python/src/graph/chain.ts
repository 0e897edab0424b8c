/** What the targets of one service must know of each other: the stages, and names that others have taken. */

import {
  configurationNames,
  declaredTarget,
  takenBy,
  type DeclaredTarget,
  type TargetPlaces,
} from './declared-targets';
import { TARGETS, type TargetKey, type TargetPlans } from './options';

export interface Chain {
  /** The configurations of upload and deploy: Nx runs a target that lacks one in its default, silently. */
  configurations: string[];
  /** Of deploy: what it releases by default, the others must find. */
  defaultConfiguration: string | undefined;
  /** Of the targets whose names run something else. */
  taken: Taken[];
}

export interface Taken {
  name: string;
  executor: string;
  place: string;
}

/** What the executor of a target is called, below `nx-lambda-python:`. */
export function executorOf(key: TargetKey): string {
  return `nx-lambda-python:${key === 'pruneVersions' ? 'prune-versions' : key}`;
}

export function readChain(plans: TargetPlans, places: TargetPlaces): Chain {
  const declared = (key: TargetKey): DeclaredTarget[] => {
    const plan = plans[key];
    return plan
      ? declaredTarget(plan.name, executorOf(key), { ...places, changes: plan.changes })
      : [];
  };
  const own = (key: TargetKey): DeclaredTarget[] =>
    takenBy(declared(key), executorOf(key)) ? [] : declared(key);
  const deploy = own('deploy');
  return {
    configurations: configurationNames([...own('upload'), ...deploy]),
    defaultConfiguration: deploy.findLast((one) => one.defaultConfiguration !== undefined)
      ?.defaultConfiguration,
    taken: TARGETS.flatMap((key) => {
      const { name } = plans[key] ?? {};
      const other = takenBy(declared(key), executorOf(key));
      return name === undefined || other === undefined ? [] : { name, ...other };
    }),
  };
}
