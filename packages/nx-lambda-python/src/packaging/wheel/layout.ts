/**
 * Where each file of a wheel goes: the installation steps of the binary distribution format, with
 * the root of the package as purelib, platlib and data, as `pip install --target` has it.
 */

import { crc32 } from 'node:zlib';
import type { ByteSource } from '../zip/bytes';
import { TYPE_FILE, TYPE_MASK, type ZipEntry } from '../zip/format';
import { readContent, readStart } from '../zip/verify';
import { WheelError } from './defect';
import { belongsTo, type Wheel } from './read';

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
  /** Files that are not installed, since an option excludes them. */
  leftOut: InstallEntry[];
  warnings: string[];
}

/**
 * @param scripts what `makeScripts` puts into `bin/`; without it `.data/scripts` is left out, since
 * nothing in a Lambda function starts them.
 * @param isExcluded for a path in the package
 * @throws WheelError for a `.data` directory that cannot be spread.
 */
export function installEntries(
  wheel: Wheel,
  scripts: readonly InstallEntry[] = [],
  isExcluded: (path: string) => boolean = () => false,
): Installation {
  const entries = new Map<string, InstallEntry>();
  for (const entry of [...spreadEntries(wheel), ...scripts]) {
    const { path, source } = entry;
    const other = entries.get(path);
    if (other && !isSameContent(other.source, source)) {
      const detail = `${originOf(other)} and ${originOf(entry)} differ, and both become \`${path}\``;
      throw new WheelError('data-overwrites', wheel.file.filename, detail);
    }
    if (!other) entries.set(path, entry);
  }
  const all = [...entries.values()];
  const leftOut = new Set(all.filter(({ path }) => isExcluded(path)));
  const kept = all.filter((entry) => !leftOut.has(entry));
  return {
    entries: kept,
    leftOut: [...leftOut],
    warnings: [...wheel.warnings, ...pathFileWarnings(kept, () => wheel)],
  };
}

type Content = Pick<ZipEntry, 'crc32' | 'size'>;

/** Equal CRC-32 and size: what a zip says about content without inflating it. */
export function isSameContent(a: Content, b: Content): boolean {
  return a.crc32 === b.crc32 && a.size === b.size;
}

function spreadEntries(wheel: Wheel): InstallEntry[] {
  return wheel.entries.flatMap((source) => {
    // Directories are created with their files; pip skips their entries, too.
    if (source.isDirectory) return [];
    const path = destination(wheel, source.path);
    return path === undefined ? [] : [{ path, mode: installMode(source), source }];
  });
}

function originOf({ path, source }: InstallEntry): string {
  return 'bytes' in source ? `the script \`${path}\`` : `\`${source.path}\``;
}

/** The path in the package; undefined if it is left out. */
function destination(wheel: Wheel, path: string): string | undefined {
  const [root = '', key = '', ...below] = path.split('/');
  // > c. If Root-Is-Purelib == 'true', unpack archive into purelib (site-packages).
  // > d. Else unpack archive into platlib (site-packages).
  // Both are the package's root. dist-info stays whole, for importlib.metadata; RECORD, too, is
  // kept as it is; an installer would rewrite it with the final paths (step "Spread" d).
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
        // pip's scheme for --target: nothing compiles against them, but the trees stay the same.
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
 * Lambda does not run as the owner of the files, so private modes such as 0600 would be unreadable:
 * only the executable bit is kept. As with pip, the mode counts only if it says that this is a
 * regular file.
 */
/** Lambda runs as another user than the owner. */
export function installMode({ mode }: ZipEntry): 0o644 | 0o755 {
  return (mode & TYPE_MASK) === TYPE_FILE && (mode & 0o111) !== 0 ? 0o755 : 0o644;
}

/** `site` reads .pth files in site directories only, and /var/task is not one. */
export function pathFileWarnings(
  files: readonly { path: string }[],
  ownerOf: (path: string) => { name: string; version: string } | undefined,
): string[] {
  return files
    .filter(({ path }) => /^[^/]+\.pth$/.test(path))
    .map(({ path }) => {
      const owner = ownerOf(path);
      const whose = owner ? ` of \`${owner.name} ${owner.version}\`` : '';
      return `\`${path}\`${whose} has no effect: Lambda does not process .pth files`;
    });
}

/** First line of a script whose interpreter the installer must fill in. */
const PLACEHOLDER = Buffer.from('#!python');
/** Bytes of a script that is rewritten, and of entry_points.txt: both are read whole. */
const SCRIPT_LIMIT = 16 * 1024 * 1024;
const ENTRY_POINTS_LIMIT = 1024 * 1024;

/**
 * @param interpreter absolute path for the first line, without spaces: `/var/lang/bin/python3.13`.
 * @throws WheelError entry-point-invalid
 */
export function makeScripts(source: ByteSource, wheel: Wheel, interpreter: string): InstallEntry[] {
  const points = readEntryPoints(source, wheel);
  const packed = wheel.entries.flatMap((entry) => {
    const path = scriptPath(wheel, entry);
    if (path === undefined || isWrapper(path, points)) return [];
    return [packedScript(source, entry, `bin/${path}`, interpreter)];
  });
  const wrappers = [...callables(points, interpreter)].map(([name, callable]) =>
    made(`bin/${name}`, Buffer.from(wrapperText(interpreter, callable))),
  );
  return [...packed, ...wrappers];
}

/** Below `.data/scripts`; undefined for every other entry. */
function scriptPath(wheel: Wheel, { path, isDirectory }: ZipEntry): string | undefined {
  const [, root = '', rest] = /^([^/]+)\.data\/scripts\/(.+)$/s.exec(path) ?? [];
  return !isDirectory && belongsTo(wheel.file, root) ? rest : undefined;
}

/** Old versions of setuptools also packed the wrappers of entry points, for the Python that built the wheel. */
function isWrapper(path: string, { console, gui }: ScriptEntryPoints): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1).replace(/(?:\.exe|-script\.py|\.pya)$/i, '');
  return console.has(name) || gui.has(name);
}

/**
 * > If the first line of a file in scripts/ starts with exactly b'#!python', rewrite to point to the
 * > correct interpreter. Unix installers may need to add the +x bit to these files if the archive
 * > was created on Windows.
 */
function packedScript(
  source: ByteSource,
  entry: ZipEntry,
  path: string,
  interpreter: string,
): InstallEntry {
  // Some scripts are programs of tens of megabytes: they are spliced like any other file.
  if (!readStart(source, entry).subarray(0, PLACEHOLDER.length).equals(PLACEHOLDER)) {
    return { path, mode: 0o755, source: entry };
  }
  const content = readContent(source, entry, SCRIPT_LIMIT);
  const lineEnd = content.indexOf('\n');
  const rest = lineEnd === -1 ? Buffer.alloc(0) : content.subarray(lineEnd + 1);
  return made(path, Buffer.concat([Buffer.from(`#!${interpreter}\n`), rest]));
}

function made(path: string, bytes: Buffer): InstallEntry {
  return { path, mode: 0o755, source: madeFile(bytes) };
}

export function madeFile(bytes: Buffer): MadeFile {
  return { bytes, crc32: crc32(bytes), size: bytes.length };
}

/** As pip does, a graphical script replaces a console script of the same name. */
function callables(points: ScriptEntryPoints, interpreter: string): Map<string, Callable> {
  return new Map([...versioned(points.console, interpreter), ...points.gui]);
}

/** Wheels of pip and setuptools name scripts after the Python that built them, not the one that runs. */
function versioned(
  console: ReadonlyMap<string, Callable>,
  interpreter: string,
): Map<string, Callable> {
  const version = /\d+\.\d+$/.exec(interpreter)?.[0] ?? '';
  const scripts = new Map(console);
  const replace = (name: string, others: RegExp, names: readonly string[]) => {
    const callable = console.get(name);
    if (!callable) return;
    for (const other of scripts.keys()) if (others.test(other)) scripts.delete(other);
    for (const one of names) scripts.set(one, callable);
  };
  const major = version.slice(0, version.indexOf('.'));
  replace('pip', /^pip(\d+(\.\d+)?)?$/, ['pip', `pip${major}`, `pip${version}`]);
  replace('easy_install', /^easy_install(-\d+\.\d+)?$/, [
    'easy_install',
    `easy_install-${version}`,
  ]);
  return scripts;
}

/** As pip wrote it until 25.0; later versions import and call the same with less code. */
function wrapperText(interpreter: string, { module, attribute }: Callable): string {
  return [
    `#!${interpreter}`,
    '# -*- coding: utf-8 -*-',
    'import re',
    'import sys',
    `from ${module} import ${attribute.split('.')[0] ?? ''}`,
    `if __name__ == '__main__':`,
    String.raw`    sys.argv[0] = re.sub(r'(-script\.pyw|\.exe)?$', '', sys.argv[0])`,
    `    sys.exit(${attribute}())`,
    '',
  ].join('\n');
}

function readEntryPoints(source: ByteSource, wheel: Wheel): ScriptEntryPoints {
  const path = `${wheel.distInfo}/entry_points.txt`;
  const entry = wheel.entries.find((candidate) => candidate.path === path);
  const text = entry ? readContent(source, entry, ENTRY_POINTS_LIMIT).toString('utf8') : '';
  return parseScriptEntryPoints(wheel.file.filename, text);
}

/** What a script calls: `json.tool:main`. */
export interface Callable {
  module: string;
  /** Below the module: `main`, `Cli.run`. */
  attribute: string;
}

export interface ScriptEntryPoints {
  console: ReadonlyMap<string, Callable>;
  gui: ReadonlyMap<string, Callable>;
}

/** pip takes the part of a name that matches; here the whole name must match. */
const NAME = /^[\p{L}\p{N}_.+-]+$/u;
/** Extras in brackets say what must be installed, not what is called. */
const VALUE = /^([\p{L}\p{N}_.]+?)\s*:\s*([\p{L}\p{N}_.]+?)\s*(?:\[[^\]]*\])?$/u;

/** @throws WheelError entry-point-invalid for a script whose name or callable pip cannot write */
export function parseScriptEntryPoints(filename: string, text: string): ScriptEntryPoints {
  const console = new Map<string, Callable>();
  const gui = new Map<string, Callable>();
  const groups = new Map([
    ['console_scripts', console],
    ['gui_scripts', gui],
  ]);
  let group: Map<string, Callable> | undefined;
  for (const line of text.split(/\r\n|\n|\r/).map((raw) => raw.trim())) {
    if (line === '' || line.startsWith('#')) continue;
    if (line.startsWith('[') && line.endsWith(']')) {
      group = groups.get(line.slice(1, -1).trim());
    } else if (group) {
      const equals = line.indexOf('=');
      const name = line.slice(0, Math.max(0, equals)).trim();
      group.set(name, parseCallable(filename, name, line.slice(equals + 1).trim()));
    }
  }
  return { console, gui };
}

function parseCallable(filename: string, name: string, value: string): Callable {
  const match = VALUE.exec(value);
  const isName = NAME.test(name) && !/^\.+$/.test(name);
  if (isName && match) return { module: match[1] ?? '', attribute: match[2] ?? '' };
  const shown = JSON.stringify(`${name} = ${value}`).slice(0, 120);
  throw new WheelError(
    'entry-point-invalid',
    filename,
    `entry_points.txt has the script ${shown}, expected \`name = module:function\``,
  );
}
