/** The scripts that entry_points.txt asks for (entry points specification), as pip reads it. */

import { WheelError } from './defect';

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

/** Where pip searches for a name it knows and writes that part of it only, this must be the whole name. */
const NAME = /^[\p{L}\p{N}_.+-]+$/u;
/** Extras stand in brackets; they say what must be installed, not what is called. */
const VALUE = /^([\p{L}\p{N}_.]+?)\s*:\s*([\p{L}\p{N}_.]+?)\s*(?:\[[^\]]*\])?$/u;

/** @throws WheelError entry-point-invalid for a script whose name or callable pip could not write */
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
    `entry_points.txt asks for the script ${shown}, expected \`name = module:function\``,
  );
}
