/** What a module imports while it is imported itself, read from its syntax tree. */

import { present, type Node } from './syntax-tree';

export interface ModuleImport {
  /** Dotted, without leading dots: `google.cloud`; empty for `from . import x`. */
  module: string;
  /** Leading dots of a relative import. */
  level: number;
  /** What `from … import` takes from it; empty for `import …` and `import *`. */
  names: string[];
  /** From 1. */
  line: number;
}

// A module that changes where Python looks, or what it finds: its text does not tell what it imports.
const CHANGED_SEARCH = /\bsys\s*\.\s*(?:path|modules|meta_path|path_hooks)\b|\baddsitedir\b/;

/**
 * Imports that run whenever the module is imported, and whose failure nothing catches. Those in functions, below
 * `if`, in a loop and beside `except` are left out: the text does not tell whether they run and must succeed.
 */
export function certainImports(module: Node, text: string): ModuleImport[] {
  if (CHANGED_SEARCH.test(text)) return [];
  const imports: ModuleImport[] = [];
  const visit = (node: Node): void => {
    switch (node.type) {
      case 'import_statement':
        for (const name of present(node.childrenForFieldName('name'))) {
          const line = node.startPosition.row + 1;
          imports.push({ module: dotted(original(name)), level: 0, names: [], line });
        }
        return;
      case 'import_from_statement':
        imports.push(fromImport(node));
        return;
      case 'decorated_definition':
        present([node.childForFieldName('definition')]).forEach(visit);
        return;
      case 'class_definition':
        present([node.childForFieldName('body')]).forEach(visit);
        return;
      case 'with_statement':
        // `with contextlib.suppress(ImportError):`
        if (!/\bsuppress\b/.test(headOf(node))) {
          present([node.childForFieldName('body')]).forEach(visit);
        }
        return;
      case 'try_statement':
        present(node.namedChildren)
          .filter(({ type }) => type === 'finally_clause' || !catches(node))
          .forEach(visit);
        return;
      case 'block':
      case 'finally_clause':
        present(node.namedChildren).forEach(visit);
    }
  };
  present(module.namedChildren).forEach(visit);
  return imports;
}

function fromImport(node: Node): ModuleImport {
  const from = node.childForFieldName('module_name');
  const isRelative = from?.type === 'relative_import';
  const parts = isRelative ? present(from.namedChildren) : present([from]);
  const dots = parts.find(({ type }) => type === 'import_prefix')?.text ?? '';
  const module = parts.find(({ type }) => type === 'dotted_name');
  return {
    module: module ? dotted(module) : '',
    level: dots.replace(/[^.]/g, '').length,
    names: present(node.childrenForFieldName('name')).map((name) => dotted(original(name))),
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
