/** Every command that a message or page names exists: its target, its executor and each of its options. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXECUTORS } from './targets/options';
import { normalizeOptions, TARGETS } from './graph/options';

const PLUGIN = join(__dirname, '..');

/** Of Nx itself. */
const OWN = /^(reset|show projects|show project|affected|run-many|add|import)\b/;

interface Printed {
  place: string;
  /** `deploy orders -c production` */
  command: string;
}

const printed = [...texts('src', /(?<!\.spec|\.fixtures|\.d)\.ts$/), ...texts('docs', /\.md$/)];

function texts(folder: string, name: RegExp): Printed[] {
  return readdirSync(join(PLUGIN, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => name.test(path))
    .flatMap((path) => {
      const text = readFileSync(join(PLUGIN, folder, path), 'utf8');
      // In backticks, also where they are escaped in a template.
      const found = text.matchAll(/\\?`(?:npx )?nx ([a-z][^`\n]*?)\\?`/g);
      return [...found].map(([, command = '']) => ({ place: `${folder}/${path}`, command }));
    });
}

/** By name: what a service has unless the plugin's options say otherwise. */
function inferred(): Map<string, string> {
  const plans = normalizeOptions(undefined);
  return new Map(
    TARGETS.flatMap((key) => (plans[key] ? [[plans[key].name, EXECUTORS[key]] as const] : [])),
  );
}

interface Entry {
  schema: string;
}
const entries = (file: string, key: string) =>
  (JSON.parse(readFileSync(join(PLUGIN, file), 'utf8')) as Record<string, Record<string, Entry>>)[
    key
  ] ?? {};

function optionsOf(entry: Entry | undefined): Set<string> {
  if (entry === undefined) throw new Error('no such executor or generator');
  const schema = JSON.parse(readFileSync(join(PLUGIN, entry.schema), 'utf8')) as {
    properties: Record<string, unknown>;
  };
  return new Set(Object.keys(schema.properties));
}

/** Those of Nx, and those of the target; `-c` is a word of its own. */
function unknownOptions(command: string, known: ReadonlySet<string>): string[] {
  const words = command.replaceAll(/\$\{[^}]*\}/g, 'x').split(/\s+/);
  const names = words.flatMap((word) => /^--([\w-]+)/.exec(word)?.[1] ?? []);
  const ofNx = ['help', 'configuration', 'excludeTaskDependencies', 'skipNxCache', 'skip-nx-cache'];
  return names.filter((name) => !known.has(name) && !ofNx.includes(name));
}

test('commands of targets and generators exist, with their options', () => {
  const targets = inferred();
  const executors = entries('executors.json', 'executors');
  const generators = entries('generators.json', 'generators');
  const wrong = printed.flatMap(({ place, command }) => {
    const [word = '', subject = ''] = command.split(/\s+/);
    // A target or project that is filled in when it is printed; `nx <target>` tells of Nx itself.
    if (OWN.test(command) || /^(\$|run$)/.test(word)) return [];
    if (word === 'g' || word === 'generate') {
      const generator = generators[subject.replace('nx-lambda-python:', '')];
      if (generator === undefined) return [`${place}: ${command}: no such generator`];
      return unknownOptions(command, optionsOf(generator)).map(
        (one) => `${place}: ${command}: ${one}`,
      );
    }
    const executor = targets.get(word);
    if (executor === undefined) return [`${place}: ${command}: no such target`];
    const options = optionsOf(executors[executor.replace('nx-lambda-python:', '')]);
    return unknownOptions(command, options).map((one) => `${place}: ${command}: --${one}`);
  });
  expect(printed.length).toBeGreaterThan(40);
  expect(wrong).toEqual([]);
});
