/** The names that a module defines at its top level, read from its syntax tree. */

import { present, type Node } from './syntax-tree';

export interface TopLevelNames {
  names: ReadonlySet<string>;
  /** True if the module may have names that its text does not show: `import *`, `__getattr__`, `globals()`. */
  open: boolean;
}

// Statements whose blocks run in the module's own scope. Those of def and class have their own.
const TRANSPARENT: ReadonlySet<string> = new Set([
  'block',
  'if_statement',
  'elif_clause',
  'else_clause',
  'try_statement',
  'except_clause',
  'except_group_clause',
  'finally_clause',
  'with_statement',
  'with_clause',
  'for_statement',
  'while_statement',
  'match_statement',
  'case_clause',
  'ERROR',
]);

export function topLevelNames(module: Node, text: string): TopLevelNames {
  const names = new Set<string>();
  let open = /\bglobals\(\)\s*(?:\[|\.)|\bsetattr\(\s*sys\.modules\b/.test(text);
  const visit = (node: Node): void => {
    switch (node.type) {
      case 'function_definition':
      case 'class_definition':
        add(node.childForFieldName('name'));
        return;
      case 'decorated_definition':
        add(node.childForFieldName('definition')?.childForFieldName('name') ?? null);
        return;
      case 'expression_statement':
        present(node.namedChildren)
          .filter(({ type }) => type === 'assignment')
          .forEach(assignment);
        return;
      case 'import_statement':
        present(node.childrenForFieldName('name')).forEach((name) => imported(name, true));
        return;
      case 'import_from_statement':
        open ||= present(node.namedChildren).some(({ type }) => type === 'wildcard_import');
        present(node.childrenForFieldName('name')).forEach((name) => imported(name, false));
        return;
      case 'with_item':
        // `except E as name` looks alike, but the name is gone after its block.
        present(node.namedChildren)
          .filter(({ type }) => type === 'as_pattern')
          .forEach(aliases);
        return;
    }
    if (node.type === 'for_statement') targets(node.childForFieldName('left'));
    if (TRANSPARENT.has(node.type)) present(node.namedChildren).forEach(visit);
  };
  const add = (node: Node | null): void => {
    if (node) names.add(node.text.normalize('NFKC'));
  };
  const assignment = (node: Node): void => {
    const value = node.childForFieldName('right');
    // `handler: Handler` without a value declares a type and defines nothing.
    if (value === null) return;
    targets(node.childForFieldName('left'));
    if (value.type === 'assignment') assignment(value);
  };
  const aliases = (pattern: Node): void => {
    present(pattern.namedChildren)
      .filter(({ type }) => type === 'as_pattern_target')
      .forEach(targets);
  };
  const targets = (node: Node | null): void => {
    if (node?.type === 'identifier') add(node);
    // `a.b = 1` and `a[0] = 1` define nothing.
    else if (node && !['attribute', 'subscript'].includes(node.type)) {
      present(node.namedChildren).forEach(targets);
    }
  };
  const imported = (node: Node, isModule: boolean): void => {
    if (node.type === 'aliased_import') add(node.childForFieldName('alias'));
    // `import a.b` defines `a`.
    else add(isModule ? node.namedChild(0) : node);
  };
  present(module.namedChildren).forEach(visit);
  return { names, open: open || names.has('__getattr__') };
}
