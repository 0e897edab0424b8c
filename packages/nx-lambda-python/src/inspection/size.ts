/** `nx size`: measures a built package, compares it with the one before, and keeps the report beside the manifest. */

import type { ExecutorContext } from '@nx/devkit';
import { join } from 'node:path';
import { usePackage } from '../assembly/present';
import { readPackage } from '../platform/files/built-package';
import { openFile, readJson } from '../platform/files/files';
import { writeTextWhole } from '../platform/files/write';
import { storeDirectory } from '../platform/store/layout';
import { openSourceCache } from '../platform/store/records';
import { warn } from '../report/error-text';
import { releasedManifest, releasesRequest } from '../releasing/releases';
import { renderJson } from '../report/text';
import type { SizeExecutorSchema } from '../schemas/size';
import { DEFAULT_DEPLOY_TARGET } from '../targets/chain';
import { inConfiguration } from '../targets/configuration';
import { currentProject } from '../targets/project';
import { readContents } from './contents';
import { handlerReaches } from './handler-reach';
import { baselineOf, checkBudget, growthOf, releaseBaseline, type Baseline } from './size-growth';
import { measure, type SizeReport } from './size-report';
import { renderSizeHtml } from './size-html';
import { renderSizeText } from './size-text';

const REPORT = 'size-report';

/** @throws BUDGET_EXCEEDED, and the codes of `usePackage` and `readPackage` */
export async function size(options: SizeExecutorSchema, given: ExecutorContext): Promise<void> {
  const { format = 'text', budget, buildTarget, against, deployTarget } = options;
  const context = inConfiguration(given, deployTarget ?? DEFAULT_DEPLOY_TARGET);
  // First, since a build may take minutes.
  const since =
    against === undefined ? undefined : await released(String(against), options, context);
  const { manifest, output } = await usePackage(context, buildTarget);
  const { package: zip, layer } = manifest;
  // What is measured is what the manifest describes.
  for (const described of layer ? [zip, layer] : [zip]) await readPackage(output, described);
  using zipFile = openFile(join(output.directory, zip.file));
  using layerFile = layer && openFile(join(output.directory, layer.file));
  const contents = readContents(manifest, zipFile, layerFile);
  using sources = openSourceCache(
    storeDirectory(),
    join(context.root, currentProject(context).root),
  );
  const handlers = await handlerReaches(contents, manifest, sources.cache);
  const file = join(output.directory, `${REPORT}.json`);
  const measured = measure(manifest, contents, handlers);
  const report = since
    ? { ...measured, growth: growthOf(measured, since) }
    : withGrowth(measured, readReport(file));
  writeTextWhole(file, renderJson(report));
  console.log(format === 'json' ? renderJson(report).trimEnd() : renderSizeText(report));
  if (format === 'html') {
    writeTextWhole(join(output.directory, `${REPORT}.html`), renderSizeHtml(report));
    console.log(`treemap: ${output.displayed}/${REPORT}.html`);
  }
  warn(checkBudget(report, typeof budget === 'number' ? { '*': budget } : (budget ?? {})));
}

async function released(
  which: string,
  options: SizeExecutorSchema,
  context: ExecutorContext,
): Promise<Baseline> {
  const request = releasesRequest(options, context);
  const { number, manifest } = await releasedManifest(request, which);
  return releaseBaseline(`release ${number}`, manifest);
}

/** Undefined if there is none of this format. */
function readReport(file: string): SizeReport | undefined {
  const report = readJson<Partial<SizeReport>>(file);
  return report?.format === 1 ? (report as SizeReport) : undefined;
}

/** A report of the same package has been compared with the one before it already. */
function withGrowth(report: SizeReport, last: SizeReport | undefined): SizeReport {
  if (!last) return report;
  const isSame = last.archives.join() === report.archives.join();
  return { ...report, growth: isSame ? last.growth : growthOf(report, baselineOf(last)) };
}
