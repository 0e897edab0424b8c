/**
 * What `bin/` holds once a wheel is installed: the files of `.data/scripts`, and a small program for
 * each script that its entry points name, with the bytes that pip writes.
 */

import { crc32 } from 'node:zlib';
import type { ByteSource } from '../zip/byte-source';
import type { ZipEntry } from '../zip/entry';
import { readContent, readStart } from '../zip/verify';
import { parseScriptEntryPoints, type Callable, type ScriptEntryPoints } from './entry-points';
import type { InstallEntry } from './layout';
import { belongsTo } from './metadata';
import type { Wheel } from './read';

/** First line of a script that does not know where Python will be. */
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

/** Old setuptools packed the wrappers of entry points, too, for the Python that built the wheel. */
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
  // Many scripts are whole programs of tens of megabytes, which are spliced like any other file.
  if (!readStart(source, entry).subarray(0, PLACEHOLDER.length).equals(PLACEHOLDER)) {
    return { path, mode: 0o755, source: entry };
  }
  const content = readContent(source, entry, SCRIPT_LIMIT);
  const lineEnd = content.indexOf('\n');
  const rest = lineEnd === -1 ? Buffer.alloc(0) : content.subarray(lineEnd + 1);
  return made(path, Buffer.concat([Buffer.from(`#!${interpreter}\n`), rest]));
}

function made(path: string, bytes: Buffer): InstallEntry {
  return { path, mode: 0o755, source: { bytes, crc32: crc32(bytes), size: bytes.length } };
}

/** As pip does, a graphical script replaces a console script of the same name. */
function callables(points: ScriptEntryPoints, interpreter: string): Map<string, Callable> {
  return new Map([...versioned(points.console, interpreter), ...points.gui]);
}

/** Wheels of pip and setuptools name scripts by the Python that built them, not the one that runs. */
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

/** As pip wrote it until 25.0; later ones import and call the same in fewer words. */
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
