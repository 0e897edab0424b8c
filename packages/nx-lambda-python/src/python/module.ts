/** Python modules, read by tree-sitter's grammar: which names they define, what they import, and where they are broken. */

import type * as TreeSitter from '@vscode/tree-sitter-wasm';
import type { Node, Parser, Tree } from '@vscode/tree-sitter-wasm';
import { createRequire } from 'node:module';
import { decodePython } from './source';
import { certainImports, type ModuleImport } from './imports';
import { present, topLevelNames, type TopLevelNames } from './module-names';

export interface PythonModule extends TopLevelNames {
  imports: readonly ModuleImport[];
  /** The first error; undefined for a module that Python would accept, and for errors too fine to tell here. */
  syntaxError?: PythonSyntaxError;
}

export interface PythonSyntaxError {
  /** From 1. */
  line: number;
  /** From 1, in UTF-16 code units. */
  column: number;
  /** The line as it stands, without its indent, cut at 80 characters. */
  near: string;
  /** What is wrong, where more is known than that it does not parse. */
  reason?: string;
}

/**
 * Reads a module without running it.
 *
 * A valid module is never refused, so what the grammar cannot tell for sure is accepted.
 */
export async function parseModule(source: Buffer | string): Promise<PythonModule> {
  const parser = await grammar();
  const decoded = decodePython(source);
  // Python reads `\r\n` and `\r` as line ends; the grammar does not know the latter.
  const text = decoded.text.replace(/\r\n?/g, '\n');
  const tree = parser.parse(text);
  if (tree === null) return { names: new Set(), open: true, imports: [] };
  try {
    const { rootNode } = tree;
    const imports = certainImports(rootNode, text);
    const found = { ...topLevelNames(rootNode, text), imports };
    if (decoded.fault !== undefined) {
      return { ...found, syntaxError: { line: 1, column: 1, near: '', reason: decoded.fault } };
    }
    const fault = firstFault(tree);
    return fault ? { ...found, syntaxError: locate(fault, text) } : found;
  } finally {
    tree.delete();
  }
}

/** True where `name` can be looked up on the imported module, as far as reading it tells. */
export function defines(module: PythonModule, name: string): boolean {
  return module.names.has(name) || module.open;
}

// What the grammar accepts, being one for Python 2 and 3 and lenient with indents, and Python 3 may refuse.
const SUSPECTS = ['print_statement', 'exec_statement', 'comparison_operator', 'block'];

let loading: Promise<Parser> | undefined;

// One parser for all modules: starting it costs more than most of them.
function grammar(): Promise<Parser> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Parser> {
  // Here, since most builds find all their modules known.
  const require = createRequire(__filename);
  const wasm = require('@vscode/tree-sitter-wasm') as typeof TreeSitter;
  await wasm.Parser.init();
  const grammarFile = require.resolve('@vscode/tree-sitter-wasm/wasm/tree-sitter-python.wasm');
  const language = await wasm.Language.load(grammarFile);
  const parser = new wasm.Parser();
  parser.setLanguage(language);
  return parser;
}

interface Fault {
  node: Node;
  reason?: string;
}

function firstFault(tree: Tree): Fault | undefined {
  const broken = tree.rootNode.hasError ? firstError(tree.rootNode) : undefined;
  if (broken) return { node: broken };
  for (const node of present(tree.rootNode.descendantsOfType(SUSPECTS))) {
    const fault = faultOf(node);
    if (fault) return fault;
  }
  return undefined;
}

function faultOf(node: Node): Fault | undefined {
  switch (node.type) {
    case 'block':
      return node.startIndex === node.endIndex
        ? { node, reason: 'an indented block is expected' }
        : undefined;
    case 'comparison_operator': {
      const operator = present(node.children).find(({ type }) => type === '<>');
      return operator && { node: operator, reason: '`<>` is Python 2' };
    }
    case 'print_statement': {
      // `print >> file` alone is an expression in Python 3.
      const [argument] = present(node.namedChildren);
      return argument && argument.type !== 'chevron' ? python2(argument) : undefined;
    }
    default:
      return python2(node);
  }
}

function python2(node: Node): Fault {
  return { node, reason: '`print` and `exec` are functions in Python 3' };
}

function firstError(node: Node): Node | undefined {
  // PEP 696 (Python 3.13) gave type parameters defaults, which this grammar does not know yet.
  if (node.type === 'type_parameter') return undefined;
  if (node.isMissing) return node;
  if (node.isError) return innermostFault(node);
  for (const child of present(node.children)) {
    const found =
      child.hasError || child.isError || child.isMissing ? firstError(child) : undefined;
    if (found) return found;
  }
  return undefined;
}

// Recovery may wrap all statements before the fault, too: those that stand whole are not it.
function innermostFault(error: Node): Node {
  for (const child of present(error.children)) {
    if (child.isMissing || child.isError) return firstError(child) ?? child;
    if (!/(_statement|_definition|^comment|^block|^decorator)$/.test(child.type)) return child;
    if (child.hasError) return firstError(child) ?? child;
  }
  return error;
}

function locate({ node, reason }: Fault, text: string): PythonSyntaxError {
  // An empty block starts where its header ends: on that line.
  const { row, column } = node.startPosition;
  const line = text.split('\n')[row] ?? '';
  const error = { line: row + 1, column: column + 1, near: line.trim().slice(0, 80) };
  return reason === undefined ? error : { ...error, reason };
}
