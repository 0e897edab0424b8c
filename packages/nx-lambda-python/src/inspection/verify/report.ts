/** What `nx verify` found, as JSON and as tables. */

import { MAX_UNPACKED_SIZE } from '../../packaging/package';
import type { BuildManifest } from '../../packaging/manifest';
import { type Document, type Section } from '../../report/document';
import { renderDocument, type OutputFormat } from '../../report/render';
import { counted, renderBytes, renderJson } from '../../report/text';
import type { PackageContents } from '../contents';
import { timeSections, type ImportTimes } from './times';
import { LEVELS, type JudgedFinding, type Level } from '../finding';

/** `verify-report.json`, beside the manifest: the same for the same package, so that it has no times. */
export interface VerifyReport {
  /** Raised whenever the meaning of a field changes. */
  format: 1;
  project: string;
  runtime: string;
  architecture: string;
  /** Base64 SHA-256 of the archives. */
  archives: string[];
  files: number;
  /** Of them, for the machine. */
  compiledFiles: number;
  /** Bytes, with the layer. */
  unpackedSize: number;
  counts: Record<Level | 'accepted', number>;
  findings: JudgedFinding[];
}

export function makeReport(
  { project, runtime, architecture, package: zip, layer }: BuildManifest,
  { files }: Pick<PackageContents, 'files'>,
  compiledFiles: number,
  findings: JudgedFinding[],
): VerifyReport {
  const count = (level: Level): number =>
    findings.filter((one) => one.level === level && !one.accepted).length;
  return {
    format: 1,
    ...{ project, runtime, architecture },
    archives: (layer ? [layer, zip] : [zip]).map(({ sha256 }) => sha256),
    files: files.length,
    compiledFiles,
    unpackedSize: files.reduce((sum, { unpackedSize }) => sum + unpackedSize, 0),
    counts: {
      ...{ error: count('error'), warning: count('warning'), note: count('note') },
      accepted: findings.filter(({ accepted }) => accepted).length,
    },
    findings,
  };
}

export function renderReport(
  report: VerifyReport,
  times: ImportTimes | undefined,
  format: OutputFormat,
): string {
  if (format === 'json') return renderJson(times ? { ...report, times } : report);
  return renderDocument(documentOf(report, times), format);
}

function documentOf(report: VerifyReport, times: ImportTimes | undefined): Document {
  const { project, runtime, architecture, files, compiledFiles, unpackedSize, findings } = report;
  const share = ((100 * unpackedSize) / MAX_UNPACKED_SIZE).toFixed(1);
  const section = (title: string, those: readonly JudgedFinding[]): Section[] =>
    those.length === 0
      ? []
      : [
          {
            title: `${title} (${those.length})`,
            head: ['kind', 'finding'],
            rows: those.flatMap(({ kind, message, hint }) => [
              [kind, message],
              ['', `hint: ${hint}`],
            ]),
          },
        ];
  const open = findings.filter(({ accepted }) => !accepted);
  return {
    title: `Verify: ${project}, ${runtime} on ${architecture}`,
    facts: [
      ['files', `${files}, ${compiledFiles} of them compiled`],
      ['unzipped', `${renderBytes(unpackedSize)}, ${share} % of ${renderBytes(MAX_UNPACKED_SIZE)}`],
    ],
    sections: [
      ...(times ? timeSections(times) : []),
      ...section(
        'accepted',
        findings.filter(({ accepted }) => accepted),
      ),
      ...[...LEVELS].reverse().flatMap((level) =>
        section(
          `${level}s`,
          open.filter((one) => one.level === level),
        ),
      ),
    ],
    live: [],
    summary: summaryOf(report),
    next: [],
  };
}

/** `2 errors, 1 warning` */
export function summaryOf({ counts }: Pick<VerifyReport, 'counts'>): string {
  const named = LEVELS.filter((level) => counts[level] > 0).map((level) =>
    counted(counts[level], level),
  );
  const accepted = counts.accepted > 0 ? [`${counts.accepted} accepted`] : [];
  return [...named, ...accepted].join(', ') || 'no findings';
}
