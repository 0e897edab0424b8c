/** A report, grouped by what became of the functions. */

import { foldedSection, reasonSections, type Document, type Section } from '../../report/document';
import type { LiveGroup } from '../plan/live-state';
import type { FunctionOutcome, OutcomeStatus } from '../model/outcome';
import { commitLine, packageFacts } from '../upload/package-facts';
import type { DeployReport } from './report';
import { seconds, shortSha, summarize } from '../../report/text';

/** What failed comes last, where the eye is. */
const ORDER: readonly OutcomeStatus[] = ['unchanged', 'created', 'updated', 'skipped', 'failed'];
const NEEDS_REASON: readonly OutcomeStatus[] = ['skipped', 'failed'];
/** Slow is what takes longer than both: one that AWS alone made slow is no finding among slow ones. */
const SLOW_SECONDS = 5;
const SLOW_FACTOR = 3;
const MAX_SLOW = 10;
/** Functions that a line about what is live names; beyond it they are a count. */
const MAX_NAMED = 3;

export function reportDocument(report: DeployReport): Document {
  const place = [report.account, report.region].filter(Boolean).join('/');
  const isComplete = report.counts.failed === 0 && report.counts.skipped === 0;
  return {
    title: `${report.package === null ? 'Rollback' : 'Deploy'}: ${report.service} to ${place}`,
    facts: packageFacts(report),
    sections: [...ORDER.slice(0, 3), 'slow' as const, ...ORDER.slice(3)].flatMap((status) =>
      status === 'slow' ? slowSection(report) : sectionsOf(status, report),
    ),
    live: isComplete ? [] : report.live.map((group) => liveLine(group, report)),
    summary: `${summarize(report.counts, ORDER)} in ${seconds(report.seconds)}`,
    next: report.next,
  };
}

function sectionsOf(status: OutcomeStatus, { functions }: DeployReport): Section[] {
  const those = functions.filter((one) => one.status === status);
  if (NEEDS_REASON.includes(status)) {
    return reasonSections(
      status,
      those.map(({ name, error }) => ({ name, reason: error ?? 'no reason given' })),
    );
  }
  const noted = those.flatMap(({ name, detail }) =>
    detail === undefined ? [] : [{ name, reason: detail }],
  );
  const plain = those.filter(({ detail }) => detail === undefined);
  const section = foldedSection(`${status} (${plain.length})`, plain, {
    head: ['function', 'handler', 'version', 'time'],
    row: (one) => [one.name, one.handlerName, one.version ?? '', time(one)],
    name: ({ name, version }) => (version === undefined ? name : `${name}:${version}`),
  });
  return [...section, ...reasonSections(`${status}, but`, noted)];
}

function slowSection({ functions }: DeployReport): Section[] {
  const slow = slowOnes(functions);
  if (slow.length === 0) return [];
  return [
    {
      title: `slow (${slow.length})`,
      head: ['function', 'time'],
      rows: slow.slice(0, MAX_SLOW).map((one) => [one.name, seconds(one.seconds)]),
    },
  ];
}

/** Slowest first. */
function slowOnes(functions: readonly FunctionOutcome[]): FunctionOutcome[] {
  const timed = functions.filter((one) => one.seconds > 0).sort((a, b) => b.seconds - a.seconds);
  const median = timed[timed.length >> 1]?.seconds ?? 0;
  return timed.filter((one) => one.seconds > Math.max(SLOW_SECONDS, SLOW_FACTOR * median));
}

function liveLine(group: LiveGroup, report: DeployReport): string {
  const { functions, kind, codeSha256 } = group;
  const what =
    functions.length <= MAX_NAMED ? functions.join(', ') : `${functions.length} functions`;
  const [runs, stays] = functions.length === 1 ? ['runs', 'does'] : ['run', 'do'];
  const code = codeSha256 === null ? 'what was there before' : `package ${shortSha(codeSha256)}`;
  switch (kind) {
    case 'package': {
      const commit = report.source === null ? '' : ` of commit ${commitLine(report.source)}`;
      return `${what} ${runs} ${code}${commit}`;
    }
    case 'before':
      return `${what} ${runs} ${code}, as before`;
    case 'unknown':
      return `${what}: not known until AWS is asked again; a write was not answered, or its end was not seen`;
    case 'absent':
      return `${what} ${stays} not exist`;
  }
}

function time(one: FunctionOutcome): string {
  return one.seconds > 0 ? seconds(one.seconds) : '';
}
