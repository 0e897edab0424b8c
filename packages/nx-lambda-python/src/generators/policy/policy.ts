/** `nx g nx-lambda-python:policy`: the permissions that a deploy needs, read from the service as a deploy reads it. */

import {
  createProjectGraphAsync,
  joinPathFragments,
  type ProjectGraph,
  type Tree,
} from '@nx/devkit';
import { LambdaPythonError } from '../../errors';
import {
  creationRoles,
  desiredFunctions,
  functionPattern,
  layerName,
} from '../../release/plan/functions';
import { DEFAULT_PREFIX, serviceKeys } from '../../release/upload/package-object';
import { bucketPolicy, deployerPolicy, type PolicyFacts } from '../../release/policy/policy';
import { namesOfFile } from '../../release/plan/given-names';
import { parseModule } from '../../python/module';
import { discoverHandlers } from '../../service/discover';
import { DEFAULT_FUNCTION_NAME } from '../../service/function-name';
import { MARKER_FILE, parseMarker } from '../../service/marker';
import {
  chooseService,
  currentDirectory,
  filesBelow,
  findServices,
  reporting,
  workspacePath,
  type ServiceProject,
} from '../generator';
import { DEFAULT_DEPLOY_TARGET, readChain, type Chain } from '../../targets/chain';
import { normalizeAccount } from '../../targets/options';
import type { Project } from '../../targets/project';
import { codeList } from '../../report/nearest';
import type { PolicyGeneratorSchema } from './schema';

type Targets = Project['targets'];

export default reporting((tree: Tree, options: PolicyGeneratorSchema) =>
  policyGenerator(tree, options),
);

/** @param readGraph of Nx: inferred targets with targetDefaults */
export async function policyGenerator(
  tree: Tree,
  options: PolicyGeneratorSchema,
  readGraph: () => Promise<ProjectGraph> = createProjectGraphAsync,
): Promise<void> {
  const services = await findServices(tree);
  const command = 'nx g nx-lambda-python:policy';
  const service = await chooseService(tree, services, options.project, command);
  const { nodes } = await readGraph();
  const node = Object.values(nodes).find(({ data }) => data.root === service.root);
  const project = { ...service, name: node?.name ?? service.name };
  const facts = await readFacts(tree, project, node?.data.targets ?? {}, options);
  const policy = options.for === 'bucket' ? bucketPolicy(facts) : deployerPolicy(facts);
  const text = JSON.stringify(policy.document, null, 2);
  if (options.output) {
    const path = workspacePath(options.output, currentDirectory(tree));
    checkReplaceable(tree, path);
    tree.write(path, `${text}\n`);
  } else console.log(text);
  for (const note of policy.notes) console.error(`note: ${note}`);
}

/** A policy may be replaced; any other file with the name is the user's. */
function checkReplaceable(tree: Tree, path: string): void {
  if (!tree.exists(path) || isPolicy(tree.read(path, 'utf-8') ?? '')) return;
  throw new LambdaPythonError('OPTION_INVALID', {
    message: `\`${path}\` already exists and is not a policy`,
    hint: 'pass another `--output`, or remove it first',
  });
}

function isPolicy(text: string): boolean {
  try {
    const document: unknown = JSON.parse(text);
    return typeof document === 'object' && document !== null && 'Statement' in document;
  } catch {
    return false;
  }
}

async function readFacts(
  tree: Tree,
  { name: project, root, text }: ServiceProject,
  targets: Targets,
  { account, configuration, deployTarget, invoke }: PolicyGeneratorSchema,
): Promise<PolicyFacts> {
  const chain = readChain({ name: project, root, targets }, configuration, deployTarget);
  const { deploy, upload } = chain;
  refuseUnknownConfiguration(chain, { targets, deployTarget, configuration });
  const bucket = bucketOf(chain, project);
  const marker = parseMarker(text, joinPathFragments(root, MARKER_FILE));
  // From the source: a policy needs no build.
  const handlers = await discoverHandlers(marker, filesBelow(tree, root), (path) =>
    parseModule(tree.read(joinPathFragments(root, path)) ?? ''),
  );
  const naming = {
    template: deploy.functionName ?? DEFAULT_FUNCTION_NAME,
    stage: deploy.stage,
    importPackage: marker.importPackage,
    given: namesOfFile(deploy, (file) => {
      const text = tree.read(file, 'utf-8');
      if (text === null) throw new Error(`${file} does not exist`);
      return text;
    }),
  };
  const functions = desiredFunctions({ project, handlers }, naming);
  const creates = deploy.missing === 'create';
  const own = marker.functions.flatMap(({ key, create }) =>
    create ? [[key, create] as const] : [],
  );
  const creation = { all: marker.create, own: new Map(own), project, naming, path: marker.path };
  return {
    region: regionOf(chain),
    account: normalizeAccount(account ?? deploy.accountId) ?? null,
    functions: functions.map(({ name }) => name),
    pattern: functionPattern(project, naming),
    bucket,
    keys: serviceKeys(upload.prefix ?? DEFAULT_PREFIX, project),
    kmsKeyId: upload.kmsKeyId || null,
    storageMode: deploy.storageMode ?? 'COPY',
    alias: Boolean(deploy.alias),
    layer: chain.build().layer ? layerName(deploy.layerName, project) : null,
    invokes: Boolean(deploy.canaryEvent) || invoke === true,
    records: deploy.records ?? true,
    creates,
    creationRoles: creates ? creationRoles(functions, creation) : [],
  };
}

/** @throws OPTION_INVALID for the simulated account, BUCKET_NOT_SET */
function bucketOf({ deploy, upload, uploadTarget }: Chain, project: string): string {
  if (deploy.simulated ?? upload.simulated) {
    throw new LambdaPythonError('OPTION_INVALID', {
      message: 'this configuration uses the simulated account, which needs no permissions',
      hint: 'pass the configuration that deploys to AWS, such as `--configuration=production`',
    });
  }
  if (upload.bucket) return upload.bucket;
  throw new LambdaPythonError('BUCKET_NOT_SET', {
    message: `the ${uploadTarget} target of \`${project}\` has no \`bucket\` for deployment packages in this configuration`,
    hint: 'set `"bucket"` under targetDefaults["nx-lambda-python:upload"].options in nx.json, or pass the `--configuration` that has one',
  });
}

/** As the SDK finds it, except for profiles, which belong to a machine. */
function regionOf({ deploy, upload }: Chain): string | null {
  const { AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  return deploy.region || upload.region || AWS_REGION || AWS_DEFAULT_REGION || null;
}

/** @throws OPTION_INVALID for a configuration that no target of the chain has */
function refuseUnknownConfiguration(
  { uploadTarget, buildTarget }: Chain,
  {
    targets,
    deployTarget = DEFAULT_DEPLOY_TARGET,
    configuration,
  }: { targets: Targets } & Pick<PolicyGeneratorSchema, 'deployTarget' | 'configuration'>,
): void {
  const names = [deployTarget, uploadTarget, buildTarget];
  const configurations = new Set(
    names.flatMap((name) => Object.keys(targets[name]?.configurations ?? {})),
  );
  if (configuration === undefined || configurations.has(configuration)) return;
  throw new LambdaPythonError('OPTION_INVALID', {
    message: `none of the targets ${codeList(names)} has the configuration \`${configuration}\`; they have ${codeList([...configurations]) || 'none'}`,
    hint: 'correct `--configuration`, or leave it out',
  });
}
