/** Plans and reports of the removal of old versions as table, JSON and Markdown. */

import { foldedSection, reasonSections, type Document, type Section } from '../../report/document';
import { renderDocument, type OutputFormat } from '../../report/render';
import { storedBytes } from '../apply/code-storage';
import { countStatuses, renderBytes, renderJson, summarize } from '../../report/text';
import {
  DELETION_STATUSES,
  freedBytes,
  type Deletion,
  type DeletionStatus,
} from '../versions/version-calls';
import {
  versionsToDelete,
  type PlannedVersion,
  type VersionedFunction,
  type VersionPlan,
} from '../versions/version-prune';

interface VersionReport {
  plan: VersionPlan;
  /** Null in a dry run. */
  deletions: readonly Deletion[] | null;
  /** What deletes. */
  command: string;
}

export function renderVersions(report: VersionReport, format: OutputFormat): string {
  if (format === 'json') return renderJson(jsonOf(report));
  return renderDocument(documentOf(report), format);
}

function jsonOf({ plan, deletions }: VersionReport): unknown {
  const ends = new Map(deletions?.map((one) => [`${one.name}:${one.version}`, one]));
  return {
    format: 1,
    dryRun: deletions === null,
    ...plan,
    freedBytes: deletions === null ? 0 : freedBytes(deletions),
    functions: plan.functions.map(({ name, versions }) => ({
      name,
      versions: versions.map((one) => {
        const end = ends.get(`${name}:${one.version}`);
        return end ? { ...one, status: end.status, reason: end.reason } : one;
      }),
    })),
  };
}

function documentOf(report: VersionReport): Document {
  const { plan, deletions } = report;
  const account = plan.accounts.join('+');
  return {
    title: `Old versions of \`${plan.service}\` in ${account ? `${account}/` : ''}${plan.region}`,
    facts: [
      [
        'kept',
        `the newest ${plan.keep}, those with an alias, and those of the newest ${plan.keep} releases of each stage`,
      ],
    ],
    sections:
      deletions === null
        ? [
            ...missingSection(plan),
            ...versionSection('delete', plan, (_, { status }) => status === 'delete'),
          ]
        : reportSections(plan, deletions),
    live: [],
    summary: deletions === null ? planSummary(plan) : reportSummary(deletions),
    next: nextOf(report),
  };
}

function versionSection(
  title: string,
  { functions }: VersionPlan,
  isGone: (name: string, version: PlannedVersion) => boolean,
): Section[] {
  const changed = functions.flatMap((one) => {
    const gone = one.versions.filter((version) => isGone(one.name, version));
    return gone.length > 0 ? { ...one, gone } : [];
  });
  return foldedSection(`${title} (${changed.length} of ${functions.length} functions)`, changed, {
    head: ['function', 'versions', 'size', 'kept'],
    row: (one) => [one.name, ranges(one.gone), renderBytes(storedBytes(one.gone)), keptOf(one)],
    name: ({ name, gone }) => `${name}:${ranges(gone)}`,
  });
}

/** `2 (alias live), 8-12`: why, but for the newest, which need no word. */
function keptOf({ versions }: VersionedFunction): string {
  const kept = versions.filter(({ status }) => status === 'keep');
  const older = kept.filter(({ reasons }) => !reasons.some((one) => one.startsWith('newest ')));
  const newest = kept.filter((one) => !older.includes(one));
  const named = older.map(({ version, reasons }) => `${version} (${reasons.join(', ')})`);
  return [...named, ranges(newest)].filter(Boolean).join(', ');
}

function missingSection({ missing }: VersionPlan): Section[] {
  return reasonSections(
    'missing',
    missing.map((name) => ({ name, reason: 'does not exist' })),
  );
}

function reportSections(plan: VersionPlan, deletions: readonly Deletion[]): Section[] {
  const withStatus = (status: DeletionStatus) =>
    deletions
      .filter((one) => one.status === status)
      .map(({ name, version, reason = '' }) => ({ name: `${name}:${version}`, reason }));
  const gone = new Set(withStatus('deleted').map(({ name }) => name));
  return [
    ...missingSection(plan),
    ...(gone.size > 0
      ? versionSection('deleted', plan, (name, { version }) => gone.has(`${name}:${version}`))
      : []),
    ...(['kept', 'skipped', 'failed'] as const).flatMap((status) =>
      reasonSections(status, withStatus(status)),
    ),
  ];
}

function planSummary(plan: VersionPlan): string {
  const count = plan.functions.flatMap(versionsToDelete).length;
  if (count === 0) return 'no version to delete';
  return `${versions(count)} to delete, ${renderBytes(plan.bytes)} of code storage; nothing was deleted`;
}

function reportSummary(deletions: readonly Deletion[]): string {
  if (deletions.length === 0) return 'no version to delete';
  const counts = countStatuses(deletions, DELETION_STATUSES);
  return `${summarize(counts, DELETION_STATUSES)}; ${renderBytes(freedBytes(deletions))} of code storage freed`;
}

function nextOf({ plan, deletions, command }: VersionReport): string[] {
  if (deletions === null) {
    return plan.functions.some((one) => versionsToDelete(one).length > 0)
      ? [`\`${command} --dryRun=false\` deletes them`]
      : [];
  }
  return deletions.some(({ status }) => status === 'failed' || status === 'skipped')
    ? [`correct what AWS names, then \`${command} --dryRun=false\` again`]
    : [];
}

function versions(count: number): string {
  return count === 1 ? '1 version' : `${count} versions`;
}

/** `1-3, 7`: versions that follow each other, of an ascending list. */
export function ranges(list: readonly { version: string }[]): string {
  const runs: { first: bigint; last: bigint }[] = [];
  for (const { version } of list) {
    const number = BigInt(version);
    const run = runs.at(-1);
    if (run && run.last + 1n === number) run.last = number;
    else runs.push({ first: number, last: number });
  }
  return runs
    .map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`))
    .join(', ');
}
