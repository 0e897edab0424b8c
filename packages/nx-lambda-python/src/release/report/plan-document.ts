/** A plan, grouped by what would happen. */

import { foldedSection, groupBy, reasonSections, type Document, type Section } from './document';
import {
  countPlan,
  PLAN_STATUSES,
  type Plan,
  type PlannedFunction,
  type PlanStatus,
} from '../plan/plan';
import { packageFacts } from '../upload/package-facts';
import { shortSha, summarize } from './text';

export function planDocument(plan: Plan): Document {
  const place = [plan.accounts.join('+'), plan.region].filter(Boolean).join('/');
  return {
    title: `Plan: ${plan.service} to ${place}`,
    facts: packageFacts(plan),
    sections: PLAN_STATUSES.flatMap((status) => sectionsOf(status, plan)),
    live: [],
    summary: `${planSummary(plan)}; nothing was changed`,
    next: [],
  };
}

/** `38 update, 2 unchanged`, and what is taken away. */
export function planSummary({ functions }: Plan): string {
  const left = functions.flatMap(({ layers }) => (layers.kind === 'detach' ? [layers.layer] : []));
  const names = [...new Set(left)].map((arn) => arn.split(':').at(-1)).join(', ');
  const gone = left.length > 0 ? `, ${left.length} without the layer ${names}` : '';
  return `${summarize(countPlan(functions), PLAN_STATUSES)}${gone}`;
}

function sectionsOf(status: PlanStatus, plan: Plan): Section[] {
  const functions: PlannedFunction[] = plan.functions.filter((one) => one.status === status);
  if (status === 'update') return updateSections(functions, plan);
  if (status === 'unchanged' || (status === 'missing' && functions.every((one) => !one.detail))) {
    return foldedSection(`${status} (${functions.length})`, functions, {
      head: ['function', 'handler'],
      row: ({ name, handlerName }) => [name, handlerName],
      name: ({ name }) => name,
    });
  }
  return reasonSections(
    status,
    functions.map(({ name, detail }) => ({ name, reason: detail ?? '' })),
  );
}

/** By what they run now: a service usually runs one package, and what does not stands out. */
function updateSections(functions: readonly PlannedFunction[], plan: Plan): Section[] {
  const goal = plan.package ? shortSha(plan.package.sha256) : 'a package of its own';
  return [...groupBy(functions, codeBefore)].flatMap(([before, those]) => {
    const change = before === '' ? '' : `: ${before} → ${goal}`;
    return foldedSection(`update (${those.length})${change}`, those, {
      head: ['function', 'handler', 'alias', 'why'],
      row: (one) => [one.name, one.handlerName, aliasBefore(one), one.detail ?? ''],
      name: ({ name }) => name,
    });
  });
}

function codeBefore({ before }: PlannedFunction): string {
  const sha = before?.alias?.codeSha256 ?? before?.codeSha256;
  return sha ? shortSha(sha) : '';
}

/** `live: 7 → new version` */
function aliasBefore({ before }: PlannedFunction): string {
  return before?.alias ? `${before.alias.name}: version ${before.alias.version} → new` : '';
}
