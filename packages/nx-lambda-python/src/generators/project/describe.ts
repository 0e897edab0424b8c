/** What the project generator says of a directory that had something in it: what stayed, what was made of it, what is next. */

import type { AdoptedLayout } from './adopt';
import type { Handler } from '../../service/discover';
import { codeList } from '../../report/nearest';
import { entryName } from '../../service/files';
import { requirementsOf, type Existing } from './existing';
import type { ServicePlan } from './normalize';

/** How many names one line shows. */
const SHOWN = 8;

export interface Adoption {
  plan: ServicePlan;
  name: string;
  existing: Existing;
  layout: AdoptedLayout | undefined;
  handlers: readonly Handler[];
}

/** Nothing for a new directory. */
export function describeAdoption({
  plan: { root, tags },
  name,
  existing,
  layout,
  handlers,
}: Adoption): string[] {
  const { files } = existing;
  if (files.length === 0) return [];
  const tops = [...new Set(files.map(topOf))].filter((top) => top !== 'pyproject.toml').sort();
  const hasProject = files.includes('project.json') || files.includes('package.json');
  return [
    ...(tops.length > 0 ? [`kept as it is in ${root}: ${some(tops)}`] : []),
    ...(files.includes('pyproject.toml')
      ? ['pyproject.toml: the marker was added at its end, the rest is as it was']
      : []),
    ...(layout
      ? adopted(layout, handlers, existing)
      : ['there was no handler: a first one was added']),
    ...requirements(existing, name, hasProject),
    ...(hasProject && tags.length > 0
      ? [`the tags ${tags.join(', ')} were not written: add them to the project's own file`]
      : []),
  ];
}

function adopted(
  { root, include, importPackage }: AdoptedLayout,
  handlers: readonly Handler[],
  { modules }: Existing,
): string[] {
  const names = handlers.map(({ name, handler }) => `${name} (${handler})`);
  const packed = include?.map((pattern) => pattern.replaceAll('/', '')) ?? [
    importPackage?.split('.')[0],
  ];
  const left = [...modules.keys()].flatMap((file) => {
    const path = entryName({ root }, file);
    if (path === undefined) return [topOf(file)];
    return packed.includes(topOf(path).replace(/\/$/, '')) ? [] : [topOf(path)];
  });
  return [
    `${handlers.length} ${handlers.length === 1 ? 'handler' : 'handlers'}: ${some(names)}`,
    ...(left.length > 0
      ? [
          `not in the package, since no handler imports it: ${some([...new Set(left)].sort())}; add it to \`include\` if it is needed`,
        ]
      : []),
  ];
}

function requirements(existing: Existing, name: string, hasProject: boolean): string[] {
  const { kind, files } = requirementsOf(existing);
  switch (kind) {
    case 'default':
      return [`its dependencies are those of ${codeList(files)}`];
    case 'input':
      return [
        `its dependencies stand in ${codeList(files)}: lock them next, \`npx nx lock ${name}\``,
      ];
    case 'elsewhere':
      return files.length === 1 && !hasProject
        ? [`its dependencies are those of ${codeList(files)}, as project.json says`]
        : [
            `name its requirements on the build target, "requirements": [...], of ${codeList(files)}`,
          ];
    case 'none':
      return ['no requirements were found: an empty requirements.txt is new'];
  }
}

/** `orders/` for what lies in a directory. */
function topOf(path: string): string {
  const [top = '', ...below] = path.split('/');
  return below.length > 0 ? `${top}/` : top;
}

function some(names: readonly string[]): string {
  const rest = names.length - SHOWN;
  return names.slice(0, SHOWN).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
