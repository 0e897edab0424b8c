/** `nx verify`: what would fail in Lambda, found in the bytes that are to be deployed. */

import type { ExecutorContext } from '@nx/devkit';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { usePackage } from '../../assembly/present';
import { readMeaning } from '../../assembly/requirements';
import { readMarker } from '../../assembly/service';
import { LambdaPythonError } from '../../errors';
import type { BuildManifest } from '../../packaging/manifest';
import { hexDigest } from '../../packaging/requirements/canonical-json';
import type { SourceCache } from '../../packaging/source-cache';
import { readContent } from '../../packaging/zip/verify';
import { readPackage } from '../../platform/files/built-package';
import { openFile } from '../../platform/files/files';
import { attempt } from '../../platform/process/attempt';
import { writeTextWhole } from '../../platform/files/write';
import { storeDirectory } from '../../platform/store/layout';
import { openSourceCache } from '../../platform/store/records';
import { parseModule } from '../../python/module';
import { warn } from '../../report/error-text';
import { renderJson } from '../../report/text';
import { readEnvironmentFile } from '../../running/environment-file';
import { runnableService, type RunnableService } from '../../running/service-runner';
import type { VerifyExecutorSchema } from '../../schemas/verify';
import { MARKER_FILE } from '../../service/marker';
import { declaredName } from '../../service/pyproject';
import { findRuntime, type Runtime } from '../../service/runtimes';
import { buildOptionsOf } from '../../targets/build-target';
import { DEFAULT_BUILD_TARGET } from '../../targets/chain';
import { EXECUTORS } from '../../targets/options';
import { commandsOf, currentProject } from '../../targets/project';
import { readContents, type PackageContents, type PackagedFile } from '../contents';
import { auditBinaries } from '../elf/audit';
import { systemOf } from '../elf/system';
import { idleAccepts, judge, LEVELS, type Finding, type Level } from '../finding';
import { handlerReaches } from '../handler-reach';
import { importFindings } from './import-findings';
import { importHandlers } from './import-run';
import { limitFindings } from './limits';
import { metadataFindings, type OwnModule } from './metadata';
import { makeReport, renderReport, summaryOf, type VerifyReport } from './report';
import { importTimes, type ImportTimes } from './times';

const [REPORT_FILE, TIMES_FILE] = ['verify-report.json', 'verify-times.json'];

/** @throws FINDINGS_FOUND, and the codes of `usePackage`, `readPackage`, `runnableService` and `importHandlers` */
export async function verify(
  options: VerifyExecutorSchema,
  context: ExecutorContext,
): Promise<void> {
  const { format = 'table', maxPackageMb, failOn = 'error', accept = [], buildTarget } = options;
  const service = options.imports === false ? undefined : await runnableService(context, options);
  const { manifest, output } = service ?? (await usePackage(context, buildTarget));
  const { package: zip, layer } = manifest;
  // What is verified is what the manifest describes.
  for (const described of layer ? [zip, layer] : [zip]) await readPackage(output, described);
  using zipFile = openFile(join(output.directory, zip.file));
  using layerFile = layer && openFile(join(output.directory, layer.file));
  const contents = readContents(manifest, zipFile, layerFile);
  const { files } = contents;
  const imported = service && (await verifyImports(service, files, options, context.root));
  const wheels = new Map(manifest.distributions.map(({ name, wheel }) => [name, wheel]));
  const audit = auditBinaries(files, {
    system: systemOf(runtimeOf(manifest), manifest.architecture),
    image: imported?.libraries,
    wheelOf: (distribution) => wheels.get(distribution) ?? null,
  });
  const fill = commandsOf(context);
  const findings = [
    ...audit.findings,
    ...(await namedFindings(contents, manifest, context, buildTarget)),
    ...(imported?.findings ?? []),
    ...limitFindings(files, maxPackageMb),
  ].map((finding): Finding => ({ ...finding, hint: fill(finding.hint) }));
  const report = makeReport(manifest, contents, audit.files, judge(findings, accept));
  writeTextWhole(join(output.directory, REPORT_FILE), renderJson(report));
  const times = imported?.times;
  const timesFile = join(output.directory, TIMES_FILE);
  if (times) writeTextWhole(timesFile, renderJson(times));
  else rmSync(timesFile, { force: true });
  console.log(renderReport(report, times, format).trimEnd());
  warn(idleAccepts(findings, accept));
  if (LEVELS.slice(0, LEVELS.indexOf(failOn) + 1).some((level) => report.counts[level] > 0)) {
    throw foundErrors(report, failOn);
  }
}

interface VerifiedImports {
  findings: Finding[];
  times?: ImportTimes;
  /** Of the build image. */
  libraries?: ReadonlySet<string>;
}

async function verifyImports(
  service: RunnableService,
  files: readonly PackagedFile[],
  { maxInitMs, importTimeoutSeconds: timeout = 30, envFile }: VerifyExecutorSchema,
  workspaceRoot: string,
): Promise<VerifiedImports> {
  const { place, manifest, tree } = service;
  const misfit = place.kind === 'host' ? otherMachine(manifest) : undefined;
  if (misfit) return { findings: [misfit] };
  const environment = envFile === undefined ? {} : readEnvironmentFile(workspaceRoot, envFile);
  const run = await importHandlers(service, { timeout, environment });
  const isHere = place.kind === 'host';
  const name = isHere
    ? `${place.python} on this machine`
    : `${place.image.engine}, ${place.image.name}`;
  const { task, opt = '/opt' } = isHere ? tree : { task: '/var/task' };
  const roots = [task, `${opt}/python`] as const;
  return {
    findings: importFindings(manifest.handlers, run.handlers, files, { timeout, maxInitMs, roots }),
    times: importTimes(manifest.handlers, run.handlers, files, name),
    ...(place.kind === 'container' && { libraries: new Set(run.libraries) }),
  };
}

/** Compiled files of a package load on Linux of its architecture alone. */
function otherMachine({ architecture }: BuildManifest): Finding | undefined {
  const own = { x64: 'x86_64', arm64: 'arm64' }[process.arch as string];
  if (process.platform === 'linux' && own === architecture) return undefined;
  return {
    ...{ level: 'note', kind: 'not-imported' },
    message: `no handler was imported: this machine is ${process.platform} on ${own ?? process.arch}, the package is for Linux on ${architecture}`,
    hint: 'start docker or podman and run with --engine=auto, or verify it on such a machine',
  };
}

/** @throws RUNTIME_UNKNOWN */
function runtimeOf({ runtime }: BuildManifest): Runtime {
  const found = findRuntime(runtime);
  if (found) return found;
  throw new LambdaPythonError('RUNTIME_UNKNOWN', {
    message: `the package is for \`${runtime}\`, which this version of the plugin does not know`,
    hint: 'build it again with this version: `nx build <service>`',
  });
}

async function namedFindings(
  contents: PackageContents,
  manifest: BuildManifest,
  context: ExecutorContext,
  buildTarget: string = DEFAULT_BUILD_TARGET,
): Promise<Finding[]> {
  const { name, root, targets } = currentProject(context);
  using sources = openSourceCache(storeDirectory(), join(context.root, root));
  const own = await ownModules(contents, sources.cache);
  const handlers = await handlerReaches(contents, manifest, sources.cache);
  const pyproject = attempt(() => readFileSync(join(context.root, root, MARKER_FILE), 'utf8'));
  // What another executor's package requires is unknown.
  const isOurs =
    targets[buildTarget]?.executor === EXECUTORS.build && manifest.commit === undefined;
  return metadataFindings({
    ...{ contents, own, handlers },
    requirements: isOurs ? requirementsOf(context, buildTarget) : undefined,
    serviceNames: [name, declaredName(pyproject ?? '')].filter((one) => one !== undefined),
  });
}

function requirementsOf(context: ExecutorContext, buildTarget: string): string[] {
  const options = buildOptionsOf(context, buildTarget);
  return readMeaning(options, readMarker(options.service)).requirements;
}

async function ownModules(
  { files }: Pick<PackageContents, 'files'>,
  cache: SourceCache,
): Promise<OwnModule[]> {
  const python = files.filter(({ isOwn, path }) => isOwn && path.endsWith('.py'));
  return Promise.all(
    python.map(async ({ path, archive, entry }) => {
      const content = readContent(archive, entry);
      const { imports } = await cache.parse(hexDigest(content), () => parseModule(content));
      return { path, text: content.toString('utf8'), imports };
    }),
  );
}

function foundErrors(report: VerifyReport, failOn: Level): LambdaPythonError {
  const counted = report.findings.filter(
    ({ level, accepted }) => !accepted && LEVELS.indexOf(level) <= LEVELS.indexOf(failOn),
  );
  const kinds = [...new Set(counted.map(({ kind }) => kind))];
  const [first] = counted;
  const subject = first?.distribution ?? first?.handler;
  return new LambdaPythonError('FINDINGS_FOUND', {
    message: `the package of \`${report.project}\` has ${summaryOf(report)}: ${kinds.join(', ')}`,
    hint: `follow the hints of the report, or accept what you know to be harmless: "accept": ["${first?.kind}${subject === undefined ? '' : `:${subject}`}"] on the verify target`,
  });
}
