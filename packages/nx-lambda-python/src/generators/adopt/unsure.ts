/** What an adoption cannot tell for sure: each line says what, why, and what to check. */

import { joinPathFragments } from '@nx/devkit';
import { posix } from 'node:path';
import { codeList } from '../../report/nearest';
import type { Handler } from '../../service/discover';
import { selectFiles } from '../../service/files';
import { entryName } from '../../service/roots';
import type { Existing } from './existing';
import { isWithin, type LocatedFunction } from './infrastructure';
import { findHandlers, topsImported, type AdoptedLayout } from './layout';
import type { ImportRoot } from './python-path';
import type { Requirements } from './requirements';

export interface Adopted {
  root: string;
  existing: Existing;
  layout: AdoptedLayout;
  handlers: readonly Handler[];
  functions: readonly LocatedFunction[];
  importRoots: readonly ImportRoot[];
  requirements: Requirements;
}

export function unsureOf(one: Adopted): string[] {
  const { root, existing, layout, handlers, functions, importRoots, requirements } = one;
  return [
    ...undeclared(existing, functions),
    ...otherRoots(layout, importRoots),
    ...siblingImports(existing, layout, handlers),
    ...changedHandlers(functions, handlers, layout),
    ...leftOut(existing, layout),
    ...unsureRequirements(root, requirements, existing),
  ];
}

function undeclared({ modules }: Existing, functions: readonly LocatedFunction[]): string[] {
  const [first] = functions;
  if (first === undefined) return [];
  const files = functions.map(({ file }) => file);
  const others = findHandlers(modules).filter(({ file }) => !files.includes(file));
  if (others.length === 0) return [];
  return [
    `${some(others.map(({ file, name }) => `\`${name}\` of \`${file}\``))} ${others.length > 1 ? 'look like handlers' : 'looks like a handler'}, but \`${first.source}\` does not name ${others.length > 1 ? 'them' : 'it'}: add what is one to \`handlers\``,
  ];
}

function otherRoots({ root }: AdoptedLayout, roots: readonly ImportRoot[]): string[] {
  const others = roots.filter(
    ({ directory }) => directory !== root && !isWithin(root || '.', directory),
  );
  return others.map(({ directory, source }) => {
    const isOutside = directory.startsWith('..');
    const overlaps = isOutside ? /^[./]+$/.test(directory) : isWithin(directory, root || '.');
    const found = `\`${directory}\` is on PYTHONPATH in \`${source}\``;
    return overlaps
      ? `${found}, but roots cannot be inside each other, and the top of the package is \`${root || '.'}\`: check that no handler imports a module from \`${directory}\` by its bare name`
      : `${found}, and no module imports anything from it: if it is needed, list it in \`roots\``;
  });
}

/** Where every function has its own directory on top, a module beside the handler is imported by its bare name. */
function siblingImports(
  { modules }: Existing,
  { root }: AdoptedLayout,
  handlers: readonly Handler[],
): string[] {
  const has = (path: string) => modules.has(`${path}.py`) || modules.has(`${path}/__init__.py`);
  return handlers.flatMap(({ file }) => {
    const directory = posix.dirname(file);
    if (directory === (root || '.')) return [];
    const name = topsImported(modules.get(file)?.text ?? '').find(
      (top) => has(posix.join(directory, top)) && !has(posix.join(root, top)),
    );
    if (name === undefined) return [];
    const module = (entryName({ root }, directory) ?? directory).replaceAll('/', '.');
    return [
      `\`${file}\` imports \`${name}\` from its own directory, which is not the top of the package: write \`from ${module} import ${name}\``,
    ];
  });
}

/** Lambda's handler setting has to change with the first deploy. */
function changedHandlers(
  functions: readonly LocatedFunction[],
  handlers: readonly Handler[],
  { root }: AdoptedLayout,
): string[] {
  const changed = functions.flatMap(({ file, attribute, handler, source }) => {
    const now = handlers.find((one) => one.file === file && one.handler.endsWith(`.${attribute}`));
    const isSame = now === undefined || now.handler === handler.replaceAll('/', '.');
    return isSame ? [] : [{ was: handler, now: now.handler, source }];
  });
  const [first] = changed;
  if (first === undefined) return [];
  const count = changed.length > 1 ? `${changed.length} functions have` : 'a function has';
  return [
    `${count} another handler in this package, whose top is \`${root || '.'}\`: write \`${first.now}\` for \`${first.was}\` in \`${first.source}\` before you deploy`,
  ];
}

/** What lies beside the packaged directories. */
function leftOut(
  { files }: Existing,
  { root, importPackage, include = [`/${importPackage?.split('.')[0]}/`] }: AdoptedLayout,
): string[] {
  const all = selectFiles({ root, include: ['*'], exclude: [] }, files);
  const packed = new Set(selectFiles({ root, include, exclude: [] }, files));
  const tops = all.flatMap((file) => {
    const [top = '', ...below] = (entryName({ root }, file) ?? file).split('/');
    const isCode = below.length > 0 ? top !== 'requirements' : top.endsWith('.py');
    return packed.has(file) || !isCode ? [] : [below.length > 0 ? `${top}/` : top];
  });
  const left = [...new Set(tops)].filter((top) => !include.includes(`/${top}`)).sort();
  if (left.length === 0) return [];
  const [be, them] = left.length > 1 ? ['are', 'them'] : ['is', 'it'];
  return [
    `${some(left.map((top) => `\`${top}\``))} ${be} not in the package, as no handler imports ${them}: add what handlers read to \`include\``,
  ];
}

function unsureRequirements(
  root: string,
  { kind, files }: Requirements,
  existing: Existing,
): string[] {
  const conda = existing.files.find((file) => /^environment\.ya?ml$/.test(file));
  if (kind === 'none') {
    const why = conda
      ? `packages of conda are not read from \`${conda}\``
      : 'no requirements were found';
    return [
      `${why}: list the distributions that the handlers import in \`${joinPathFragments(root, 'requirements.txt')}\`, and remove \`requirements = []\``,
    ];
  }
  return kind === 'elsewhere' && files.length > 1
    ? [
        `all of ${codeList(files)} are installed together: remove what the handlers do not need from \`requirements\``,
      ]
    : [];
}

/** How many names one line shows. */
const SHOWN = 8;

export function some(names: readonly string[]): string {
  const rest = names.length - SHOWN;
  return names.slice(0, SHOWN).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
