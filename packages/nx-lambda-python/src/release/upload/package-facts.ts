/** The head of plans and reports: which package, from which commit. */

import type { PlanSource } from '../plan/plan';
import type { PackageReference } from '../model/function-state';
import { shortSha } from '../../report/text';

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
  return `${commit.slice(0, 12)}${dirty ? ' with changes that are not committed' : ''}`;
}

function packageLine({ sha256, bucket, key, versionId }: PackageReference): string {
  const version = versionId === null ? '' : ` (version ${versionId})`;
  return `${shortSha(sha256)} at s3://${bucket}/${key}${version}`;
}
