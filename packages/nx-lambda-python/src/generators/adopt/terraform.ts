/** Functions of a Terraform file: resources, and modules that have a handler. */

import { posix } from 'node:path';
import { bracketed, placeOf, type DeclaredFunction } from './declared';

interface Block {
  kind: string;
  type: string;
  name: string;
  body: string;
}

export function readTerraform(text: string, path: string): DeclaredFunction[] {
  const blocks = readBlocks(withoutComments(text));
  const directory = posix.dirname(path);
  const value = (body: string, name: string) => valueOf(expressionOf(body, name), blocks);
  const place = (body: string, name: string): string | undefined => {
    const expression = expressionOf(body, name);
    // `path.cwd` is where Terraform runs.
    const written = expression?.replace(/\$\{path\.(module|root)\}/g, '.');
    const given = valueOf(written, blocks);
    return given === undefined ? undefined : placeOf(directory, given);
  };
  const archived = (body: string): string | undefined => {
    const [, name] = /\barchive_file\.([\w-]+)/.exec(expressionOf(body, 'filename') ?? '') ?? [];
    const archive = blocks.find((one) => one.type === 'archive_file' && one.name === name);
    if (archive === undefined) return undefined;
    const file = place(archive.body, 'source_file');
    return file === undefined ? place(archive.body, 'source_dir') : posix.dirname(file);
  };
  return blocks.flatMap(({ kind, type, name, body }) => {
    const isFunction = kind === 'resource' && type === 'aws_lambda_function';
    const hasHandler = expressionOf(body, 'handler') !== undefined;
    if (!hasHandler || !(isFunction || kind === 'module')) return [];
    const [, architecture] = /["'](\w+)["']/.exec(expressionOf(body, 'architectures') ?? '') ?? [];
    return {
      key: name,
      handler: value(body, 'handler'),
      code: archived(body) ?? place(body, 'source_path'),
      runtime: value(body, 'runtime'),
      architecture: architecture ?? 'x86_64',
      name: value(body, 'function_name'),
      source: path,
    };
  });
}

/** Comments become spaces; texts stay. */
function withoutComments(text: string): string {
  return text.replace(/"(?:\\.|[^"\\\n])*"|#[^\n]*|\/\/[^\n]*|\/\*[^]*?\*\//g, (found) =>
    found.startsWith('"') ? found : ' ',
  );
}

function readBlocks(text: string): Block[] {
  const header = /^\s*(resource|module|data|variable)\s+"([\w-]+)"(?:\s+"([\w-]+)")?\s*\{/gm;
  return [...text.matchAll(header)].map((match) => {
    const [all, kind = '', type = '', name = type] = match;
    return { kind, type, name, body: bracketed(text, match.index + all.length - 1) };
  });
}

/** What an argument is set to, as it is written on its first line. */
function expressionOf(body: string, name: string): string | undefined {
  return new RegExp(`^\\s*${name}\\s*=\\s*(.+?)\\s*$`, 'm').exec(body)?.[1];
}

/** A text without references, or the default of the variable that is named. */
function valueOf(expression: string | undefined, blocks: readonly Block[]): string | undefined {
  const [, text] = /^"((?:\\.|[^"\\])*)"$/.exec(expression ?? '') ?? [];
  if (text !== undefined) return text.includes('${') ? undefined : text;
  const [, name] = /^var\.([\w-]+)$/.exec(expression ?? '') ?? [];
  const variable = blocks.find((one) => one.kind === 'variable' && one.name === name);
  return variable && valueOf(expressionOf(variable.body, 'default'), []);
}
