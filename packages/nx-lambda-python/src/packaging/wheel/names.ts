/** Names of distributions, wheels and their tags. */

import type { Architecture, Runtime } from '../../service/runtimes';
import { WheelError } from './defect';

/** PEP 503: lower case, runs of `-`, `_` and `.` are one dash. */
export function normalizeName(name: string): string {
  return name.replace(/[-_.]+/g, '-').toLowerCase();
}

/** Code units, whatever the machine's locale. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

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
const FILE_VERSION = /^[a-z0-9_.!+]+$/i;
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
    FILE_VERSION.test(version) &&
    (build === null || BUILD.test(build)) &&
    [python, abi, platform].every((set) => TAG_SET.test(set));
  if (!isValid) {
    throw new WheelError(
      'filename-malformed',
      filename,
      'expected `name-version(-build)-python-abi-platform.whl`',
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

export interface TagOptions {
  /**
   * Also accepts `linux_x86_64` and the like: wheels that were just built in the container.
   * The tag says nothing about glibc, so for any other origin it promises nothing.
   */
  allowLocal?: boolean;
}

const MACHINES: Readonly<Record<Architecture, string>> = { x86_64: 'x86_64', arm64: 'aarch64' };

/** As tags name it. */
export function machineOf(architecture: Architecture): string {
  return MACHINES[architecture];
}

/** PEP 600: the names that came before it. */
const LEGACY_TAGS: Readonly<Record<number, string>> = {
  17: 'manylinux2014',
  12: 'manylinux2010',
  5: 'manylinux1',
};

/** Oldest glibc that has a tag; manylinux1 and 2010 exist for x86 only. */
const OLDEST_GLIBC_MINOR: Readonly<Record<Architecture, number>> = { x86_64: 5, arm64: 17 };

/**
 * Tags from the most to the least specific, in the order of `packaging.tags` for CPython with the
 * global interpreter lock, and of its glibc platforms. The image's own glibc does not count.
 */
export function supportedTags(
  runtime: Runtime,
  architecture: Architecture,
  { allowLocal = false }: TagOptions = {},
): string[] {
  const [major, minor] = runtime.python;
  const platforms = pipPlatforms(runtime, architecture);
  if (allowLocal) platforms.push(`linux_${machineOf(architecture)}`);
  const interpreter = `cp${major}${minor}`;
  const onPlatforms = (python: string, abi: string) =>
    platforms.map((platform) => `${python}-${abi}-${platform}`);
  // PEP 384: an abi3 module of any older 3.x works; the stable ABI exists since 3.2.
  const olderStable = countDown(minor - 1, 2).map((older) => `cp${major}${older}`);
  const generic = [
    `py${major}${minor}`,
    `py${major}`,
    ...countDown(minor - 1, 0).map((older) => `py${major}${older}`),
  ];
  return [
    ...[interpreter, 'abi3', 'none'].flatMap((abi) => onPlatforms(interpreter, abi)),
    ...olderStable.flatMap((python) => onPlatforms(python, 'abi3')),
    ...generic.flatMap((python) => onPlatforms(python, 'none')),
    `${interpreter}-none-any`,
    ...generic.map((python) => `${python}-none-any`),
  ];
}

/** True if the runtime can load a wheel of any of these tags. */
export function isCompatible(wheelTags: readonly string[], supported: readonly string[]): boolean {
  const loadable = new Set(supported);
  return wheelTags.some((tag) => loadable.has(tag));
}

/** Values of pip's `--platform`, best first: pip itself expands only the legacy names. */
export function pipPlatforms(runtime: Runtime, architecture: Architecture): string[] {
  const [major, newest] = runtime.glibc;
  return countDown(newest, OLDEST_GLIBC_MINOR[architecture]).flatMap((minor) => {
    const legacy = LEGACY_TAGS[minor];
    const names = [`manylinux_${major}_${minor}`, ...(legacy ? [legacy] : [])];
    return names.map((name) => `${name}_${machineOf(architecture)}`);
  });
}

/** What a glibc platform tag, also of a legacy name, asks for; undefined for every other system. */
export function glibcPlatform(
  platform: string,
): { glibc: readonly [number, number]; machine: string } | undefined {
  const [, legacy, major, minor, machine = ''] =
    /^(?:(manylinux(?:1|2010|2014))|manylinux_(\d+)_(\d+))_(.+)$/.exec(platform) ?? [];
  if (machine === '') return undefined;
  const named = Object.entries(LEGACY_TAGS).find(([, name]) => name === legacy);
  const glibc = named
    ? ([2, Number(named[0])] as const)
    : ([Number(major), Number(minor)] as const);
  return { glibc, machine };
}

/**
 * Text of the module `_manylinux`, which PEP 600 lets decide what an interpreter accepts: with it
 * on PYTHONPATH, pip in an image with a newer glibc takes only wheels that the runtime can load.
 */
export function manylinuxModule(runtime: Runtime): string {
  const [major, minor] = runtime.glibc;
  // Before pip 20.3 only these attributes were read (PEP 513, 571, 599).
  const attributes = Object.entries(LEGACY_TAGS).map(
    ([oldest, name]) => `${name}_compatible = ${minor >= Number(oldest) ? 'True' : 'False'}`,
  );
  return [
    `"""glibc of the Lambda runtime ${runtime.name} (PEP 600)."""`,
    '',
    ...attributes,
    '',
    '',
    'def manylinux_compatible(tag_major, tag_minor, tag_arch):',
    `    return (tag_major, tag_minor) <= (${major}, ${minor})`,
    '',
  ].join('\n');
}

function countDown(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, from - to + 1) }, (_, index) => from - index);
}
