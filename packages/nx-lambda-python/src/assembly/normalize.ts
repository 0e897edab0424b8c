/** The build target's options with every path made relative to the workspace and every default set. */

import type { ExecutorContext } from '@nx/devkit';
import { LambdaPythonError } from '../errors';
import { outputDirectory, projectPath } from '../packaging/inputs/option-paths';
import { checkPipArguments } from '../packaging/inputs/pip-arguments';
import { withoutCredentials } from '../packaging/requirements/parse';
import type { Mount } from '../platform/engines/container';
import { userInfosIn } from '../platform/process/redact';
import { parseEnvironment, parseVolumes, type ContainerVariables } from './container-options';
import type { BuildExecutorSchema } from '../schemas/build';

export interface BuildOptions {
  project: string;
  workspaceRoot: string;
  /** What is built is read here: the workspace, or another commit of it. */
  sourceRoot: string;
  /** Relative to the workspace, with forward slashes, as are all further paths. */
  projectRoot: string;
  /** Directory of the package. */
  outputPath: string;
  requirements: string[];
  /** False where they are the default, for which a lock may stand in. */
  areRequirementsGiven: boolean;
  constraints: string[];
  dependencies: NonNullable<BuildExecutorSchema['dependencies']>;
  engine: NonNullable<BuildExecutorSchema['engine']>;
  image: string | undefined;
  network: string | undefined;
  mount: NonNullable<BuildExecutorSchema['mount']>;
  volumes: Mount[];
  environment: ContainerVariables;
  ssh: NonNullable<BuildExecutorSchema['ssh']>;
  containerArgs: string[];
  pipArgs: string[];
  excludeDistributions: string[];
  collisions: Record<string, string>;
  bytecode: boolean;
  bytecodeBudgetMb: number;
  layer: boolean;
  ref: string | undefined;
  scripts: boolean;
  imports: NonNullable<BuildExecutorSchema['imports']>;
}

export function normalizeOptions(
  schema: Partial<BuildExecutorSchema>,
  context: ExecutorContext,
): BuildOptions {
  const project = context.projectName ?? '';
  const projectRoot = context.projectsConfigurations.projects[project]?.root;
  if (projectRoot === undefined) {
    throw new LambdaPythonError('PROJECT_NOT_FOUND', {
      message: `there is no project \`${project}\` in this workspace`,
      hint: 'run `nx show projects` for their names',
    });
  }
  checkInstall(schema);
  checkArguments(schema);
  const base = { projectRoot, workspaceRoot: context.root };
  const paths = (option: 'requirements' | 'constraints', given: readonly string[]) =>
    given.map((path) => projectPath(option, path, base));
  return {
    project,
    workspaceRoot: context.root,
    sourceRoot: context.root,
    projectRoot,
    outputPath: outputDirectory(schema.outputPath, base),
    requirements: paths('requirements', schema.requirements ?? ['requirements.txt']),
    areRequirementsGiven: schema.requirements !== undefined,
    constraints: paths('constraints', schema.constraints ?? []),
    dependencies: schema.dependencies ?? 'wheels',
    engine: schema.engine ?? 'auto',
    image: schema.image,
    network: schema.network,
    mount: schema.mount ?? 'auto',
    volumes: parseVolumes(schema.volumes ?? [], context.root),
    environment: parseEnvironment(schema.environment ?? []),
    ssh: schema.ssh ?? 'auto',
    containerArgs: schema.containerArgs ?? [],
    pipArgs: schema.pipArgs ?? [],
    excludeDistributions: schema.excludeDistributions ?? [],
    collisions: schema.collisions ?? {},
    scripts: schema.scripts ?? false,
    bytecode: schema.bytecode ?? false,
    bytecodeBudgetMb: schema.bytecodeBudgetMb ?? 50,
    layer: schema.layer ?? false,
    ref: schema.ref,
    imports: schema.imports ?? 'warn',
  };
}

/** Values that say the same as leaving the option out. */
const NEUTRAL: Readonly<Record<string, string>> = {
  excludeDistributions: '[]',
  collisions: '{}',
  layer: 'false',
  scripts: 'false',
};

/** Whoever set these means them: doing without in silence would give another package than they expect. */
function checkInstall({ dependencies, ...schema }: Partial<BuildExecutorSchema>): void {
  if (dependencies !== 'install') return;
  if (schema.engine === 'host') {
    throw new LambdaPythonError('OPTION_INVALID', {
      message:
        '`"dependencies": "install"` needs a container, `"engine": "host"` has none: pip installs for the system it runs on',
      hint: 'set "engine": "auto" and start docker or podman, or set "dependencies": "wheels"',
    });
  }
  const unused = [
    ...((schema.excludeDistributions ?? []).length > 0 ? ['excludeDistributions'] : []),
    ...(Object.keys(schema.collisions ?? {}).length > 0 ? ['collisions'] : []),
    ...(schema.layer ? ['layer'] : []),
    ...(schema.scripts ? ['scripts'] : []),
  ];
  const [first] = unused;
  if (first === undefined) return;
  const names = unused.map((name) => `\`${name}\``).join(' and ');
  throw new LambdaPythonError('OPTION_INVALID', {
    message: `${names} cannot be set together with \`"dependencies": "install"\`: pip has put all distributions into one tree already, with their scripts`,
    hint: `remove ${names} from the build target (\`"${first}": ${NEUTRAL[first]}\` overrides a workspace default), or set "dependencies": "wheels"`,
  });
}

/** Every user of this machine can read a process's arguments. */
function checkArguments(schema: Partial<BuildExecutorSchema>): void {
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
