/** `nx explain <service> --handler=<name>`: what the handler reaches, by module and distribution, and through which imports. */

import { join } from 'node:path';
import { LambdaPythonError } from '../errors';
import type { PartFacts } from '../packaging/dependency-part';
import { isPython, type OwnModules } from '../packaging/own-modules';
import { chainTo, reachOf, type Place, type Reach } from '../packaging/reach';
import { normalizeName } from '../packaging/wheel/names';
import { openSourceCache } from '../platform/store/records';
import { moduleName } from '../python/names';
import { isStandard } from '../python/stdlib';
import { codeList, nearest } from '../report/nearest';
import { counted, displayWidth, padEnd } from '../report/text';
import type { Handler } from '../service/discover';
import type { Runtime } from '../service/runtimes';
import type { BuildOptions } from '../targets/build-target';
import { lookUpLocally } from './explain';
import { readImports, readService, withReach } from './service';

export interface HandlerReach {
  project: string;
  handler: Pick<Handler, 'name' | 'file' | 'handler'>;
  /** As `handlers[].reach` of the manifest; null while the dependencies are unknown. */
  digest: string | null;
  reaches: {
    /** Lines whose imports the text does not tell. If there are any, the handler reaches all modules and distributions. */
    everything: (Place & { why: string })[];
    /** Sorted by file. */
    modules: ReachedModule[];
    /** Those that it imports, sorted by name; what they import in turn is not followed. */
    distributions: { name: string; version: string; modules: string[]; from: Place }[];
    /** Names that are of no distribution of the package: the runtime's, a layer's, or not resolved yet. */
    others: { name: string; from: Place }[];
  };
  /** Modules of the service. */
  modules: number;
  /** With the option `why`: the places that lead to that name, in their order; null if none does. */
  why?: { name: string; chain: Place[] | null };
}

interface ReachedModule {
  name: string;
  /** In the package. */
  file: string;
  /** The root that it comes from, as the marker has it; absent for the service's own. */
  root?: string;
  from: Place | null;
}

/** @throws HANDLER_NOT_FOUND, OPTION_INVALID */
export async function explainReach(
  options: BuildOptions,
  name: string,
  why: string | undefined,
): Promise<HandlerReach> {
  const { workspaceRoot, projectRoot, project } = options.service;
  const { marker, store, found } = await lookUpLocally(options);
  using sources = openSourceCache(store.root, join(workspaceRoot, projectRoot));
  const { files, handlers } = await readService(options.service, marker, sources.cache);
  const handler = handlers.find((one) => one.name === name);
  if (!handler) throw unknownHandler(project, name, handlers);
  const one = { marker, files, handlers: [handler] };
  const imports = await readImports(one, sources.cache);
  const { own, graph, starts } = imports;
  const [start = handler.file] = starts;
  const reach = reachOf(start, graph, own);
  const { cached } = found;
  // One without distributions is not kept.
  using empty = cached?.engine === 'none' ? await cached.openPart() : undefined;
  const part = empty?.facts ?? (cached && store.readPart(cached.part));
  const { layer, bytecodeMb } = options.content;
  // Bytecode is added when the package is built.
  const dependencies = layer ? null : bytecodeMb === null ? part?.sha256 : undefined;
  const [built] = dependencies === undefined ? [] : withReach(one, imports, dependencies);
  const fileOf = new Map(files.map(({ path, file }) => [path, file]));
  const rootOf: RootOf = (path) =>
    marker.roots.find((root) => fileOf.get(path)?.startsWith(`${root}/`));
  const reaches = describe(reach, part, own, marker.runtime, rootOf);
  return {
    project,
    handler: { name, file: start, handler: handler.handler },
    digest: built?.reach ?? null,
    reaches,
    modules: files.filter(({ path }) => isPython(path)).length,
    ...(why !== undefined && { why: { name: why, chain: findChain(why, reach, reaches, own) } }),
  };
}

/** Of a path in the package; undefined for the service's own root. */
type RootOf = (path: string) => string | undefined;

function describe(
  { files, names, everything }: Reach,
  part: PartFacts | undefined,
  own: OwnModules,
  runtime: Runtime,
  rootOf: RootOf,
): HandlerReach['reaches'] {
  const distributions = new Map<string, { modules: string[]; from: Place }>();
  const others: HandlerReach['reaches']['others'] = [];
  for (const [name, from] of names) {
    const module = part?.modules.find((one) => one.name === name);
    for (const distribution of module?.distributions ?? []) {
      const { modules } = distributions.get(distribution) ?? { modules: [] };
      distributions.set(distribution, { from, modules: [...modules, name] });
    }
    if (!module && !own.isModule(name) && !isStandard(name, runtime)) others.push({ name, from });
  }
  const [first] = everything;
  return {
    everything,
    modules: [...files]
      .map(([file, from]) => {
        const root = rootOf(file);
        return { name: moduleName(file), file, ...(root !== undefined && { root }), from };
      })
      .sort((a, b) => (a.file < b.file ? -1 : 1)),
    distributions: (part?.distributions ?? []).flatMap(({ name, version }) => {
      const found = distributions.get(name) ?? (first && { modules: [], from: first });
      const from = found && { file: found.from.file, line: found.from.line };
      return found && from ? [{ name, version, modules: found.modules, from }] : [];
    }),
    others,
  };
}

/** @throws OPTION_INVALID for a name that the package does not have */
function findChain(
  why: string,
  reach: Reach,
  { distributions, others }: HandlerReach['reaches'],
  own: OwnModules,
): Place[] | null {
  const distribution = distributions.find(({ name }) => normalizeName(name) === normalizeName(why));
  const from = (distribution ?? others.find(({ name }) => name === why))?.from;
  if (from) return [...chainTo(from.file, reach), from];
  const [file] = own.filesOf(why.replaceAll('.', '/'));
  if (file !== undefined) return reach.files.has(file) ? chainTo(file, reach) : null;
  const known = own.all.map(({ path }) => moduleName(path));
  const similar = nearest(why, [...known, ...distributions.map(({ name }) => name)]);
  throw new LambdaPythonError('OPTION_INVALID', {
    message: `\`why\` names \`${why}\`, which is neither a module of the service nor a distribution that the handler reaches`,
    hint: `${similar.length > 0 ? `did you mean ${codeList(similar)}? ` : ''}without \`--why\`, the command lists all that it reaches`,
  });
}

function unknownHandler(
  project: string,
  name: string,
  handlers: readonly Handler[],
): LambdaPythonError {
  const names = handlers.map((handler) => handler.name);
  const similar = nearest(name, names);
  const list = codeList(similar.length > 0 ? similar : names.slice(0, 10));
  return new LambdaPythonError('HANDLER_NOT_FOUND', {
    message: `\`${project}\` has no handler \`${name}\``,
    hint: `${similar.length > 0 ? 'did you mean' : 'it has'} ${list}${similar.length > 0 ? '?' : ''} run \`nx explain ${project} --handler=${similar[0] ?? names[0] ?? ''}\``,
  });
}

export function renderReach(reached: HandlerReach): string {
  const { project, handler, digest, reaches, modules, why } = reached;
  const { name } = handler;
  if (why) return renderChain(name, handler.handler, why);
  const { everything, distributions, others } = reaches;
  const rows = (list: readonly Pick<ReachedModule, 'name' | 'from' | 'root'>[]): string[] => {
    const width = Math.max(...list.map((one) => displayWidth(one.name)), 0);
    return list.map(
      (one) =>
        `  ${padEnd(one.name, width)}  ${one.from ? placed(one.from) : 'imported by Lambda'}${one.root === undefined ? '' : ` (in ${one.root})`}`,
    );
  };
  const versions = distributions.map((one) => ({ ...one, name: `${one.name} ${one.version}` }));
  return [
    `${name} of ${project} reaches ${reaches.modules.length} of ${counted(modules, 'module')}, and all files that are not Python`,
    ...(digest === null ? [] : [`digest: ${digest}`]),
    ...everything.map((one) => `${placed(one)} may import anything: ${one.why}`),
    ...['modules:', ...rows(reaches.modules)],
    ...(versions.length > 0 ? ['distributions:', ...rows(versions)] : []),
    ...(others.length > 0 ? ['not in the package, or not resolved yet:', ...rows(others)] : []),
  ].join('\n');
}

function renderChain(
  handler: string,
  start: string,
  { name, chain }: NonNullable<HandlerReach['why']>,
): string {
  if (chain === null) return `${handler} does not reach ${name}`;
  const steps = chain.map((place, index) => {
    const next = chain[index + 1];
    return `  ${placed(place)} → ${next ? moduleName(next.file) : name}`;
  });
  return [`${handler} reaches ${name}:`, `  ${start}`, ...steps].join('\n');
}

function placed({ file, line }: Place): string {
  return `${file}:${line}`;
}
