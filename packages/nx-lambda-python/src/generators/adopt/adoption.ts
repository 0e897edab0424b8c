/** A service around existing code: its marker, with the reason for each line, and what could not be told for sure. */

import { joinPathFragments, type Tree } from '@nx/devkit';
import { posix } from 'node:path';
import { codeList } from '../../report/nearest';
import type { Handler } from '../../service/discover';
import { MARKER_FILE } from '../../service/marker';
import {
  DEFAULT_RUNTIME,
  findRuntime,
  type Architecture,
  type Runtime,
} from '../../service/runtimes';
import { runtimeNamed } from '../generator';
import { checkMarker, type Existing } from './existing';
import { isWithin, readInfrastructure, type LocatedFunction } from './infrastructure';
import { furtherRoots, type FurtherRoot } from './further-roots';
import { findLayout, type AdoptedLayout } from './layout';
import { appendMarker, renderMarker, type MarkerFacts, type Reasons } from './marker-text';
import { pythonPath, type ImportRoot } from './python-path';
import { findRequirements, type Requirements } from './requirements';
import { unsureOf } from './unsure';

export interface Adoption {
  layout: AdoptedLayout;
  handlers: Handler[];
  requirements: Requirements;
  /** Text of the pyproject.toml with the marker. */
  text: string;
  /** What to check, one line each. */
  unsure: string[];
}

/** What the user gave; the rest is read. */
export interface Given {
  runtime?: Runtime | undefined;
  architecture?: Architecture | undefined;
  importPackage?: string | undefined;
}

/**
 * Reads; nothing is written.
 *
 * @returns undefined if no handler is found
 * @throws OPTION_INVALID if what is found does not give a valid marker
 */
export async function planAdoption(
  tree: Tree,
  root: string,
  existing: Existing,
  given: Given,
): Promise<Adoption | undefined> {
  const { functions, unsure } = readInfrastructure(tree, root, existing);
  const roots = pythonPath(tree, root, existing);
  const codes = codeDirectories(functions, root);
  const layout = findLayout(existing.modules, {
    importPackage: given.importPackage,
    declared: functions,
    importRoots: roots.map(({ directory }) => directory),
    codeRoot: codes.size === 1 ? [...codes][0] : undefined,
  });
  if (layout === undefined) return undefined;
  const requirements = findRequirements(tree, root, existing.files, [...codes, layout.root]);
  const runtime = chosen(functions, 'runtime', given.runtime?.name);
  const architecture = chosen(functions, 'architecture', given.architecture);
  const further = furtherRoots(tree, root, existing, layout, roots);
  const facts: MarkerFacts = {
    ...layout,
    ...withRoots(layout, further),
    runtime: findRuntime(runtime.value ?? '') ?? runtimeNamed(DEFAULT_RUNTIME),
    architecture: architecture.value === 'arm64' ? 'arm64' : 'x86_64',
    requirements: namedRequirements(requirements),
  };
  const reasons = reasonsFor(facts, { runtime, architecture, functions, roots, further });
  const all = {
    ...existing,
    files: [...new Set([existing, ...further].flatMap(({ files }) => files))],
  };
  const before = tree.read(joinPathFragments(root, MARKER_FILE), 'utf-8') ?? '';
  const whole = (marker: MarkerFacts) => appendMarker(before, renderMarker(marker, reasons));
  const found = await checkMarker(tree, root, whole(facts), all);
  const named = { ...facts, functions: withNames(layout.functions, found, functions) };
  const handlers = await checkMarker(tree, root, whole(named), all);
  return {
    layout,
    handlers,
    requirements,
    text: whole(named),
    unsure: [
      ...unsure,
      ...(runtime.value === undefined
        ? [`nothing says which runtime the functions have: \`runtime\` is ${DEFAULT_RUNTIME}`]
        : []),
      ...[...runtime.others, ...architecture.others],
      ...unsureOf({
        root,
        existing,
        layout,
        handlers,
        functions,
        importRoots: roots.filter(
          (one) => !further.some(({ directory }) => directory === one.directory),
        ),
        requirements,
      }),
    ],
  };
}

/** Everything of a further root is packaged, unless `include` says what of the first. */
function withRoots(
  { root, include }: AdoptedLayout,
  further: readonly FurtherRoot[],
): Pick<MarkerFacts, 'roots' | 'include'> {
  if (further.length === 0) return {};
  const tops = further.flatMap((one) => one.tops);
  return {
    roots: [root || '.', ...further.map(({ directory }) => directory)],
    include: include && (include.includes('*') ? include : [...new Set([...include, ...tops])]),
  };
}

/** Directories that are the top of a package of their own today, relative to the service. */
function codeDirectories(functions: readonly LocatedFunction[], root: string): Set<string> {
  return new Set(
    functions.flatMap(({ code }) =>
      code !== undefined && isWithin(code, root) ? [posix.relative(root, code)] : [],
    ),
  );
}

interface Choice {
  value: string | undefined;
  reason: string | undefined;
  /** A line for functions that have another value. */
  others: string[];
}

/** What was given, or what most functions have. */
function chosen(
  functions: readonly LocatedFunction[],
  key: 'runtime' | 'architecture',
  given: string | undefined,
): Choice {
  const byValue = new Map<string, LocatedFunction[]>();
  for (const one of functions) {
    const value = one[key];
    if (value !== undefined) byValue.set(value, [...(byValue.get(value) ?? []), one]);
  }
  const [most] = [...byValue].sort(([, a], [, b]) => b.length - a.length);
  const value = given ?? most?.[0];
  const source = byValue.get(value ?? '')?.[0]?.source;
  const others = [...byValue].filter(([other]) => other !== value);
  const names = (all: readonly LocatedFunction[]) =>
    codeList(all.slice(0, 3).map((one) => one.key));
  return {
    value,
    reason: source === undefined ? given && 'as given' : `as in ${posix.basename(source)}`,
    others: others.map(
      ([other, all]) =>
        `${names(all)} of \`${all[0]?.source}\` ${all.length > 1 ? 'have' : 'has'} ${key} ${other}, not ${value}: one package is for one of them, so change it there, or make a second service whose \`root\` is this directory`,
    ),
  };
}

function reasonsFor(
  facts: MarkerFacts,
  known: {
    runtime: Choice;
    architecture: Choice;
    functions: readonly LocatedFunction[];
    roots: readonly ImportRoot[];
    further: readonly FurtherRoot[];
  },
): Reasons {
  const [first] = known.functions;
  const source = first && posix.basename(first.source);
  const onPath = known.roots.find(({ directory }) => directory === facts.root);
  return {
    package: 'holds the handlers',
    runtime: known.runtime.reason ?? 'not found: check it',
    architecture: known.architecture.reason ?? "Lambda's default",
    root: source
      ? `the code of the functions in ${source}`
      : onPath
        ? `on PYTHONPATH in ${onPath.source}`
        : 'imports are found from here',
    roots: `found by ${[...new Set(known.further.map((one) => one.source))].join(', ')}`,
    handlers: source ? `modules that ${source} names` : 'modules that define a handler',
    'handler-name': 'what they define',
    include: facts.include?.includes('*')
      ? 'all of it, as it is packaged today'
      : 'what the handlers import',
    requirements:
      facts.requirements?.length === 0 ? 'none were found' : 'builds look in the service only',
    functions: 'handlers by another name or in another place, and names of functions',
  };
}

function namedRequirements({ kind, files }: Requirements): string[] | undefined {
  return kind === 'elsewhere' || kind === 'none' ? files : undefined;
}

/** With the names that infrastructure gives to functions in plain text. */
function withNames(
  entries: AdoptedLayout['functions'],
  handlers: readonly Handler[],
  functions: readonly LocatedFunction[],
): AdoptedLayout['functions'] {
  const nameOf = ({ file, handler }: Handler) =>
    functions.find((one) => one.file === file && handler.endsWith(`.${one.attribute}`))?.name;
  const added = handlers.flatMap((handler) => {
    const name = nameOf(handler);
    const isListed = entries.some(({ key }) => key === handler.name);
    return name === undefined || isListed ? [] : [{ key: handler.name, name }];
  });
  const listed = entries.map((entry) => {
    const handler = handlers.find((one) => one.name === entry.key);
    const name = handler && nameOf(handler);
    return name === undefined ? entry : { ...entry, name };
  });
  return [...listed, ...added];
}
