/** Processes of their own that run the sources. */

import { transformFileSync, type Options } from '@swc/core';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from './temporary.fixtures';

let file: string | undefined;

/** Arguments of node for a script that requires sources by their paths; its own begin at `process.argv[1]`. */
export function nodeArguments(script: string, ...args: string[]): string[] {
  file ??= compileSources();
  const hook = `const sources = require(${JSON.stringify(file)});
    require('node:module')._extensions['.ts'] = (one, path) => one._compile(sources[path], path);`;
  return ['--eval', `${hook}\n${script}`, ...args];
}

/** A file of all sources as JavaScript, by their paths: a process that compiles its own takes seconds for it. */
function compileSources(): string {
  const options: Options = {
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    module: { type: 'commonjs', ignoreDynamic: true },
  };
  const code = readdirSync(__dirname, { recursive: true, encoding: 'utf8' })
    .filter((path) => /(?<!\.(spec|fixtures|d))\.ts$/.test(path))
    .map((path) => join(__dirname, path))
    .map((path) => [path, transformFileSync(path, options).code]);
  const compiled = join(temporaryDirectory(), 'sources.json');
  writeFileSync(compiled, JSON.stringify(Object.fromEntries(code)));
  return compiled;
}
