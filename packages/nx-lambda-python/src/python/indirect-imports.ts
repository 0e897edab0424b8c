/** What a module may import without an import statement: by name, by a search, or by code that is text. */

import type { ModuleImport } from './imports';
import { present, type Node } from './syntax-tree';

export interface IndirectImports {
  /** `importlib.import_module("orders.shared")` */
  imports: ModuleImport[];
  /** Dotted names and paths of `.py` files in strings: what another module, or a distribution, may import. */
  mentions: Mention[];
  /** What the text does not tell. */
  unknowns: Unknown[];
  /** What `import *` takes from the module; null if that is computed, absent without `__all__`. */
  exported?: readonly string[] | null;
}

export interface Mention {
  name: string;
  /** Of the first one, from 1. */
  line: number;
}

export interface Unknown {
  /** From 1. */
  line: number;
  /** Why this line may import anything: `it runs text as code (exec)`. */
  why: string;
  /** Only if the service has one of these top-level names: entry points are for others, too. */
  of?: string[];
}

const CHANGES = 'it changes what Python finds';
const SEARCHES = 'it imports what it finds';
const COMPUTES = 'it computes the name of what it imports';
const RUNS = 'it runs text as code';

/** By the name of what is used; `sys.path` and `exec` may also be something else of that name. */
const USES: ReadonlyMap<string, string> = new Map([
  ...each('import_module __import__ find_spec import_string', COMPUTES),
  ...each('load_entry_point run_module run_path load_source exec_module load_module', COMPUTES),
  ...each('spec_from_file_location spec_from_loader module_from_spec Unpickler', COMPUTES),
  ...each('SourceFileLoader SourcelessFileLoader ExtensionFileLoader zipimporter', COMPUTES),
  ...each('entry_points iter_entry_points', 'it imports what entry points name'),
  ...each('iter_modules walk_packages resolve_name FileFinder PathFinder', SEARCHES),
  ...each('addsitedir extend_path __path__ meta_path path_hooks path_importer_cache', CHANGES),
  ...each('path modules', CHANGES),
  ...each('exec eval', RUNS),
  ...each('__all__', ''),
]);
const USE = new RegExp(
  `(?<![\\p{XID_Continue}])(?:${[...USES.keys()].join('|')})(?![\\p{XID_Continue}])`,
  'gu',
);

/** Modules that import what they are told to, in data or by callers. */
const IMPORTERS = /^(?:runpy|imp|zipimport|pickle|cloudpickle|dill|joblib|shelve)$/;

const NAME = String.raw`[\p{XID_Start}_.][\p{XID_Continue}./-]*`;
const MENTION = new RegExp(
  String.raw`["'](${NAME}\.[\p{XID_Continue}]+)(?::[\p{XID_Continue}.]*)?["']`,
  'gu',
);
// `importlib.resources.files("templates")` imports a package of one name.
const MENTION_OF_DATA = new RegExp(String.raw`["'](${NAME})["']`, 'gu');

/** @param statements of the module, see `importsOf` */
export function indirectImports(
  module: Node,
  text: string,
  statements: readonly ModuleImport[],
): IndirectImports {
  const imports: ModuleImport[] = [];
  const unknowns: Unknown[] = [];
  let exported: string[] | null | undefined;
  for (const { line, ...imported } of statements) {
    const name = [imported.module, ...imported.names].find((part) => IMPORTERS.test(part));
    if (imported.level === 0 && name) unknowns.push({ line, why: `${COMPUTES} (\`${name}\`)` });
    if (imported.module !== 'sys') continue;
    const taken = imported.names.find((part) => USES.has(part) || part === '*');
    if (taken) unknowns.push({ line, why: `${CHANGES} (\`sys.${taken}\`)` });
  }
  const isSys = sysNames(text);
  for (const { 0: name, index } of text.matchAll(USE)) {
    const node = module.descendantForIndex(index, index + name.length);
    const line = (node?.startPosition.row ?? 0) + 1;
    const why = `${USES.get(name)} (\`${name}\`)`;
    if (node?.type === 'string_content') {
      // `getattr(importlib, "import_module")`, `globals()["__all__"]`
      if (node.text !== name) continue;
      if (/import/.test(name)) unknowns.push({ line, why });
      if (name === '__all__') exported = null;
    } else if (node?.type !== 'identifier') continue;
    else if (name === '__all__') exported = withExported(exported, node);
    else if (name === 'path' || name === 'modules') {
      if (isSys(node) && !isRead(node.parent))
        unknowns.push({ line, why: `${CHANGES} (\`sys.${name}\`)` });
    } else if (name === 'exec' || name === 'eval') {
      if (isBuiltin(node)) unknowns.push({ line, why });
    } else if (!isNamed(node) && !isInExtendedPath(node)) {
      const literal = literalImport(name, node);
      if (literal) imports.push({ ...literal, names: [], line });
      else if (!name.endsWith('entry_points')) unknowns.push({ line, why });
      else unknowns.push({ line, why, of: topNames(callOf(node)?.text ?? '') });
    }
  }
  return {
    ...{ imports, mentions: mentionsIn(text), unknowns },
    ...(exported !== undefined && { exported }),
  };
}

function mentionsIn(text: string): Mention[] {
  const lines = new Map<string, number>();
  let [line, counted] = [1, 0];
  const pattern = /\bresources\b|\bget_data\b/.test(text) ? MENTION_OF_DATA : MENTION;
  for (const { 1: mention = '', index } of text.matchAll(pattern)) {
    const name = mention.normalize('NFKC');
    if (lines.has(name)) continue;
    line += text.slice(counted, index).split('\n').length - 1;
    counted = index;
    lines.set(name, line);
  }
  return [...lines].map(([name, first]) => ({ name, line: first }));
}

function topNames(call: string): string[] {
  return [...call.matchAll(/["']([\p{XID_Start}_][\p{XID_Continue}]*)/gu)].map(
    ([, top = '']) => top,
  );
}

/** What `import_module("…")` and its kin import, if literals say it. */
function literalImport(
  name: string,
  node: Node,
): Pick<ModuleImport, 'module' | 'level'> | undefined {
  const call = callOf(node);
  if (!call || !/^(?:import_module|__import__|find_spec)$/.test(name)) return undefined;
  const [first, ...more] = argumentsOf(call);
  const text = first && literal(first);
  if (text === undefined) return undefined;
  const [, dots = '', module = ''] = /^(\.*)(.*)$/s.exec(text) ?? [];
  if (more.length === 0) return dots === '' ? { module, level: 0 } : undefined;
  const from = more.map((argument) => argument.text.replace(/^package\s*=\s*/, '')).join();
  return name === 'import_module' && from === '__package__' && dots !== ''
    ? { module, level: dots.length }
    : undefined;
}

/** The call of `name(…)` or `object.name(…)`. */
function callOf(node: Node): Node | undefined {
  const callee = node.parent?.type === 'attribute' ? node.parent : node;
  const call = callee.parent;
  return call?.type === 'call' && call.childForFieldName('function')?.equals(callee)
    ? call
    : undefined;
}

function argumentsOf(call: Node): Node[] {
  return present(call.childForFieldName('arguments')?.namedChildren ?? []).filter(
    ({ type }) => type !== 'comment',
  );
}

/** The value of a string that is written out; undefined for bytes, and for one with escapes or parts. */
function literal(node: Node): string | undefined {
  if (node.type !== 'string') return undefined;
  return /^[rRuU]?("""|'''|"|')([^"'\\]*)\1$/.exec(node.text)?.[2];
}

/** Adds what an assignment to `__all__` adds; null for any other use. */
function withExported(
  before: string[] | null | undefined,
  node: Node,
): string[] | null | undefined {
  // That of another module is its own matter.
  if (ownerOf(node) !== undefined) return before;
  const { parent } = node;
  const isAssigned =
    /^(?:augmented_)?assignment$/.test(parent?.type ?? '') &&
    parent?.childForFieldName('left')?.equals(node);
  const value = isAssigned ? parent?.childForFieldName('right') : undefined;
  if (before === null || !value || !['list', 'tuple'].includes(value.type)) return null;
  const names = present(value.namedChildren)
    .filter(({ type }) => type !== 'comment')
    .map(literal);
  const told = names.filter((name) => name !== undefined);
  return told.length === names.length ? [...(before ?? []), ...told] : null;
}

/** Whether an identifier is what a definition, an import or an argument calls it: nothing is used. */
function isNamed(node: Node): boolean {
  const { parent } = node;
  switch (parent?.type) {
    case 'function_definition':
    case 'default_parameter':
    case 'keyword_argument':
      return parent.childForFieldName('name')?.equals(node) === true;
    case 'dotted_name':
      // Under another name, its calls are not seen.
      return parent.parent?.type !== 'aliased_import';
    default:
      return false;
  }
}

function isBuiltin(node: Node): boolean {
  return !isNamed(node) && /^(?:builtins|__builtins__)$/.test(ownerOf(node) ?? 'builtins');
}

/**
 * A namespace package as `pkgutil` has it: Python looks into the package's own directory first, as without it, and then
 * for other parts of it.
 */
const EXTENDED_PATH =
  /^__path__=(?:__import__\((["'])pkgutil\1\)\.|pkgutil\.)?extend_path\(__path__,__name__\)$/;

function isInExtendedPath(node: Node): boolean {
  if (!/^(?:extend_path|__path__)$/.test(node.text)) return false;
  let statement: Node | null = node;
  while (statement && statement.type !== 'assignment') statement = statement.parent;
  return statement !== null && EXTENDED_PATH.test(statement.text.replace(/\s/g, ''));
}

/** `a.b` of the identifier `c` in `a.b.c`; undefined for one that is not an attribute. */
function ownerOf(node: Node): string | undefined {
  const { parent } = node;
  return parent?.type === 'attribute' && parent.childForFieldName('attribute')?.equals(node)
    ? parent.childForFieldName('object')?.text
    : undefined;
}

/** Tells whether an identifier is an attribute of `sys`, whatever the module calls that. */
function sysNames(text: string): (node: Node) => boolean {
  const aliases = [...text.matchAll(/\bsys\s+as\s+(\w+)/g)].map(([, alias]) => alias);
  return (node) => ['sys', ...aliases].includes(ownerOf(node));
}

const READING = /^(?:get|keys|values|items|copy|index|count)$/;
const READERS = /^(?:print|len|list|tuple|set|sorted|str|repr|iter|enumerate|any|all|reversed)$/;

/** Whether `sys.path` or `sys.modules` is only looked at. */
function isRead(node: Node | null): boolean {
  const { parent } = node ?? {};
  if (!node || !parent) return false;
  switch (parent.type) {
    case 'comparison_operator':
    case 'interpolation':
      return true;
    case 'for_statement':
    case 'for_in_clause':
      return parent.childForFieldName('right')?.equals(node) === true;
    case 'attribute':
      return READING.test(parent.childForFieldName('attribute')?.text ?? '');
    case 'argument_list':
      return READERS.test(parent.parent?.childForFieldName('function')?.text ?? '');
    case 'subscript': {
      const target = parent.parent;
      const isSet =
        target?.type === 'delete_statement' || target?.childForFieldName('left')?.equals(parent);
      return parent.childForFieldName('value')?.equals(node) === true && !isSet;
    }
    default:
      return false;
  }
}

function each(names: string, why: string): [string, string][] {
  return names.split(' ').map((name) => [name, why]);
}
