/**
 * Where each file of a wheel goes: the installation steps of the binary distribution format, with
 * the root of the package as purelib, platlib and data, as `pip install --target` has it.
 */

import type { ZipEntry } from '../zip/entry';
import { TYPE_FILE, TYPE_MASK } from '../zip/format';
import { WheelError } from './defect';
import { belongsTo } from './metadata';
import type { Wheel } from './read';

export interface InstallEntry {
  /** In the package. */
  path: string;
  mode: 0o644 | 0o755;
  /** The entry of the wheel whose bytes it has, or bytes that are in no wheel. */
  source: ZipEntry | MadeFile;
}

/** A file that an installer writes itself. */
export interface MadeFile {
  bytes: Buffer;
  crc32: number;
  size: number;
}

export interface Installation {
  /** In the order of the wheel. */
  entries: InstallEntry[];
  warnings: string[];
}

/**
 * @param scripts what `makeScripts` puts into `bin/`; without it `.data/scripts` is left out, since
 * nothing in a Lambda function starts programs.
 * @throws WheelError for a `.data` directory that cannot be spread.
 */
export function installEntries(wheel: Wheel, scripts: readonly InstallEntry[] = []): Installation {
  const entries = new Map<string, InstallEntry>();
  for (const entry of [...spreadEntries(wheel), ...scripts]) {
    const { path, source } = entry;
    const known = entries.get(path);
    if (known && !isSameContent(known.source, source)) {
      const detail = `${originOf(known)} and ${originOf(entry)} differ, and both become \`${path}\``;
      throw new WheelError('data-overwrites', wheel.file.filename, detail);
    }
    if (!known) entries.set(path, entry);
  }
  return {
    entries: [...entries.values()],
    warnings: [...wheel.warnings, ...pathFileWarnings(wheel, [...entries.keys()])],
  };
}

type Content = Pick<ZipEntry, 'crc32' | 'size'>;

/** Equal CRC-32 and size: what a zip knows of content without inflating it. */
export function isSameContent(a: Content, b: Content): boolean {
  return a.crc32 === b.crc32 && a.size === b.size;
}

function spreadEntries(wheel: Wheel): InstallEntry[] {
  return wheel.entries.flatMap((source) => {
    // Directories come into being with their files; pip skips their entries, too.
    if (source.isDirectory) return [];
    const path = destination(wheel, source.path);
    return path === undefined ? [] : [{ path, mode: installMode(source), source }];
  });
}

function originOf({ path, source }: InstallEntry): string {
  return 'bytes' in source ? `the script \`${path}\`` : `\`${source.path}\``;
}

/** The path in the package; undefined for what is left out. */
function destination(wheel: Wheel, path: string): string | undefined {
  const [root = '', key = '', ...below] = path.split('/');
  // > c. If Root-Is-Purelib == 'true', unpack archive into purelib (site-packages).
  // > d. Else unpack archive into platlib (site-packages).
  // Both are the package's root. dist-info stays whole, for importlib.metadata; RECORD, too, is
  // kept as it is, where an installer would (step "Spread" d) rewrite it with the final paths.
  if (!root.endsWith('.data') || key === '') return path;

  // > a. Unpacked archive includes distribution-1.0.dist-info/ and (if there is data)
  // > distribution-1.0.data/.
  if (!belongsTo(wheel.file, root.slice(0, -'.data'.length))) {
    throw new WheelError('data-foreign', wheel.file.filename, `it holds \`${root}\``);
  }
  // > b. Move each subtree of distribution-1.0.data/ onto its destination path. Each subdirectory
  // > of distribution-1.0.data/ is a key into a dict of destination directories, such as
  // > distribution-1.0.data/(purelib|platlib|headers|scripts|data).
  const rest = below.join('/');
  if (rest !== '') {
    switch (key) {
      case 'purelib':
      case 'platlib':
        return rest;
      case 'data':
        // Its `bin/` lands in the package's `bin/`, `share/` in `share/`.
        return rest;
      case 'headers':
        // pip's scheme for --target; no compiler will ever look, but the trees stay the same.
        return `include/python/${wheel.name}/${rest}`;
      case 'scripts':
        // See `makeScripts`.
        return undefined;
    }
  }
  const detail = `\`${root}/${key}\`, expected purelib, platlib, headers, scripts or data`;
  throw new WheelError('data-key-unknown', wheel.file.filename, detail);
}

/**
 * Private modes such as 0600 would be unreadable in Lambda, which runs as another user than the
 * owner of the files, so only the question whether it is executable is kept. As pip does, what the
 * mode says counts only where it says that this is a regular file.
 */
function installMode({ mode }: ZipEntry): 0o644 | 0o755 {
  return (mode & TYPE_MASK) === TYPE_FILE && (mode & 0o111) !== 0 ? 0o755 : 0o644;
}

/** `site` reads .pth files in site directories only, and /var/task is none. */
function pathFileWarnings(wheel: Wheel, paths: readonly string[]): string[] {
  return paths
    .filter((path) => /^[^/]+\.pth$/.test(path))
    .map(
      (path) =>
        `\`${path}\` of \`${wheel.name} ${wheel.version}\` has no effect: Lambda does not process .pth files`,
    );
}
