/** How a package grew, and whether it is within its budget. */

import { LambdaPythonError } from '../errors';
import type { BuildManifest } from '../packaging/manifest';
import { normalizeName } from '../packaging/wheel/names';
import { didYouMean } from '../report/nearest';
import { renderBytes } from '../report/text';
import {
  bySize,
  type Change,
  type DistributionSizes,
  type Growth,
  type SizeReport,
} from './size-report';

/** What a package is compared with. */
export interface Baseline {
  /** `the previous build`, `release 12` */
  name: string;
  unpackedSize: number;
  /** Without bytecode; null if nothing tells their sizes. */
  distributions: { name: string; version: string; unpackedSize: number }[] | null;
}

/** The service's own files, bytecode, and what no RECORD lists. */
export const REST = 'own files and bytecode';

/** An earlier report, to compare with. */
export function baselineOf({ total, distributions }: SizeReport): Baseline {
  return {
    name: 'the previous build',
    unpackedSize: total.unpackedSize,
    distributions: distributions.map(withoutBytecode),
  };
}

/** What was deployed, to compare with. */
export function releaseBaseline(
  name: string,
  {
    package: zip,
    layer,
    distributions,
  }: Pick<BuildManifest, 'package' | 'layer' | 'distributions'>,
): Baseline {
  const known = distributions.flatMap(({ name: own, version, unpackedSize }) =>
    unpackedSize === undefined ? [] : [{ name: own, version, unpackedSize }],
  );
  return {
    name,
    unpackedSize: zip.unpackedSize + (layer?.unpackedSize ?? 0),
    distributions: known.length === distributions.length ? known : null,
  };
}

function withoutBytecode({ name, version, unpackedSize, bytecode }: DistributionSizes) {
  return { name, version, unpackedSize: unpackedSize - bytecode };
}

export function growthOf({ total, distributions }: SizeReport, since: Baseline): Growth {
  const unpackedSize = total.unpackedSize - since.unpackedSize;
  if (since.distributions === null) return { since: since.name, unpackedSize, changes: null };
  const now = new Map(distributions.map((one) => [normalizeName(one.name), withoutBytecode(one)]));
  const before = new Map(since.distributions.map((one) => [normalizeName(one.name), one]));
  const named = [...new Set([...now.keys(), ...before.keys()])].map((key): Change => {
    const [old, present] = [before.get(key), now.get(key)];
    return {
      name: present?.name ?? old?.name ?? key,
      from: old?.version ?? null,
      to: present?.version ?? null,
      unpackedSize: (present?.unpackedSize ?? 0) - (old?.unpackedSize ?? 0),
    };
  });
  const ofDistributions = named.reduce((sum, change) => sum + change.unpackedSize, 0);
  const rest = { name: REST, from: null, to: null, unpackedSize: unpackedSize - ofDistributions };
  const changes = [...named, rest]
    .filter((change) => change.unpackedSize !== 0 || change.from !== change.to)
    .sort(bySize);
  return { since: since.name, unpackedSize, changes };
}

/** Millions of bytes, unzipped, by name of the distribution; `*` is the whole with the layer. */
export type Budget = Readonly<Record<string, number>>;

/**
 * @returns warnings about names that the package does not have
 * @throws BUDGET_EXCEEDED naming everything that is too large, and what grew
 */
export function checkBudget(report: SizeReport, budget: Budget): string[] {
  const { project, total, growth } = report;
  const sizes = new Map(
    report.distributions.map((one) => [normalizeName(one.name), one.unpackedSize]),
  );
  const over: string[] = [];
  const warnings: string[] = [];
  for (const [name, millions] of Object.entries(budget)) {
    const size = name === '*' ? total.unpackedSize : sizes.get(normalizeName(name));
    if (size === undefined) {
      const similar = didYouMean(normalizeName(name), sizes.keys());
      warnings.push(`\`budget\` names \`${name}\`, which the package does not have${similar}`);
    } else if (size > millions * 1e6) {
      const what = name === '*' ? `the package of \`${project}\`` : `\`${name}\``;
      over.push(
        `${what} is ${renderBytes(size)} unzipped, ${renderBytes(size - millions * 1e6)} over its budget of ${millions} MB`,
      );
    }
  }
  if (over.length === 0) return warnings;
  const grown = (growth?.changes ?? []).filter(({ unpackedSize }) => unpackedSize > 0);
  const why =
    growth && grown.length > 0
      ? `grown since ${growth.since}: ${grown.slice(0, 5).map(renderChange).join(', ')}`
      : `largest: ${report.distributions
          .slice(0, 5)
          .map((one) => `\`${one.name}\` ${renderBytes(one.unpackedSize)}`)
          .join(', ')}`;
  throw new LambdaPythonError('BUDGET_EXCEEDED', {
    message: `${over.join('; ')}; ${why}`,
    hint: 'run `nx size <service> --format=html` to see where the bytes are; leave files out with `excludeFiles` or `excludeDistributions` on the build target, or raise `budget` on the size target',
  });
}

/** `pandas 2.1.4 → 2.2.3 +8.1 MB` */
export function renderChange({ name, from, to, unpackedSize }: Change): string {
  return [name, versionsOf({ from, to }), signedBytes(unpackedSize)].filter(Boolean).join(' ');
}

export function versionsOf({ from, to }: Pick<Change, 'from' | 'to'>): string {
  if (from === to) return from ?? '';
  return `${from ?? 'new'} → ${to ?? 'gone'}`;
}

export function signedBytes(bytes: number): string {
  return `${bytes < 0 ? '−' : '+'}${renderBytes(Math.abs(bytes))}`;
}
