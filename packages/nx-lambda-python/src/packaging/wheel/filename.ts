/** Wheel file names (binary distribution format, "File name convention"). */

import { WheelError } from './defect';

export interface WheelFilename {
  filename: string;
  /** As the file name spells it, with `_` for `-`. */
  distribution: string;
  /** As the file name spells it, with `-` for `_`. */
  version: string;
  build: string | null;
  /** Every combination of its tag sets: `cp311-abi3-manylinux_2_17_x86_64`. */
  tags: string[];
}

const DISTRIBUTION = /^[a-z0-9](?:[a-z0-9._]*[a-z0-9])?$/i;
const VERSION = /^[a-z0-9_.!+]+$/i;
const BUILD = /^\d[a-z0-9_.]*$/i;
const TAG_SET = /^[a-z0-9_]+(?:\.[a-z0-9_]+)*$/i;

/**
 * `{distribution}-{version}(-{build})?-{python}-{abi}-{platform}.whl`
 * @param filename without directories.
 * @throws WheelError filename-malformed
 */
export function parseWheelFilename(filename: string): WheelFilename {
  const parts = filename.endsWith('.whl') ? filename.slice(0, -4).split('-') : [];
  const [distribution = '', version = ''] = parts;
  const build = parts.length === 6 ? (parts[2] ?? '') : null;
  const [python = '', abi = '', platform = ''] = parts.slice(-3);
  const isValid =
    (parts.length === 5 || parts.length === 6) &&
    DISTRIBUTION.test(distribution) &&
    VERSION.test(version) &&
    (build === null || BUILD.test(build)) &&
    [python, abi, platform].every((set) => TAG_SET.test(set));
  if (!isValid) {
    throw new WheelError(
      'filename-malformed',
      filename,
      'expected `name-version-python-abi-platform.whl`, with a build number after the version at most',
    );
  }
  return {
    filename,
    distribution,
    version: version.replace(/_/g, '-'),
    build,
    tags: expandTags(python, abi, platform),
  };
}

/** PEP 425, "Compressed tag sets". Tags are compared in lower case. */
function expandTags(...sets: [python: string, abi: string, platform: string]): string[] {
  const [pythons = [], abis = [], platforms = []] = sets.map((set) => set.toLowerCase().split('.'));
  return pythons.flatMap((python) =>
    abis.flatMap((abi) => platforms.map((platform) => `${python}-${abi}-${platform}`)),
  );
}
