/** Python modules, read without running them: the names they define, what they import, and their first syntax error. */

import { topLevelNames, type TopLevelNames } from './definitions';
import { decoderOf } from './encoding';
import { importsOf, withoutLazy, type ModuleImport } from './imports';
import { indirectImports, type IndirectImports } from './indirect-imports';
import { present, pythonParser, type Node, type Tree } from './syntax-tree';

/** `imports` are those of statements and of literal calls. */
export interface PythonModule extends TopLevelNames, IndirectImports {
  /** The first error; undefined for a module that Python accepts, and for errors that the grammar does not notice. */
  syntaxError?: PythonSyntaxError;
}

export interface PythonSyntaxError {
  /** From 1. */
  line: number;
  /** From 1, in UTF-16 code units. */
  column: number;
  /** The line as it stands, without its indent, cut at 80 characters. */
  near: string;
  /** What is wrong; undefined if all that is known is that it does not parse. */
  reason?: string;
}

/**
 * Reads a module without running it.
 *
 * A valid module is never refused: what the grammar is not sure about is accepted.
 */
export async function parseModule(source: Buffer | string): Promise<PythonModule> {
  return withModule(source, UNREADABLE, (rootNode, { text, statements }) => {
    const indirect = indirectImports(rootNode, text, statements);
    const imports = [...statements, ...indirect.imports];
    return { ...topLevelNames(rootNode, text), ...indirect, imports };
  });
}

/** The same without what else the module has, which takes twice as long. */
export async function parseModuleImports(
  source: Buffer | string,
): Promise<Pick<PythonModule, 'imports' | 'syntaxError'>> {
  return withModule(source, UNREADABLE, (rootNode, { text, statements }) => ({
    imports: /import_module|__import__|find_spec/.test(text)
      ? [...statements, ...indirectImports(rootNode, text, statements).imports]
      : statements,
  }));
}

async function withModule<T extends object>(
  source: Buffer | string,
  unreadable: T,
  read: (module: Node, source: { text: string; statements: ModuleImport[] }) => T,
): Promise<T & Pick<PythonModule, 'syntaxError'>> {
  const parser = await pythonParser();
  const decoded = decodePython(source);
  // Python reads `\r\n` and `\r` as line ends; the grammar does not know the latter.
  const written = decoded.text.replace(/\r\n?/g, '\n');
  const text = withoutLazy(written);
  const tree = parser.parse(text);
  if (tree === null) return unreadable;
  try {
    const { rootNode } = tree;
    const contents = read(rootNode, { text, statements: importsOf(rootNode, written) });
    if (decoded.fault !== undefined) {
      return { ...contents, syntaxError: { line: 1, column: 1, near: '', reason: decoded.fault } };
    }
    const fault = firstFault(tree);
    return fault ? { ...contents, syntaxError: locate(fault, text) } : contents;
  } finally {
    tree.delete();
  }
}

const UNREADABLE: PythonModule = {
  ...{ names: new Set(), open: true, imports: [], mentions: [] },
  unknowns: [{ line: 1, why: 'it cannot be parsed' }],
};

/** True if `name` can be looked up on the imported module, as far as its text tells. */
export function defines(module: TopLevelNames, name: string): boolean {
  return module.names.has(name) || module.open;
}

// What the grammar accepts, being one for Python 2 and 3 and lenient with indents, and Python 3 may refuse.
const SUSPECTS = ['print_statement', 'exec_statement', 'comparison_operator', 'block'];

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
  // PEP 696 (Python 3.13) gave type parameters defaults, which this grammar does not support yet.
  if (node.type === 'type_parameter') return undefined;
  if (node.isMissing) return node;
  if (node.isError) return innermostFault(node);
  for (const child of present(node.children)) {
    const fault =
      child.hasError || child.isError || child.isMissing ? firstError(child) : undefined;
    if (fault) return fault;
  }
  return undefined;
}

// Recovery may also wrap the statements before the fault: those that are whole are not the fault.
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

// PEP 263: a comment on line 1 or 2; for line 2, line 1 must be blank or a comment.
const DECLARATION = /^[ \t\f]*#.*?coding[:=][ \t]*([-_.a-zA-Z0-9]+)/;
const BLANK = /^[ \t\f]*(?:#.*)?$/;

interface PythonSource {
  text: string;
  /** Why Python refuses the bytes, whatever they say. */
  fault?: string;
}

/** Decodes as PEP 263 says: byte order mark, then declaration. Never throws: bytes that do not decode become Latin-1, with the fault named. */
function decodePython(bytes: Buffer | string): PythonSource {
  if (typeof bytes === 'string') return checked(bytes.replace(/^\uFEFF/, ''));
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const encoding = hasMark ? 'utf-8' : (declaredEncoding(bytes) ?? 'utf-8');
  const decode = decoderOf(encoding);
  // An encoding that only Python knows is not a fault of the file.
  if (decode === undefined) return checked(bytes.toString('latin1'));
  try {
    return checked(decode(bytes));
  } catch {
    return { text: bytes.toString('latin1'), fault: `it is not ${encoding} text` };
  }
}

function declaredEncoding(bytes: Buffer): string | undefined {
  const [first = '', second = ''] = bytes
    .subarray(0, 1024)
    .toString('latin1')
    .split(/\r\n|\r|\n/, 2);
  const declared = DECLARATION.exec(first) ?? (BLANK.test(first) ? DECLARATION.exec(second) : null);
  return declared?.[1];
}

function checked(text: string): PythonSource {
  return text.includes('\0') ? { text, fault: 'it has a null byte' } : { text };
}
