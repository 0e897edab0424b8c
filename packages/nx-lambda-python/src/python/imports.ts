/** Import statements of a module, wherever they stand, read from its syntax tree. */

import { present, type Node } from './syntax-tree';

export interface ModuleImport {
  /** Dotted, without leading dots: `google.cloud`; empty for `from . import x`. */
  module: string;
  /** Leading dots of a relative import. */
  level: number;
  /** What `from … import` takes from it; `*` for all; empty for `import …`. */
  names: string[];
  /** From 1. */
  line: number;
  /**
   * Only if it runs whenever its module is imported, and nothing catches its failure. Of those in functions, below
   * `if`, in a loop and beside `except` the text does not tell whether they run and must succeed.
   */
  certain?: true;
}

// A module that changes where Python looks, or what it finds: its text does not tell what its imports lead to.
const CHANGED_SEARCH = /\bsys\s*\.\s*(?:path|modules|meta_path|path_hooks)\b|\baddsitedir\b/;

/** PEP 810 (Python 3.15); the grammar does not know the keyword. */
const LAZY = /(^|[;:])([ \t]*)lazy([ \t]+)(import|from)\b/gm;

/** The same text without the keyword, each import still where its statement began. */
export function withoutLazy(text: string): string {
  if (!text.includes('lazy')) return text;
  return text.replace(
    LAZY,
    (_, start: string, indent: string, space: string, keyword: string) =>
      `${start}${indent}${keyword}${' '.repeat('lazy'.length + space.length)}`,
  );
}

/**
 * All imports that can run. Those of type checkers, below `if TYPE_CHECKING:`, never do.
 * @param text as it stands, with `lazy`
 */
export function importsOf(module: Node, text: string): ModuleImport[] {
  const isSearchable = !CHANGED_SEARCH.test(text);
  const statements = module.descendantsOfType(['import_statement', 'import_from_statement']);
  return present(statements).flatMap((statement) => {
    const runs = whenRun(statement, text);
    if (runs === 'never') return [];
    const isLazy = text.startsWith('lazy', statement.startIndex);
    const certain = isSearchable && runs === 'always' && !isLazy ? { certain: true as const } : {};
    if (statement.type === 'import_from_statement')
      return [{ ...fromImport(statement), ...certain }];
    const line = statement.startPosition.row + 1;
    return present(statement.childrenForFieldName('name')).map((name) => ({
      ...{ module: dotted(original(name)), level: 0, names: [], line },
      ...certain,
    }));
  });
}

function whenRun(statement: Node, text: string): 'always' | 'perhaps' | 'never' {
  let runs: 'always' | 'perhaps' = 'always';
  for (let node = statement, { parent } = node; parent; node = parent, { parent } = node) {
    if (isForTypes(parent, node, text)) return 'never';
    if (!passes(parent, node)) runs = 'perhaps';
  }
  return runs;
}

/** Whether `child` runs whenever `parent` does, and its failure is the parent's. */
function passes(parent: Node, child: Node): boolean {
  switch (parent.type) {
    case 'module':
    case 'block':
    case 'finally_clause':
    case 'decorated_definition':
    case 'class_definition':
      return true;
    case 'with_statement':
      // `with contextlib.suppress(ImportError):`
      return !/\bsuppress\b/.test(headOf(parent));
    case 'try_statement':
      return child.type === 'finally_clause' || !catches(parent);
    default:
      return false;
  }
}

/** Whether `child` is the block of an `if` or `elif` that only type checkers enter. */
function isForTypes(parent: Node, child: Node, text: string): boolean {
  if (parent.type !== 'if_statement' && parent.type !== 'elif_clause') return false;
  if (!parent.childForFieldName('consequence')?.equals(child)) return false;
  const condition = parent.childForFieldName('condition')?.text ?? '';
  const match = /^[\s(]*(?:(\w+)\.)?TYPE_CHECKING[\s)]*$/.exec(condition);
  if (!match) return false;
  return match[1] === undefined ? isTypings(text) : isTyping(match[1], text);
}

/** Whether this module's `TYPE_CHECKING` is the one of `typing`, or false as that one. */
function isTypings(text: string): boolean {
  if (/\bTYPE_CHECKING\b[^=\n()]*=(?!=)(?!\s*False\b)/.test(text)) return false;
  const from = text.matchAll(/\bfrom\s+([\w.]+)\s+import\b(\s*\([^)]*\)|[^\n;]*)/g);
  return [...from].every(
    ([, module = '', names = '']) =>
      !/\bTYPE_CHECKING\b/.test(names) || /^typing(_extensions)?$/.test(module),
  );
}

function isTyping(object: string, text: string): boolean {
  return (
    /^typing(_extensions)?$/.test(object) ||
    new RegExp(`\\bimport\\s+typing(_extensions)?\\s+as\\s+${object}\\b`).test(text)
  );
}

function fromImport(node: Node): ModuleImport {
  const from = node.childForFieldName('module_name');
  const isRelative = from?.type === 'relative_import';
  const parts = isRelative ? present(from.namedChildren) : present([from]);
  const dots = parts.find(({ type }) => type === 'import_prefix')?.text ?? '';
  const module = parts.find(({ type }) => type === 'dotted_name');
  const takesAll = present(node.namedChildren).some(({ type }) => type === 'wildcard_import');
  const names = present(node.childrenForFieldName('name')).map((name) => dotted(original(name)));
  return {
    module: module ? dotted(module) : '',
    level: dots.replace(/[^.]/g, '').length,
    names: takesAll ? ['*'] : names,
    line: node.startPosition.row + 1,
  };
}

/** `a.b` of `a.b as c`. */
function original(name: Node): Node {
  return (name.type === 'aliased_import' && name.childForFieldName('name')) || name;
}

/** As Python compares names. */
function dotted(name: Node): string {
  return name.text.replace(/\s|\\/g, '').normalize('NFKC');
}

function headOf(node: Node): string {
  const body = node.childForFieldName('body');
  return node.text.slice(0, body ? body.startIndex - node.startIndex : undefined);
}

function catches(node: Node): boolean {
  return present(node.namedChildren).some(({ type }) => /^except/.test(type));
}
