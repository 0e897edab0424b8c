/** Plans and reports of 3, 40 and 300 functions, with what goes wrong among them. */

import type { FunctionOutcome, FunctionState } from '../model/function-state';
import type { Plan, PlannedFunction, PlanStatus } from '../model/plan';
import { NEW_SHA, OLD_SHA, planned, planOf } from '../release.fixtures';
import { deployReport, type DeployReport } from './deploy-report';

/** As AWS might quote somebody's input: colours, a title, a table's and HTML's characters, wide ones, two lines. */
export const HOSTILE =
  'bad \u001b[31mlayer\u001b[0m \u001b]0;owned\u0007| <b>層</b> `x`\n\u009b2Jend\u202e';

const SOURCE = { commit: '0123456789abcdef0123456789abcdef01234567', dirty: false };
const VERBS = ['create', 'cancel', 'refund', 'list', 'export'];
const NOUNS = ['order', 'invoice', 'customer', 'parcel', 'price-list', 'warehouse-transfer'];

function nameOf(index: number): string {
  const verb = VERBS[index % VERBS.length];
  const noun = NOUNS[Math.floor(index / VERBS.length) % NOUNS.length];
  return `svc-${verb}-${noun}-${String(index).padStart(3, '0')}`;
}

function statusOf(index: number, count: number): PlanStatus {
  if (index % 10 === 1) return 'unchanged';
  if (count > 3 && index % 37 === 5) return 'missing';
  return 'update';
}

export function planOfSize(count: number): Plan {
  const functions = Array.from({ length: count }, (_, index): PlannedFunction => {
    const status = statusOf(index, count);
    const codeSha256 = status === 'unchanged' ? NEW_SHA : index % 50 === 7 ? shaOf(9) : OLD_SHA;
    const before: FunctionState = { codeSha256, storageMode: 'COPY', layers: [], alias: null };
    return {
      ...planned(nameOf(index), status),
      before: status === 'missing' ? null : before,
    };
  });
  functions.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { ...planOf(functions), source: SOURCE };
}

/** A deploy that met a failure of one function, and then one that stopped it. */
export function reportOfSize(count: number): DeployReport {
  const plan = planOfSize(count);
  const written = plan.functions.filter(({ status }) => status === 'update');
  const outcomes = plan.functions.map((one) => outcomeOf(one, written.indexOf(one), count));
  return deployReport(plan, outcomes, count / 12, {
    again: 'nx deploy svc -c production',
    rollback: 'nx rollback svc -c production',
  });
}

function outcomeOf(one: PlannedFunction, index: number, count: number): FunctionOutcome {
  const { name, handlerName, handler } = one;
  const base = { name, handlerName, handler };
  const { before } = one;
  if (one.status === 'unchanged')
    return { ...base, status: 'unchanged', seconds: 0, after: before };
  if (one.status === 'missing')
    return { ...base, status: 'skipped', seconds: 0, error: 'does not exist', after: null };
  if (index === 1) return { ...base, status: 'failed', seconds: 2.25, error: HOSTILE };
  if (count > 100 && index >= 202) {
    const error = 'not tried after UpdateFunctionCode: ExpiredTokenException: it has expired';
    return { ...base, status: 'skipped', seconds: 0, error, after: before };
  }
  const after = before && { ...before, codeSha256: NEW_SHA };
  return { ...base, status: 'updated', seconds: index === 20 ? 31 : 1 + (index % 7) / 10, after };
}

export function shaOf(byte: number): string {
  return Buffer.alloc(32, byte).toString('base64');
}
