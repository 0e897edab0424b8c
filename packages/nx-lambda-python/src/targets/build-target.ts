/** The options of a build target, read once: every default set, every path checked, grouped by what they decide. */

import type { ExecutorContext } from '@nx/devkit';
import { existsSync } from 'node:fs';
import { isAbsolute, join, posix, win32 } from 'node:path';
import { LambdaPythonError } from '../errors';
import { fileExclusions } from '../packaging/file-exclusions';
import type { DecidingContent } from '../packaging/inputs/decision';
import { outputDirectory } from '../packaging/inputs/option-paths';
import { checkPipArguments } from '../packaging/inputs/pip-settings';
import { requirementOptions, type RequirementOptions } from '../packaging/inputs/requirements';
import { inWorkspace } from '../packaging/requirements/parse';
import { withoutCredentials } from '../packaging/requirements/parse';
import type { Mount } from '../platform/engines/container';
import { ROOT } from '../platform/engines/run';
import type { ContainerPlace, ContainerVariables } from '../platform/pip/in-container';
import { userInfosIn } from '../platform/process/redact';
import type { BuildExecutorSchema } from '../schemas/build';
import { targetOptions } from './chain';

type Given = Partial<BuildExecutorSchema>;
type Choice<Name extends keyof BuildExecutorSchema> = NonNullable<BuildExecutorSchema[Name]>;

export interface BuildOptions {
  service: ServicePlace;
  /** Commit or tag to build, in the place of the working copy. */
  ref: string | undefined;
  required: RequirementOptions;
  container: ContainerOptions;
  content: ContentOptions;
  output: OutputOptions;
}

/** Where a service is, and where its files are read. */
export interface ServicePlace {
  project: string;
  /** Absolute. */
  workspaceRoot: string;
  /** Absolute: the workspace, or another commit of it. */
  sourceRoot: string;
  /** Relative to the workspace, with forward slashes, as are all further paths. */
  projectRoot: string;
}

/** Where and how pip runs. */
export interface ContainerOptions extends Omit<ContainerPlace, 'image' | 'pipCache'> {
  engine: Choice<'engine'>;
  image: string | undefined;
}

/** How dependencies get into the package, and which of them. */
export interface ContentOptions extends DecidingContent {
  dependencies: Choice<'dependencies'>;
}

interface OutputOptions {
  /** Directory of the package. */
  path: string;
  imports: Choice<'imports'>;
}

/**
 * @param own options that win over the target's
 * @throws OPTION_INVALID, PROJECT_NOT_FOUND
 */
export function buildOptionsOf(
  context: ExecutorContext,
  target = 'build',
  own: Given = {},
): BuildOptions {
  const given = targetOptions<BuildExecutorSchema>(context, target, 'buildTarget');
  return normalizeOptions({ ...given, ...own }, context);
}

/** @throws OPTION_INVALID, PROJECT_NOT_FOUND */
export function normalizeOptions(schema: Given, context: ExecutorContext): BuildOptions {
  const project = context.projectName ?? '';
  const projectRoot = context.projectsConfigurations.projects[project]?.root;
  if (projectRoot === undefined) {
    throw new LambdaPythonError('PROJECT_NOT_FOUND', {
      message: `the workspace has no project \`${project}\``,
      hint: 'run `nx show projects` for their names',
    });
  }
  checkInstall(schema);
  checkArguments(schema);
  const workspaceRoot = context.root;
  return {
    service: { project, workspaceRoot, sourceRoot: workspaceRoot, projectRoot },
    ref: schema.ref,
    required: requirementOptions(projectRoot, workspaceRoot, schema),
    container: {
      engine: schema.engine ?? 'auto',
      image: schema.image,
      network: schema.network,
      mount: schema.mount ?? 'auto',
      volumes: parseVolumes(schema.volumes ?? [], workspaceRoot),
      environment: parseEnvironment(schema.environment ?? []),
      ssh: schema.ssh ?? 'auto',
      extraArguments: schema.containerArgs ?? [],
    },
    content: {
      dependencies: schema.dependencies ?? 'wheels',
      excludeDistributions: schema.excludeDistributions ?? [],
      excludeFiles: fileExclusions(schema.excludeFiles ?? []).patterns,
      acceptIncompleteRecords: schema.acceptIncompleteRecords ?? [],
      collisions: schema.collisions ?? {},
      scripts: schema.scripts ?? false,
      layer: schema.layer ?? false,
      bytecodeMb: schema.bytecode ? (schema.bytecodeBudgetMb ?? 50) : null,
      bytecodeImported: schema.bytecode === 'imported',
    },
    output: {
      path: outputDirectory(schema.outputPath, { projectRoot, workspaceRoot }),
      imports: schema.imports ?? 'warn',
    },
  };
}

/** Values that say the same as leaving the option out. */
const NEUTRAL = {
  excludeDistributions: '[]',
  acceptIncompleteRecords: '[]',
  collisions: '{}',
  layer: 'false',
  scripts: 'false',
};

/** Ignoring an option that was set would give another package than its author expects. */
function checkInstall({ dependencies, ...schema }: Given): void {
  if (dependencies !== 'install') return;
  if (schema.engine === 'host') {
    throw new LambdaPythonError('OPTION_INVALID', {
      message:
        '`"dependencies": "install"` needs a container, since pip installs for the system it runs on, but `engine` is "host"',
      hint: 'set "engine": "auto" and start docker or podman, or set "dependencies": "wheels"',
    });
  }
  const unused = (Object.keys(NEUTRAL) as (keyof typeof NEUTRAL)[]).filter(
    (option) => schema[option] && JSON.stringify(schema[option]) !== NEUTRAL[option],
  );
  const [first] = unused;
  if (first === undefined) return;
  const names = unused.map((name) => `\`${name}\``).join(' and ');
  throw new LambdaPythonError('OPTION_INVALID', {
    message: `${names} cannot be combined with \`"dependencies": "install"\`: pip puts all distributions into one tree, with their scripts`,
    hint: `remove ${names} from the build target (\`"${first}": ${NEUTRAL[first]}\` overrides a workspace default), or set "dependencies": "wheels"`,
  });
}

/** Every user of this machine can read a process's arguments. */
function checkArguments(schema: Given): void {
  checkPipArguments(schema.pipArgs ?? []);
  for (const option of ['pipArgs', 'containerArgs', 'environment'] as const) {
    const found = schema[option]?.find((argument) => userInfosIn(argument).length > 0);
    if (found === undefined) continue;
    throw new LambdaPythonError('OPTION_INVALID', {
      message: `\`${option}\` holds a URL with credentials: \`${withoutCredentials(found)}\``,
      hint:
        option === 'pipArgs'
          ? 'take them out: set PIP_INDEX_URL or PIP_EXTRA_INDEX_URL, or write the URL into a requirements file with `${NAME}`'
          : 'take them out: export the variable and pass its name, "environment": ["NAME"]',
    });
  }
}

/** What the build itself sets, and could not work without. */
const RESERVED = ['HOME', 'PATH', 'PIP_CACHE_DIR', 'PYTHONPATH'];

/**
 * `source:target[:ro]`: a source with a slash or a leading dot is a path, relative to the workspace unless it is
 * absolute; a bare name is a volume that the engine keeps.
 *
 * @throws OPTION_INVALID
 */
function parseVolumes(volumes: readonly string[], workspaceRoot: string): Mount[] {
  return volumes.map((volume) => {
    // The target begins with a slash, so that a drive's colon is part of the source.
    const [, source = '', target = '', mode] =
      /^(.+?):(\/[^:]+?)\/?(?::(ro|rw))?$/.exec(volume) ?? [];
    if (target === '') {
      throw invalid(
        `\`${volume}\` in \`volumes\` is not \`source:target\` with an absolute target`,
        'write it as "./certificates:/certificates:ro"',
      );
    }
    if (target === ROOT || target.startsWith(`${ROOT}/`) || posix.normalize(target) !== target) {
      throw invalid(
        `\`${volume}\` in \`volumes\` has the target \`${target}\`; the build itself uses \`${ROOT}\`, and \`..\` is not allowed`,
        'choose another target',
      );
    }
    return { ...sourceOf(source, volume, workspaceRoot), target, readOnly: mode === 'ro' };
  });
}

function sourceOf(
  source: string,
  volume: string,
  workspaceRoot: string,
): Pick<Mount, 'source' | 'isVolume'> {
  // May be the engine's own path, so that it need not exist here.
  if (isAbsolute(source) || win32.isAbsolute(source)) return { source };
  if (!/^\.|[\\/]/.test(source)) return { source, isVolume: true };
  if (inWorkspace(source, { projectRoot: '.', workspaceRoot }) === undefined) {
    throw invalid(
      `\`${volume}\` in \`volumes\`: \`${source}\` is outside of the workspace`,
      `move it into the workspace, or, if every machine has it at the same place, write an absolute path: "${join(workspaceRoot, source)}:…"`,
    );
  }
  const path = join(workspaceRoot, source);
  if (existsSync(path)) return { source: path };
  throw invalid(
    `\`${volume}\` in \`volumes\`: \`${source}\` does not exist in the workspace`,
    'correct the path, which is relative to the workspace, or make it absolute',
  );
}

/** @throws OPTION_INVALID */
function parseEnvironment(entries: readonly string[]): ContainerVariables {
  const literal: Record<string, string> = {};
  const inherited: string[] = [];
  for (const entry of entries) {
    const [, name = '', assigned, value = ''] = /^([A-Za-z_]\w*)(=(.*))?$/s.exec(entry) ?? [];
    if (name === '') {
      // A value may be secret: only what stands before the first `=` is shown.
      throw invalid(
        `\`${entry.split('=')[0] ?? ''}\` in \`environment\` is not the name of a variable`,
        'write "NAME" for this machine\'s value, or "NAME=value"',
      );
    }
    if (RESERVED.includes(name)) {
      throw invalid(
        `\`${name}\` in \`environment\` is set by the build itself`,
        'remove it; to change what it does, set `image` to one with other tools, or pass further arguments to pip with `pipArgs`',
      );
    }
    if (assigned === undefined) inherited.push(name);
    else literal[name] = value;
  }
  return { literal, inherited };
}

function invalid(message: string, hint: string): LambdaPythonError {
  return new LambdaPythonError('OPTION_INVALID', { message, hint });
}
