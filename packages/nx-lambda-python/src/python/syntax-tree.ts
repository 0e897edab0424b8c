/** tree-sitter's grammar of Python, compiled to WebAssembly: text in, syntax tree out. */

import type * as TreeSitter from '@vscode/tree-sitter-wasm';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export type { Node, Tree } from '@vscode/tree-sitter-wasm';

/** In a build of this plugin, which carries the three files that Python needs of the package's 22 MB. */
const PACKED = join(__dirname, 'tree-sitter', 'wasm', 'tree-sitter.js');

let loading: Promise<TreeSitter.Parser> | undefined;

/**
 * One parser for all modules: starting it costs more than parsing most of them. It starts late, since most builds find
 * all their modules in the source cache.
 *
 * Each tree occupies about 80 kB of WebAssembly's memory until its `delete`: parse, read and delete without an `await`
 * in between, because a thousand modules may wait for the parser at once.
 */
export function pythonParser(): Promise<TreeSitter.Parser> {
  return (loading ??= load());
}

async function load(): Promise<TreeSitter.Parser> {
  const require = createRequire(__filename);
  // The sources run without a build, in specs and tools: there the package itself is installed.
  const main = existsSync(PACKED) ? PACKED : require.resolve('@vscode/tree-sitter-wasm');
  const { Parser, Language } = require(main) as typeof TreeSitter;
  await Parser.init();
  const parser = new Parser();
  parser.setLanguage(await Language.load(join(dirname(main), 'tree-sitter-python.wasm')));
  return parser;
}

/** Children as tree-sitter lists them; its types allow for holes. */
export function present(nodes: readonly (TreeSitter.Node | null)[]): TreeSitter.Node[] {
  return nodes.filter((node) => node !== null);
}
