/** Options that several schemas have are written once, in `src/schemas/shared.json`; Nx reads no `$ref` to another file. */

import type { OptionSchema, OptionsSchema } from './options-table';

/** `"x-shared": "region"` in a schema takes over the fragment of that name; other keys of the option stay. */
export interface SharedOption extends OptionSchema {
  /** The first target of the chain that has the option; those after it read it from there. */
  'x-set-on'?: 'upload' | 'deploy';
  /** The default of that first target: words, or a number for `default`. */
  'x-unset'?: string | number;
}

type Written = OptionSchema & { 'x-shared'?: string };

/** The schema as Nx reads it, with every fragment that it names written out. */
export function withShared<T extends OptionsSchema>(
  schema: T,
  shared: Readonly<Record<string, SharedOption>>,
): T {
  const properties = Object.entries<Written>(schema.properties ?? {}).map(([name, option]) => {
    const key = option['x-shared'];
    if (key === undefined) return [name, option];
    const fragment = shared[key];
    if (fragment === undefined) throw new Error(`shared.json has no fragment \`${key}\``);
    return [name, { ...option, ...expanded(fragment, schema.properties ?? {}) }];
  });
  return { ...schema, properties: Object.fromEntries(properties) };
}

/** With the default of the option in this schema: that of another target, or its own. */
function expanded(
  { 'x-set-on': setOn, 'x-unset': unset, ...option }: SharedOption,
  properties: Record<string, unknown>,
): OptionSchema {
  if (setOn === undefined) return option;
  const chain = 'deployTarget' in properties ? ['deploy', 'upload'] : [];
  const above = 'uploadTarget' in properties ? ['upload'] : chain;
  const sources = above.filter((target) => setOn === 'upload' || target === 'deploy');
  if (sources.length === 0 && typeof unset === 'number') return { ...option, default: unset };
  const inherited = `what the ${sources.join(' or ')} target has in the same configuration`;
  return {
    ...option,
    description: `${option.description} Default: ${sources.length > 0 ? inherited : unset}.`,
  };
}
