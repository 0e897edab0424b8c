/** Each call of a deploy × what may go wrong with it × the first, a middle and the last function. */

import type { Fault, FaultKind } from '../testing';

/** Of the service, in the order of their functions. */
export const HANDLERS = ['cancel', 'create', 'refund'];

/** Every call that a deploy makes, by the scenario in which it is met, and how its calls are told apart. */
export const CALLS = {
  alias: {
    function: ['GetFunction', 'UpdateFunctionCode', 'PublishVersion', 'UpdateAlias'],
    call: ['PutObject'],
    once: ['GetCallerIdentity', 'GetObject', 'HeadObject', 'GetAccountSettings'],
  },
  /** The first deploy of a service. */
  first: { function: ['CreateAlias'], call: [], once: ['ListObjectsV2'] },
  /** Aliases that point to $LATEST. */
  latest: { function: ['PublishVersion', 'UpdateAlias'], call: [], once: [] },
  layers: {
    function: ['UpdateFunctionConfiguration'],
    call: [],
    once: ['PublishLayerVersion', 'ListLayerVersions', 'GetLayerVersion'],
  },
  create: { function: ['CreateFunction'], call: [], once: ['Invoke'] },
} as const;

export type ScenarioName = keyof typeof CALLS;

const isLong = process.env['LONG'] !== undefined;

/** What answers in the place of a call, or of its answer. */
export const KINDS: readonly FaultKind[] = [
  ...(['409', '412', '429', '500', '503', 'timeout', 'reset', 'lost-response'] as const),
  ...(['passing-400', 'clock-skew'] as const),
  ...(['expired-credentials', 'access-denied', 'invalid-parameter'] as const),
];
/** What AWS accepts and then does not do, or not soon. */
export const OUTCOMES: readonly FaultKind[] = ['update-failed', 'slow-update'];

export type Case = [name: string, fault: Fault];

/** Each operation × each kind × the first, a middle and the last function, or call of that operation. */
export function cases(
  operations: readonly string[],
  by: 'function' | 'call' | 'once',
  kinds: readonly FaultKind[] = KINDS,
): Case[] {
  return operations.flatMap((operation) =>
    kinds.flatMap((kind) =>
      (by === 'once' ? [0] : [0, 1, 2]).map((at): Case => {
        const target = by === 'function' ? { target: `svc-${HANDLERS[at]}` } : { nth: at + 1 };
        // Credentials that have expired midway stay so.
        const lasting = kind === 'expired-credentials' ? { lasting: true } : {};
        const where = target.target ?? (by === 'once' ? '' : `number ${at + 1}`);
        const name = `${kind} at ${operation} ${where}`.trimEnd();
        return [name, { operation, kind, ...target, ...lasting }];
      }),
    ),
  );
}

/** All of them with LONG=1, else those of these names. */
export function chosen(all: readonly Case[], quick: readonly string[]): Case[] {
  const unknown = quick.filter((name) => !all.some(([other]) => other === name));
  if (unknown.length > 0) throw new Error(`no such cases: ${unknown.join(', ')}`);
  return isLong ? [...all] : all.filter(([name]) => quick.includes(name));
}

/** All that may happen to the calls of a scenario. */
export function casesOf(name: ScenarioName): Case[] {
  const { function: functions, call, once } = CALLS[name];
  return [...cases(functions, 'function'), ...cases(call, 'call'), ...cases(once, 'once')];
}
