/** What Lambda's limits, and the budgets of the target, say of a package. */

import { MAX_UNPACKED_SIZE } from '../../packaging/package';
import { renderBytes } from '../../report/text';
import type { PackagedFile } from '../contents';
import type { Finding } from '../finding';

/** Of Linux: NAME_MAX, and PATH_MAX with what stands before a path in Lambda. */
const [LONGEST_NAME, LONGEST_PATH] = [255, 4096 - '/var/task/'.length - 1];

/** @param maxPackageMb millions of bytes, unzipped, with the layer */
export function limitFindings(
  files: readonly Pick<PackagedFile, 'path' | 'unpackedSize' | 'distribution'>[],
  maxPackageMb: number | undefined,
): Finding[] {
  const size = files.reduce((sum, { unpackedSize }) => sum + unpackedSize, 0);
  const findings: Finding[] = [];
  const tooLarge = (kind: Finding['kind'], allowed: string): void => {
    const hint = 'run `nx size <service>`: it shows what the package is made of';
    const message = `the package has ${renderBytes(size)} unzipped, ${allowed}`;
    findings.push({ level: 'error', kind, message, hint });
  };
  if (size > MAX_UNPACKED_SIZE) {
    tooLarge('package-too-large', `Lambda allows ${renderBytes(MAX_UNPACKED_SIZE)}`);
  }
  if (maxPackageMb !== undefined && size > maxPackageMb * 1e6) {
    tooLarge('over-budget', `\`maxPackageMb\` allows ${maxPackageMb} MB`);
  }
  for (const { path, distribution } of files) {
    const name = path.split('/').find((part) => Buffer.byteLength(part) > LONGEST_NAME);
    if (name === undefined && Buffer.byteLength(path) <= LONGEST_PATH) continue;
    findings.push({
      ...{ level: 'error', kind: 'name-too-long' },
      ...(distribution && { distribution: distribution.name }),
      file: path,
      message: `\`${path.slice(0, 60)}…\` has ${name === undefined ? `a path of ${Buffer.byteLength(path)} bytes, Linux allows ${LONGEST_PATH} in Lambda` : `a name of ${Buffer.byteLength(name)} bytes, Linux allows ${LONGEST_NAME}`}`,
      hint: 'rename it, or leave it out: `exclude` in pyproject.toml for files of the service, `excludeFiles` on the build target for those of distributions',
    });
  }
  return findings;
}
