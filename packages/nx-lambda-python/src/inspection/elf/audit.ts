/** Audits every compiled file of a package against the runtime that it is for; nothing is run. */

import { compareNumbers } from '../../packaging/wheel/versions';
import { glibcPlatform, parseWheelFilename } from '../../packaging/wheel/names';
import { codeList } from '../../report/nearest';
import { groupBy } from '../../report/document';
import { counted } from '../../report/text';
import { MAX_UNPACKED_SIZE } from '../../packaging/package';
import { readContent, readStart } from '../../packaging/zip/verify';
import type { PackagedFile } from '../contents';
import type { Finding, Kind } from '../finding';
import { PackageLibraries, type LoadedFile } from './libraries';
import { ElfError, isElf, readElf, type ElfFile } from './read';
import { orderedVersion, type System, type VersionedPrefix } from './system';

export interface AuditSurroundings {
  system: System;
  /** What the build image has, if it was asked. */
  image?: ReadonlySet<string> | undefined;
  /** File name of a distribution's wheel; null if it was installed without one. */
  wheelOf: (distribution: string) => string | null;
}

export interface Audit {
  /** Compiled files. */
  files: number;
  findings: Finding[];
}

/** One thing that is wrong with one file; those that differ in the file alone become one finding. */
interface Fault {
  kind: Kind;
  level: Finding['level'];
  file: PackagedFile;
  /** Follows the owner and its files. */
  what: string;
  fix: string;
  /** Stands for `{}` in `what`: files that lack several are one finding. */
  library?: string;
}

const NOT_COMPILED = /\.(?:pyi?|pyc|txt|json|md|rst|typed|html|css|js)$|\.dist-info\//;

export function auditBinaries(
  files: readonly PackagedFile[],
  surroundings: AuditSurroundings,
): Audit {
  const binaries = files.flatMap((file) => readBinary(file) ?? []);
  const loaded = binaries.flatMap(({ file: { path }, elf }) => {
    const { dynamic } = elf instanceof ElfError ? {} : elf;
    return dynamic ? [{ path, dynamic }] : [];
  });
  const libraries = new PackageLibraries(loaded);
  const faults = binaries.flatMap(({ file, elf }) => [
    ...faultsOf(file, elf, libraries, surroundings),
  ]);
  const groups = groupBy(faults, ({ kind, file, what }) =>
    [kind, file.distribution?.name, what].join('\0'),
  );
  return { files: binaries.length, findings: [...groups.values()].map(asFinding) };
}

interface Binary {
  file: PackagedFile;
  elf: ElfFile | ElfError;
}

function readBinary(file: PackagedFile): Binary | undefined {
  if (NOT_COMPILED.test(file.path) || !isElf(readStart(file.archive, file.entry))) return undefined;
  try {
    return { file, elf: readElf(readContent(file.archive, file.entry, MAX_UNPACKED_SIZE)) };
  } catch (error) {
    if (error instanceof ElfError) return { file, elf: error };
    throw error;
  }
}

function* faultsOf(
  file: PackagedFile,
  elf: ElfFile | ElfError,
  libraries: PackageLibraries,
  { system, image, wheelOf }: AuditSurroundings,
): Generator<Fault> {
  const wheel = file.distribution ? wheelOf(file.distribution.name) : null;
  const fault = (kind: Kind, what: string, fix: string, level: Finding['level'] = 'error') =>
    ({ kind, level, file, what, fix }) satisfies Fault;
  if (elf instanceof ElfError) {
    yield fault('elf-damaged', `cannot be loaded: ${elf.message}`, damagedFix(file));
    return;
  }
  if (elf.machine !== system.machine) {
    const what = `is for ${elf.machine}, expected ${system.machine}`;
    yield fault('wrong-architecture', what, architectureFix(file, system));
    return;
  }
  const { dynamic } = elf;
  if (!dynamic) return;
  const self: LoadedFile = { path: file.path, dynamic };
  for (const name of dynamic.needed) {
    if (libraries.finds(name, self) || system.libraries.has(name)) continue;
    const other = libraries.elsewhere(name);
    if (other !== undefined) {
      const what = `needs \`${name}\`, which its search path does not lead to: it is \`${other}\``;
      yield fault(
        'library-elsewhere',
        what,
        'nothing if the import succeeds: the distribution then loads it itself',
        'note',
      );
    } else if (image?.has(name)) {
      const what = `needs {}, which the build image has and ${system.name} of Lambda is not known to have`;
      const fix = libraryFix(file, name);
      yield { ...fault('library-not-in-runtime', what, fix, 'warning'), library: name };
    } else {
      const what = `needs {}, which neither the package nor ${system.name} has`;
      yield { ...fault('library-missing', what, libraryFix(file, name)), library: name };
    }
  }
  // A library in the package has what was built with it.
  const foreign = dynamic.versions.filter(
    ({ library, isWeak }) => !isWeak && !libraries.finds(library, self),
  );
  for (const [prefix, version] of newestOf(foreign.map(({ name }) => name))) {
    const newest = system.newest[prefix];
    const needs = `needs ${prefix}_${version.join('.')}`;
    const promised = prefix === 'GLIBC' ? promisedGlibc(wheel, system) : undefined;
    if (compareNumbers(version, newest) > 0) {
      const kind = prefix === 'GLIBC' ? 'glibc-too-new' : 'libstdcxx-too-new';
      yield fault(
        kind,
        `${needs}, ${system.name} has ${prefix}_${newest.join('.')}`,
        versionFix(file, wheel, system),
      );
    } else if (promised && compareNumbers(version, promised) > 0) {
      const what = `${needs}, but its wheel is tagged for glibc ${promised.join('.')}`;
      yield fault(
        'wheel-tag-wrong',
        what,
        `nothing for this runtime; tell the authors of \`${file.distribution?.name}\``,
        'note',
      );
    }
  }
}

function newestOf(names: readonly string[]): Map<VersionedPrefix, number[]> {
  const newest = new Map<VersionedPrefix, number[]>();
  for (const name of names) {
    const { prefix, version } = orderedVersion(name) ?? {};
    if (prefix === undefined || version === undefined) continue;
    if (compareNumbers(version, newest.get(prefix) ?? []) > 0) newest.set(prefix, version);
  }
  return newest;
}

/** The oldest glibc that the tags of a wheel promise to need; undefined for a wheel that was built here. */
function promisedGlibc(wheel: string | null, { machine }: System) {
  if (wheel === null) return undefined;
  const promised = parseWheelFilename(wheel).tags.flatMap((tag) => {
    const platform = glibcPlatform(tag.split('-').at(-1) ?? '');
    return platform?.machine === machine ? [platform.glibc] : [];
  });
  return promised.sort(compareNumbers)[0];
}

function asFinding(faults: readonly Fault[]): Finding {
  const [first] = faults;
  if (!first) throw new Error('a finding needs a fault');
  const { kind, level, file, what, fix } = first;
  const { distribution } = file;
  const owner = distribution ? `\`${distribution.name} ${distribution.version}\`: ` : '';
  const others = new Set(faults.map((fault) => fault.file.path)).size - 1;
  const more = others > 0 ? ` (and ${counted(others, 'more file')})` : '';
  const libraries = codeList(new Set(faults.flatMap(({ library }) => library ?? [])), 5);
  return {
    ...{ level, kind },
    ...(distribution && { distribution: distribution.name }),
    file: file.path,
    message: `${owner}\`${file.path}\`${more} ${what.replace('{}', libraries)}`,
    hint: fix,
  };
}

/** Distributions for servers, without what only a desktop has, or with their libraries. */
const ALTERNATIVES: Readonly<Record<string, string>> = {
  'opencv-python': 'opencv-python-headless',
  'opencv-contrib-python': 'opencv-contrib-python-headless',
  psycopg2: 'psycopg2-binary',
  'psycopg-c': 'psycopg[binary]',
};

function libraryFix({ distribution, path }: PackagedFile, library: string): string {
  if (distribution === null) {
    return `put \`${library}\` into the package's \`lib\` directory, or leave the file out: exclude = ["${path}"] in pyproject.toml`;
  }
  const other = ALTERNATIVES[distribution.name];
  if (other !== undefined) return `require \`${other}\` in the place of \`${distribution.name}\``;
  if (/musl/.test(library))
    return `require a wheel of \`${distribution.name}\` for manylinux, not for musllinux`;
  return `require a version of \`${distribution.name}\` whose wheel brings it, or put it into the package's \`lib\` directory or a layer's`;
}

function versionFix(
  { distribution, path }: PackagedFile,
  wheel: string | null,
  system: System,
): string {
  const limit = `manylinux_${system.newest.GLIBC.join('_')}_${system.machine}`;
  if (distribution === null) {
    return `build \`${path}\` again on ${system.name}, as in \`nx shell <service>\` with AWS's own build image`;
  }
  return wheel !== null && promisedGlibc(wheel, system)
    ? `require a version of \`${distribution.name}\` whose wheel is for ${limit} or older`
    : `it was built from source in an image that is newer than Lambda: remove "image" from the build target, so that AWS's own is used, or require a version of \`${distribution.name}\` that has a wheel for ${limit}`;
}

function architectureFix({ distribution, path }: PackagedFile, { machine }: System): string {
  return distribution
    ? `require a version of \`${distribution.name}\` that has a wheel for ${machine}, or correct \`architecture\` in pyproject.toml`
    : `replace it by one for ${machine}, correct \`architecture\` in pyproject.toml, or leave it out: exclude = ["${path}"]`;
}

function damagedFix({ distribution, path }: PackagedFile): string {
  return distribution
    ? `require another version of \`${distribution.name}\``
    : `write it again, or leave it out: exclude = ["${path}"] in pyproject.toml`;
}
