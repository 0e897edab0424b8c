/** The releases of a service as table, JSON and Markdown, newest first. Their texts are untrusted: others can write to the bucket. */

import { renderList, type OutputFormat } from '../../report/render';
import { renderJson, shortSha } from '../../report/text';
import type { ReleaseRecord } from '../records/record';

export function renderReleases(
  records: readonly ReleaseRecord[],
  { subject, place, format }: { subject: string; place: string; format: OutputFormat },
): string {
  const newest = [...records].reverse();
  if (format === 'json') return renderJson({ format: 1, releases: newest });
  const head = ['release', 'what', 'status', 'ended', 'commit', 'package', 'functions', 'by'];
  return renderList(`Releases of ${subject} in ${place}`, [head, ...newest.map(rowOf)], format);
}

function rowOf(record: ReleaseRecord): string[] {
  const { number, kind, of, status, startedAt, endedAt, source, functions, by } = record;
  const what = of === null ? kind : `${kind} of ${of}`;
  const commit = source === null ? '' : `${source.commit.slice(0, 12)}${source.dirty ? '+' : ''}`;
  const sha256 = record.package?.sha256;
  const who = by.run === null ? by.user : `${by.user}, ${by.run}`;
  const count = (wanted: string) => functions.filter((one) => one.status === wanted).length;
  const failed = count('failed') + count('pending') + count('skipped');
  const kept = sha256 ? functions.filter(({ goal }) => goal !== sha256).length : 0;
  const counts = [
    `${count('updated')} of ${functions.length}`,
    ...(kept > 0 ? [`${kept} with the same code`] : []),
    ...(failed > 0 ? [`${failed} not done`] : []),
  ].join(', ');
  return [
    String(number),
    what,
    status,
    endedAt ?? `(started ${startedAt})`,
    commit,
    sha256 ? shortSha(sha256) : '',
    counts,
    who,
  ];
}
