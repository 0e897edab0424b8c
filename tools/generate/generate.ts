/**
 * Writes what is derived in each schema and from it: the options that it shares with others, its TypeScript
 * interface and its options table in the docs. `--check` writes nothing and fails when a file is not current.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { compile, type JSONSchema } from 'json-schema-to-typescript';
import { format, resolveConfig } from 'prettier';
import { ROOT } from '../workspace-root';
import { insertOptions, type OptionsSchema } from './options-table';
import { withShared, type SharedOption } from './shared-options';

const PLUGIN = join(ROOT, 'packages', 'nx-lambda-python');
const SHARED = join(PLUGIN, 'src', 'schemas', 'shared.json');

/** executors.json and generators.json, as far as they name schemas. */
type Entries = Record<string, Record<string, { schema: string }>>;

async function main(): Promise<void> {
  const files = new Map<string, string>();
  const shared = JSON.parse(readFileSync(SHARED, 'utf8')) as Record<string, SharedOption>;
  for (const kind of ['executors', 'generators'] as const) {
    const entries = JSON.parse(readFileSync(join(PLUGIN, `${kind}.json`), 'utf8')) as Entries;
    for (const [name, entry] of Object.entries(entries[kind] ?? {})) {
      const schemaFile = join(PLUGIN, entry.schema);
      const whole = withShared(
        JSON.parse(readFileSync(schemaFile, 'utf8')) as JSONSchema & OptionsSchema,
        shared,
      );
      files.set(schemaFile, await pretty(schemaFile, jsonOf(whole)));
      const schema = asSeen(whole);
      files.set(schemaFile.replace(/json$/, 'd.ts'), await declaration(schema, kind, name));
      const page = join(PLUGIN, 'docs', kind, `${name}.md`);
      files.set(page, await pretty(page, insertOptions(readFileSync(page, 'utf8'), schema)));
    }
  }
  const stale = [...files].filter(
    ([path, text]) => !existsSync(path) || readFileSync(path, 'utf8') !== text,
  );
  if (process.argv.includes('--check')) {
    for (const [path] of stale)
      console.error(`not current: ${relative(ROOT, path)}; run \`npm run generate\``);
    process.exitCode = stale.length > 0 ? 1 : 0;
    return;
  }
  for (const [path, text] of stale) writeFileSync(path, text);
  console.log(`${stale.length} of ${files.size} files written`);
}

/** Small objects in one line, as they are written by hand. */
function jsonOf(schema: object): string {
  return JSON.stringify(schema, null, 2).replaceAll(
    /\{\s+([^{}\n]+(?:\n[^{}\n]+)?)\n\s*\}/g,
    (_, inner: string) => {
      return `{ ${inner.replaceAll(/\n\s*/g, ' ')} }`;
    },
  );
}

/** As executors have the options once `asTyped` has made them text again. */
function asSeen(schema: JSONSchema & OptionsSchema): JSONSchema & OptionsSchema {
  const properties = Object.entries(schema.properties ?? {})
    .filter(([name]) => name !== '__unparsed__')
    .map(([name, option]) => [name, option['x-typed'] ? { ...option, type: 'string' } : option]);
  return { ...schema, properties: Object.fromEntries(properties) };
}

async function declaration(schema: JSONSchema, kind: string, name: string): Promise<string> {
  const word = name.charAt(0).toUpperCase() + name.slice(1);
  const interfaceName = `${word}${kind === 'executors' ? 'Executor' : 'Generator'}Schema`;
  const text = await compile({ ...schema, title: interfaceName }, interfaceName, {
    bannerComment: '/** Generated from schema.json by `npm run generate`. */',
    additionalProperties: false,
    format: false,
    strictIndexSignatures: false,
  });
  return pretty('schema.d.ts', text);
}

async function pretty(path: string, text: string): Promise<string> {
  const options = await resolveConfig(join(ROOT, 'package.json'));
  return format(text, { ...options, filepath: path });
}

void main();
