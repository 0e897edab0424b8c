/** YAML by the parser that Nx itself brings: a copy of our own would be in every workspace twice. */

import { createRequire } from 'node:module';

interface Tag {
  tag: string;
  resolve: (text: string) => unknown;
}

interface Yaml {
  parse: (
    text: string,
    options: { logLevel: 'error'; merge: boolean; customTags: Tag[] },
  ) => unknown;
}

/** CloudFormation's short forms, as their long ones; all other tags are read as if they were not written. */
const TAGS: Tag[] = [
  { tag: '!Ref', resolve: (name) => ({ Ref: name }) },
  { tag: '!Sub', resolve: (text) => ({ 'Fn::Sub': text }) },
];

/** @throws with the line, for a text that is not YAML */
export function parseYaml(text: string): unknown {
  // The devkit finds the Nx of the workspace, wherever the package manager puts it.
  const nx = createRequire(require.resolve('@nx/devkit')).resolve('nx/package.json');
  const { parse } = createRequire(nx)('yaml') as Yaml;
  return parse(text, { logLevel: 'error', merge: true, customTags: TAGS });
}
