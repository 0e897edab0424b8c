/**
 * The use case of locking: resolve what is to be locked for the runtime, by pip where a build would run it or by uv,
 * and write every distribution with its hash. A file written by hand is never overwritten.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { LambdaPythonError } from '../errors';
import { readBuildConstraints, splitBuildConstraints } from '../packaging/inputs/build-constraints';
import { projectPath } from '../packaging/inputs/option-paths';
import type { Protect } from '../packaging/inputs/requirements';
import { collectRequirements, type RequirementsMeaning } from '../packaging/requirements/collect';
import {
  findLinksInArguments,
  findLinksOf,
  resolveFindLinks,
  rewriteRequirements,
} from '../packaging/requirements/parse';
import { lockKind } from '../packaging/requirements/lock';
import {
  conflictingVersions,
  isLockFile,
  keptVersions,
  lockOptions,
  pinChanges,
  readPins,
  renderLock,
  type Pin,
  readReport,
} from '../packaging/requirements/lock-file';
import { lockOrigin, lockSources, type LockOrigin } from '../packaging/requirements/lock-origin';
import { isDeclaration } from '../packaging/requirements/declaration';
import { PYPROJECT } from '../packaging/requirements/project';
import { NOTHING_SELECTED, type Selection } from '../packaging/requirements/selection';
import { chooseRequirements } from '../packaging/requirements/sources';
import { readLocalContent } from '../platform/files/local-files';
import { workspaceFiles } from '../platform/files/workspace-files';
import { writeTextWhole } from '../platform/files/write';
import {
  describeTarget,
  LEFT,
  type Pip,
  type PipSettings,
  type RequiredInput,
  type Target,
} from '../platform/pip/pip';
import { prepareInput } from '../platform/pip/prepare';
import { lockByUv, type KeptLock, type Upgrade } from '../platform/pip/uv';
import { redactedError } from '../platform/process/redact';
import { DiskWheelStore } from '../platform/store/wheel-store';
import { warn } from '../report/error-text';
import type { LockExecutorSchema } from '../schemas/lock';
import { declaredDependencies } from '../service/pyproject';
import { PIPFILE } from '../service/required-files';
import type { BuildOptions } from '../targets/build-target';
import { keyAndPlace, resolutionOf, type Resolution } from './decide';
import { chooseImage, pipIn } from './resolve';
import { readMarker } from './service';

/** Where the kept versions are among the files that pip reads. */
const KEPT_FILE = '.nx-lambda-python/kept-versions.txt';

export interface WrittenLock {
  /** Relative to the workspace. */
  output: string;
  /** False if the lock was current already. */
  isNew: boolean;
  distributions: number;
  /** What changed in an existing lock, a line each. */
  changes: string[];
  warnings: string[];
}

/** @param command that the lock's header names */
export async function lock(
  schema: LockExecutorSchema,
  options: BuildOptions,
  command: string,
): Promise<WrittenLock> {
  const marker = readMarker(options.service);
  const store = new DiskWheelStore();
  const input = resolutionOf(options, marker, store, (protect) =>
    readLockInput(schema, options, marker, protect),
  );
  const { output, origin, previous } = input;
  const pins = await resolvePins(input, schema, store);
  const { options: lines, secret } = lockOptions(readFrom(output, options, input.required.files));
  const target = describeTarget(input.settings.target);
  const text = renderLock({ target, command, origin, options: lines, pins });
  const isNew = text !== previous;
  if (isNew) writeTextWhole(join(options.service.workspaceRoot, output), text);
  return {
    output,
    isNew,
    distributions: pins.length,
    changes: isNew && previous !== undefined ? pinChanges(readPins(previous) ?? [], pins) : [],
    warnings: warningsOf(output, options.required, secret),
  };
}

/** The files as they read in the directory of the lock: paths of `--find-links` start at their own file. */
function readFrom(
  output: string,
  { required: base }: Pick<BuildOptions, 'required'>,
  files: RequiredInput['files'],
): string[] {
  const exists = (path: string) => existsSync(join(base.workspaceRoot, path));
  const directory = posix.dirname(output);
  return [...files].map(([path, text]) =>
    rewriteRequirements(text, (line) => {
      const links = line.kind === 'option' ? findLinksOf(line.text) : undefined;
      if (links === undefined || posix.dirname(path) === directory) return undefined;
      const place = resolveFindLinks(links, path, base, exists);
      return `--find-links ${posix.relative(directory, place) || '.'}`;
    }),
  );
}

function warningsOf(
  output: string,
  { projectRoot, requirements }: BuildOptions['required'],
  secret: readonly string[],
): string[] {
  const taken = requirements ?? [posix.join(projectRoot, 'requirements.txt')];
  return [
    ...secret.map(
      (option) =>
        `\`${option}\` holds credentials and is not in the lock: set PIP_INDEX_URL or PIP_EXTRA_INDEX_URL where the service is built`,
    ),
    ...(taken.includes(output)
      ? []
      : [`the build does not read ${output}: list it in "requirements" of the build target`]),
  ];
}

interface LockInput {
  required: RequiredInput;
  meaning: RequirementsMeaning;
  /** As the lock's header has it. */
  origin: LockOrigin;
  /** Of the lock, relative to the workspace. */
  output: string;
  /** Text of the existing lock. */
  previous: string | undefined;
}

type Options = Pick<BuildOptions, 'service' | 'required'>;

/** @throws OPTION_INVALID, REQUIREMENTS_MISSING and the codes of `collectRequirements` */
export function readLockInput(
  schema: LockExecutorSchema,
  { service, required: options }: Options,
  target: Target,
  protect: Protect,
): LockInput {
  const { workspaceRoot, projectRoot, constraints } = options;
  const base = { projectRoot, workspaceRoot };
  const { read, exists } = workspaceFiles(workspaceRoot);
  const inProject = (option: 'input' | 'output', path: string) => projectPath(option, path, base);
  const output = inProject('output', schema.output ?? 'requirements.txt');
  const sources = schema.input ?? defaultInput(projectRoot, output, read);
  const place = { ...base, target };
  const selection = lockedSelection(schema, options, sources);

  for (const source of sources) inProject('input', source);
  const origin = lockOrigin({ sources, ...selection }, output, place, read, exists);
  const found = lockSources(origin, place, read);
  const { requirements } = found;
  const { files, meaning, local } = collectRequirements(
    { requirements, constraints, projectRoot, workspaceRoot },
    (path) => {
      const text = found.read(path);
      return text === undefined ? undefined : protect(text, path);
    },
    exists,
  );
  const [library] = [...local.trees, ...local.archives];
  if (library !== undefined) throw libraryRequired(library, projectRoot);
  if (files.has(output)) throw ownInput(output);
  const previous = read(output);
  if (previous === undefined) checkReplaced(output, service.project, options);
  if (previous !== undefined && !isLockFile(previous)) throw handWritten(output);
  const findLinks = [...local.findLinks, ...findLinksInArguments(options.pipArgs, base, exists)];
  const linked = { trees: [], archives: [], findLinks: [...new Set(findLinks)] };
  const required: RequiredInput = {
    step: 'required',
    files,
    requirements,
    constraints,
    pipArguments: splitBuildConstraints(options.pipArgs).others,
    buildConstraints: readBuildConstraints({ ...base, pipArgs: options.pipArgs }, [], found.read),
    localFiles: readLocalContent(workspaceRoot, linked, requirements.join(', ')).files,
    base,
    isLocked: false,
  };
  return { required, meaning, origin, output, previous };
}

function defaultInput(
  projectRoot: string,
  output: string,
  read: (path: string) => string | undefined,
): string[] {
  if (read(posix.join(projectRoot, 'requirements.in')) !== undefined) return ['requirements.in'];
  const text = read(posix.join(projectRoot, PYPROJECT)) ?? '';
  if (declaredDependencies(text) !== undefined) return [PYPROJECT];
  if (read(posix.join(projectRoot, PIPFILE)) !== undefined) return [PIPFILE];
  const written = read(output);
  throw new LambdaPythonError('REQUIREMENTS_MISSING', {
    message: `nothing to lock: \`${projectRoot}\` has no requirements.in and no Pipfile, and its pyproject.toml has no [project] dependencies`,
    hint:
      written !== undefined && !isLockFile(written)
        ? `make the file written by hand the input: \`git mv ${output} ${posix.join(projectRoot, 'requirements.in')}\`, then \`nx lock <service>\``
        : 'list what the handlers import in requirements.in, or name another file: "input" on the lock target',
  });
}

/** Those of the build target, unless the lock has its own: the build then finds what it asks for. */
function lockedSelection(
  schema: LockExecutorSchema,
  build: Selection,
  sources: readonly string[],
): Selection {
  const { extras = build.extras, groups = build.groups } = schema;
  if (sources.some(isDeclaration)) return { extras, groups };
  const [kind] = (['extras', 'groups'] as const).filter((one) => (schema[one] ?? []).length > 0);
  if (kind === undefined) return NOTHING_SELECTED;
  throw new LambdaPythonError('OPTION_INVALID', {
    message: `\`${kind}\` are those of pyproject.toml or a Pipfile, but the input is ${sources.join(', ')}`,
    hint: `set "input": ["pyproject.toml"] on the lock target, or remove \`${kind}\``,
  });
}

/** It has no published file, so no hash. */
function libraryRequired(path: string, projectRoot: string): LambdaPythonError {
  return new LambdaPythonError('REQUIREMENTS_INVALID', {
    message: `\`${path}\` is a library of this workspace, which cannot be locked: it has no published file`,
    hint: `remove it from the input, and require it beside the lock: write a file with \`-r requirements.txt\` and \`${posix.relative(projectRoot, path)}\`, and list that in "requirements" of the build target`,
  });
}

function ownInput(output: string): LambdaPythonError {
  return new LambdaPythonError('OPTION_INVALID', {
    message: `refusing to overwrite \`${output}\`: it is the input of its own lock`,
    hint: `rename it to requirements.in and run \`nx lock <service>\`, or set another "output" on the lock target and list it in "requirements" of the build target`,
  });
}

/** The first requirements.txt beside another lock would silently replace it. */
function checkReplaced(output: string, project: string, options: BuildOptions['required']): void {
  const { taken, areDefault } = chooseRequirements(options, workspaceFiles(options.workspaceRoot));
  const [lock = ''] = taken;
  const kind = lockKind(lock);
  const isDefault = output === posix.join(options.projectRoot, 'requirements.txt');
  if (!areDefault || kind === undefined || !isDefault) return;
  const update = {
    uv: 'uv lock',
    poetry: 'poetry lock',
    pipenv: 'pipenv lock',
    pylock: 'the tool that wrote it',
  }[kind];
  throw new LambdaPythonError('OPTION_INVALID', {
    message: `\`${lock}\` pins what \`${project}\` requires; \`${output}\` would replace it, with different versions`,
    hint: `update that lock with \`${update}\`; to switch to requirements.txt, delete \`${lock}\` or set "requirements": ["requirements.txt"] on the build target, then run \`nx lock <service>\``,
  });
}

function handWritten(output: string): LambdaPythonError {
  return new LambdaPythonError('OPTION_INVALID', {
    message: `refusing to overwrite \`${output}\`: it was not generated by \`nx lock\``,
    hint: `move its lines to the input and delete it, then run \`nx lock <service>\`, or set another "output" on the lock target and list it in "requirements" of the build target`,
  });
}

/** @throws LOCK_FAILED, and the codes of what runs pip */
async function resolvePins(
  input: LockInput & Resolution,
  schema: LockExecutorSchema,
  store: DiskWheelStore,
): Promise<Pin[]> {
  const { meaning, settings, redact, exec, previous } = input;
  // pip refuses an empty list.
  if (meaning.requirements.length === 0) return [];
  warn(settings.configuration.unheeded);
  const upgrade: Upgrade = { all: schema.upgrade ?? false, packages: schema.upgradePackage ?? [] };
  const target = describeTarget(settings.target);
  try {
    if (schema.tool === 'uv') {
      console.log(`resolving ${target} by uv`);
      return await pinsByUv(input, { previous, upgrade }, store);
    }
    const lines: string[] = [];
    const { onLine } = settings;
    const told = { ...settings, onLine: (line: string) => void (lines.push(line), onLine(line)) };
    const { place } = keyAndPlace(input, await chooseImage(input, store));
    const pip = pipIn(place, { settings: told, exec });
    const kept =
      previous === undefined || upgrade.all
        ? new Map<string, string>()
        : keptVersions(previous, meaning.requirements, upgrade.packages);
    console.log(`resolving ${target} ${pip.where}`);
    return await pinsByPip(input.required, kept, { pip, settings: told, lines, store });
  } catch (error) {
    throw redactedError(error, redact);
  }
}

async function pinsByUv(
  { required, settings, exec }: Resolution,
  kept: KeptLock,
  store: DiskWheelStore,
): Promise<Pin[]> {
  const text = await store.withDirectory((directory) =>
    lockByUv(directory, required, settings, kept, exec),
  );
  const pins = readPins(text);
  if (pins) return pins;
  throw new LambdaPythonError('REQUIREMENTS_INVALID', {
    message: 'uv resolved something that has no hash: a repository or a directory',
    hint: 'require its release archive, which has a hash: `name @ https://…/archive/<commit>.tar.gz`',
  });
}

interface Reporting {
  pip: Pip;
  settings: PipSettings;
  /** What pip has printed so far. */
  lines: string[];
  store: DiskWheelStore;
}

/** Versions of the existing lock stay as constraints; those that pip cannot keep are given up. */
async function pinsByPip(
  required: RequiredInput,
  kept: ReadonlyMap<string, string>,
  reporting: Reporting,
): Promise<Pin[]> {
  const { pip, settings, lines, store } = reporting;
  lines.length = 0;
  try {
    return await store.withDirectory(async (directory) => {
      const input = await prepareInput(directory, withKept(required, kept), settings, pip);
      await pip.make('report', directory, input);
      return readReport(readFileSync(join(directory, LEFT.report), 'utf8'));
    });
  } catch (error) {
    const output = lines.join('\n');
    if (/no such option: --report/.test(output)) throw pipTooOld(error);
    if (kept.size === 0 || !isUnresolved(error)) throw error;
    const named = conflictingVersions(output, kept);
    const dropped = named.length > 0 ? named : [...kept.keys()];
    console.log(
      named.length > 0
        ? `no longer possible, so it may change: ${named.join(', ')}`
        : 'not possible with the versions of the existing lock: all may change',
    );
    const fewer = new Map([...kept].filter(([name]) => !dropped.includes(name)));
    return pinsByPip(required, fewer, reporting);
  }
}

function withKept(required: RequiredInput, kept: ReadonlyMap<string, string>): RequiredInput {
  if (kept.size === 0) return required;
  const text = [...kept].map(([name, version]) => `${name}==${version}\n`).join('');
  return {
    ...required,
    files: new Map([...required.files, [KEPT_FILE, text]]),
    constraints: [...required.constraints, KEPT_FILE],
  };
}

function isUnresolved(error: unknown): boolean {
  return (
    error instanceof LambdaPythonError &&
    (error.code === 'PIP_FAILED' || error.code === 'WHEEL_UNAVAILABLE')
  );
}

function pipTooOld(cause: unknown): LambdaPythonError {
  return new LambdaPythonError('LOCK_FAILED', {
    message: 'pip is older than 22.2 and cannot report what it would install',
    hint: 'name an image with a newer pip: "image": "<name>" on the build target, or lock with uv: `--tool=uv`',
    cause,
  });
}
