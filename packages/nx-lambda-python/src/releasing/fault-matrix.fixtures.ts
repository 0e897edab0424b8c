/** What may go wrong with the calls of a command, and which cases of it a run of the tests meets. */

import type { Fault, FaultKind } from '../testing';

/** Of the service, in the order of their functions. */
export const HANDLERS = ['cancel', 'create', 'refund'];

/** The calls of a command. */
export interface Calls {
  /** Sent for each function. */
  function?: readonly string[];
  /** Of S3, by how often they are sent for something else each time. */
  once?: readonly string[];
  twice?: readonly string[];
  thrice?: readonly string[];
}

/** What answers in the place of a call, or of its answer. */
const KINDS: readonly FaultKind[] = [
  ...(['409', '412', '429', '500', '503', 'timeout', 'reset', 'lost-response'] as const),
  ...(['passing-400', 'clock-skew'] as const),
  ...(['expired-credentials', 'access-denied', 'invalid-parameter'] as const),
];
/** What AWS accepts and then does not do, or not soon. */
export const OUTCOMES: readonly FaultKind[] = ['update-failed', 'slow-update'];

/** Whose cases always run; the others do with LONG=1. */
const QUICK: readonly FaultKind[] = [
  ...(['lost-response', 'access-denied', 'update-failed', 'function-error'] as const),
];

export type Case = [name: string, fault: Fault];

/**
 * Each call × each kind. Of functions it is the first, a middle or the last one by turns, so that kinds that are
 * handled alike, and operations that follow each other, are met at different ones.
 */
export function cases(
  { function: functions = [], ...numbered }: Calls,
  kinds: readonly FaultKind[] = KINDS,
): Case[] {
  const ofFunctions = functions.flatMap((operation, row) =>
    kinds.map((kind, column) => {
      const target = `svc-${HANDLERS[(row + column) % HANDLERS.length]}`;
      return oneCase(kind, operation, target, { target });
    }),
  );
  const others = [numbered.once ?? [], numbered.twice ?? [], numbered.thrice ?? []].flatMap(
    (operations, last) =>
      Array.from({ length: last + 1 }, (_, at) => at + 1).flatMap((nth) =>
        operations.flatMap((operation) =>
          kinds.map((kind) => oneCase(kind, operation, `number ${nth}`, { nth })),
        ),
      ),
  );
  return [...ofFunctions, ...others];
}

function oneCase(kind: FaultKind, operation: string, where: string, more: Partial<Fault>): Case {
  // Credentials that have expired midway stay so.
  const lasting = kind === 'expired-credentials' ? { lasting: true } : {};
  return [`${kind} at ${operation} ${where}`, { operation, kind, ...more, ...lasting }];
}

export function chosen(all: readonly Case[]): Case[] {
  const isLong = process.env['LONG'] !== undefined;
  return all.filter(([, { kind, reason }]) => isLong || QUICK.includes(kind) || reason);
}
