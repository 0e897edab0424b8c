/** The options table of one docs page, made from its schema. */

export interface OptionsSchema {
  properties?: Record<string, OptionSchema>;
  required?: string[] | boolean;
}

export interface OptionSchema {
  type?: string | string[];
  enum?: unknown[];
  items?: { type?: string };
  oneOf?: OptionSchema[];
  default?: unknown;
  description?: string;
  /** Text, which Nx may have made a number. */
  'x-typed'?: 'text';
}

const START = '<!-- options: generated from schema.json by `npm run generate` -->';
const END = '<!-- /options -->';

/** Replaces what stands between the two marks; a page without them has no place for the table. */
export function insertOptions(page: string, schema: OptionsSchema): string {
  const start = page.indexOf(START);
  const end = page.indexOf(END);
  if (start < 0 || end < start) throw new Error(`the page lacks the marks ${START} and ${END}`);
  return `${page.slice(0, start)}${START}\n\n${renderOptions(schema)}\n\n${page.slice(end)}`;
}

export function renderOptions(schema: OptionsSchema): string {
  const required = Array.isArray(schema.required) ? schema.required : [];
  const rows = Object.entries(schema.properties ?? {}).map(([name, option]) => {
    const value = required.includes(name) ? 'required' : renderDefault(option.default);
    return `| \`${name}\` | ${renderType(option)} | ${value} | ${escape(option.description ?? '')} |`;
  });
  return ['| Option | Type | Default | What it does |', '| --- | --- | --- | --- |', ...rows].join(
    '\n',
  );
}

function renderType(option: OptionSchema): string {
  if (option.enum) return option.enum.map((value) => `\`${String(value)}\``).join(' ');
  if (option.oneOf) return option.oneOf.map(renderType).join(' or ');
  if (option.type === 'array') return `list of ${option.items?.type ?? 'any'}`;
  return [option.type].flat().join(' or ');
}

function renderDefault(value: unknown): string {
  return value === undefined ? '' : `\`${escape(JSON.stringify(value))}\``;
}

function escape(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
