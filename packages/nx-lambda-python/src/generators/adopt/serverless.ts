/** Functions of a serverless.yml. */

import { posix } from 'node:path';
import { placeOf, tableOf, textOf, type DeclaredFunction } from './declared';
import { parseYaml } from './yaml';

export function readServerless(text: string, path: string): DeclaredFunction[] {
  const { provider, functions } = tableOf(parseYaml(text));
  const usual = tableOf(provider);
  // A list joins several tables, of which those in other files are texts.
  return [functions].flat().flatMap((one) =>
    Object.entries(tableOf(one)).flatMap(([key, value]) => {
      const own = tableOf(value);
      if (own['image'] !== undefined) return [];
      return {
        key,
        handler: literal(own['handler']),
        code: placeOf(posix.dirname(path), literal(own['module']) ?? '.'),
        runtime: literal(own['runtime'] ?? usual['runtime']),
        architecture: literal(own['architecture'] ?? usual['architecture'] ?? 'x86_64'),
        name: literal(own['name']),
        source: path,
      };
    }),
  );
}

/** Undefined for a text with variables. */
function literal(value: unknown): string | undefined {
  const text = textOf(value);
  return text?.includes('${') ? undefined : text;
}
