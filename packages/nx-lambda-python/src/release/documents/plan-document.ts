/** A plan as table, JSON and Markdown. */

import {
  foldedSection,
  groupBy,
  notedSections,
  reasonSections,
  type Document,
  type Section,
} from '../../report/document';
import { renderDocument, type OutputFormat } from '../../report/render';
import { countStatuses, renderJson, shortSha, summarize } from '../../report/text';
import type { PackageReference } from '../model/function-state';
import {
  PLAN_STATUSES,
  SAME_CODE,
  type BackPlan,
  type Plan,
  type PlannedFunction,
  type PlanSource,
  type PlanStatus,
} from '../model/plan';
import { isNumbered } from '../model/remote-function';

export function packageFacts(of: {
  package: PackageReference | null;
  source: PlanSource | null;
}): [string, string][] {
  return [
    ['package', of.package ? packageLine(of.package) : "each function's own"],
    ...(of.source ? [['commit', commitLine(of.source)] as [string, string]] : []),
  ];
}

/** `commit 0123456789ab`, as groups of functions are named. */
export function commitLine({ commit, dirty }: PlanSource): string {
  return `${commit.slice(0, 12)}${dirty ? ' with uncommitted changes' : ''}`;
}

function packageLine({ sha256, bucket, key, versionId }: PackageReference): string {
  const version = versionId === null ? '' : ` (version ${versionId})`;
  return `${shortSha(sha256)} at s3://${bucket}/${key}${version}`;
}

function planDocument(plan: Plan): Document {
  const place = [plan.accounts.join('+'), plan.region].filter(Boolean).join('/');
  return {
    title: `Plan: ${plan.service} to ${place}`,
    facts: [...(plan.kind === 'back' ? backFacts(plan) : packageFacts(plan)), ...nameFacts(plan)],
    sections: PLAN_STATUSES.flatMap((status) => sectionsOf(status, plan)),
    live: [],
    summary: `${planSummary(plan)}; nothing was changed`,
    next: [],
  };
}

function backFacts({ functions, description }: BackPlan): [string, string][] {
  const packages = new Set(functions.map(codeAfter).filter((sha) => sha !== ''));
  return [
    ['release', description],
    ['package', [...packages].sort().join(', ') || 'unknown'],
  ];
}

/** How the names were found, where not all by the template: `38 of outputs.json, 2 of functions table`. */
function nameFacts({ functions }: Plan): [string, string][] {
  const sources = groupBy(functions, ({ namedBy: source = '' }) => source.replace(/: .*/, ''));
  sources.delete('');
  if ([...sources.keys()].every((source) => source === 'functionName')) return [];
  return [
    ['names', [...sources].map(([source, { length }]) => `${length} of ${source}`).join(', ')],
  ];
}

/** `38 update, 2 unchanged`, and what is taken away. */
export function planSummary({ functions }: Plan): string {
  const left = functions.flatMap(({ layers }) => (layers.kind === 'detach' ? [layers.layer] : []));
  const names = [...new Set(left)].map((arn) => arn.split(':').at(-1)).join(', ');
  const gone = left.length > 0 ? `, ${left.length} without the layer ${names}` : '';
  return `${summarize(countStatuses(functions, PLAN_STATUSES), PLAN_STATUSES)}${gone}`;
}

function sectionsOf(status: PlanStatus, plan: Plan): Section[] {
  const functions: PlannedFunction[] = plan.functions.filter((one) => one.status === status);
  if (status === 'update') return updateSections(functions);
  if (status === 'unchanged' || (status === 'missing' && functions.every((one) => !one.detail))) {
    return unchangedSections(status, functions, {
      head: ['function', 'handler', 'named by'],
      row: (one) => [one.name, one.handlerName, namedBy(one)],
      name: ({ name }) => name,
    });
  }
  return reasonSections(
    status,
    functions.map(({ name, detail }) => ({ name, reason: detail ?? '' })),
  );
}

/** Those that keep another package come last. */
export function unchangedSections<T extends { name: string; detail?: string | null }>(
  status: string,
  functions: readonly T[],
  table: Parameters<typeof notedSections<T>>[2],
): Section[] {
  const kept = functions.filter(({ detail }) => detail === SAME_CODE);
  const others = functions.filter((one) => !kept.includes(one));
  return [
    ...notedSections(status, others, table),
    ...foldedSection(`${status}, ${SAME_CODE} (${kept.length})`, kept, table),
  ];
}

/** By what they run now: a service usually runs one package, and what does not stands out. */
function updateSections(functions: readonly PlannedFunction[]): Section[] {
  const changeOf = (one: PlannedFunction): string => {
    const before = one.before?.alias?.codeSha256 ?? one.before?.codeSha256;
    return before ? `: ${shortSha(before)} → ${codeAfter(one)}` : '';
  };
  return [...groupBy(functions, changeOf)].flatMap(([change, those]) => {
    return foldedSection(`update (${those.length})${change}`, those, {
      head: ['function', 'handler', 'named by', 'alias', 'why'],
      row: (one) => [one.name, one.handlerName, namedBy(one), aliasBefore(one), one.detail ?? ''],
      name: ({ name }) => name,
    });
  });
}

/** The template is what a reader expects. */
function namedBy({ namedBy: source = '' }: PlannedFunction): string {
  return source === 'functionName' ? '' : source;
}

function codeAfter({ aliasTo, aliasCode, package: source }: PlannedFunction): string {
  const sha = aliasTo === null ? source?.sha256 : aliasCode;
  return sha ? shortSha(sha) : '';
}

/** `live: version 7 → new`, `live: version 7 → 6` */
function aliasBefore({ before, aliasTo }: PlannedFunction): string {
  if (!before?.alias) return '';
  const { name, version } = before.alias;
  return `${name}: ${isNumbered(version) ? 'version ' : ''}${version} → ${aliasTo ?? 'new'}`;
}

export function renderPlan(plan: Plan, format: OutputFormat): string {
  if (format !== 'json') return renderDocument(planDocument(plan), format);
  const shown = {
    ...plan,
    counts: countStatuses(plan.functions, PLAN_STATUSES),
    kind: undefined,
    goals: undefined,
  };
  return renderJson({ format: 1, ...shown });
}
