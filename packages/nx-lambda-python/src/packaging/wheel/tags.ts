/** Which wheels a runtime can load: its tags as CPython's would be on Lambda's own system. */

import type { Architecture, Runtime } from '../../service/runtimes';

export interface TagOptions {
  /**
   * Accepts `linux_x86_64` and the like, too: wheels that were built in the container just now.
   * The tag says nothing of glibc, so for any other origin it is no promise at all.
   */
  allowLocal?: boolean;
}

const MACHINES: Readonly<Record<Architecture, string>> = { x86_64: 'x86_64', arm64: 'aarch64' };

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
 * global interpreter lock, and of its glibc platforms. The image's own glibc has no say.
 */
export function supportedTags(
  runtime: Runtime,
  architecture: Architecture,
  { allowLocal = false }: TagOptions = {},
): string[] {
  const [major, minor] = runtime.python;
  const platforms = pipPlatforms(runtime, architecture);
  if (allowLocal) platforms.push(`linux_${MACHINES[architecture]}`);
  const interpreter = `cp${major}${minor}`;
  const onPlatforms = (python: string, abi: string) =>
    platforms.map((platform) => `${python}-${abi}-${platform}`);
  // PEP 384: an abi3 module of any older 3.x works; before 3.2 there was no stable ABI.
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
  const known = new Set(supported);
  return wheelTags.some((tag) => known.has(tag));
}

/** Values of pip's `--platform`, best first: pip expands only the legacy names on its own. */
export function pipPlatforms(runtime: Runtime, architecture: Architecture): string[] {
  const [major, newest] = runtime.glibc;
  return countDown(newest, OLDEST_GLIBC_MINOR[architecture]).flatMap((minor) => {
    const legacy = LEGACY_TAGS[minor];
    const names = [`manylinux_${major}_${minor}`, ...(legacy ? [legacy] : [])];
    return names.map((name) => `${name}_${MACHINES[architecture]}`);
  });
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
