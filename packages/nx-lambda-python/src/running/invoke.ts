/** The use case of one call: of a built package here, or of a deployed function. */

import type { ExecutorContext } from '@nx/devkit';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeWhole } from '../platform/files/write';
import type { InvokeExecutorSchema } from '../schemas/invoke';
import { openRunner } from '../runtime/runner';
import { withoutControls } from '../report/text';
import { currentProject } from '../targets/project';
import {
  functionError,
  renderFigures,
  renderPayload,
  tracebackOf,
  workspacePaths,
  type FinishedCall,
} from './call-report';
import { attachConfiguration, debuggerMissing, debuggerOf, lacksDebugger } from './debugger';
import { readEnvironmentFile } from './environment-file';
import { readEvent } from './event';
import { findHandler, serviceFunction } from './functions';
import { callRemote } from './remote';
import { runnableService } from './service-runner';

/** As long as Lambda keeps no function: a person at a debugger is slow. */
const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Prints log, answer and figures.
 * @throws FUNCTION_FAILED for what the function did, OPTION_INVALID, HANDLER_NOT_FOUND, and the codes of a build, of the
 *   place that runs it, or of AWS
 */
export async function invoke(
  options: InvokeExecutorSchema,
  context: ExecutorContext,
): Promise<void> {
  const { root } = context;
  const { resultFile } = options;
  // What is left of an earlier call must not be taken for this one's.
  if (resultFile !== undefined) rmSync(join(root, resultFile), { force: true });
  const event = readEvent(root, options.event);
  const call = options.remote ? callRemote : callHere;
  const finished = await call(options, context, event);
  if (resultFile !== undefined) {
    writeWhole(join(root, resultFile), (output) => output.write(finished.result.payload));
  }
  finish(finished, `${context.targetName ?? 'invoke'} ${currentProject(context).name}`);
}

function finish(
  { result, memoryMb, name, show, isTraced, place }: FinishedCall,
  target: string,
): void {
  const figures = `${renderFigures(result, memoryMb)} (${place})`;
  if (result.functionError === undefined) {
    console.log(renderPayload(result.payload));
    console.error(figures);
    return;
  }
  const lines = isTraced ? [] : tracebackOf(result.payload);
  for (const line of lines) console.error(withoutControls(show(line)));
  console.error(figures);
  throw functionError(result, name, `${target} --handler=${name} --debug`);
}

async function callHere(
  options: InvokeExecutorSchema,
  context: ExecutorContext,
  payload: Buffer,
): Promise<FinishedCall> {
  const { envFile, debug, debugPort = 5678, logFormat, clientContext, tenantId } = options;
  const environment = envFile === undefined ? {} : readEnvironmentFile(context.root, envFile);
  const service = await runnableService(context, options);
  const { marker, manifest, tree } = service;
  const handler = findHandler(manifest, options.handler, context.targetName ?? 'invoke');
  const own = serviceFunction(context, service, handler, options, 'local');
  const memoryMb = options.memory ?? own.memory;
  const task = service.place.kind === 'host' ? tree.task : '/var/task';
  const show = workspacePaths(context.root, marker, task);
  const attached = debug ? await debuggerOf(service.place, debugPort) : undefined;
  const place = attached?.place ?? service.place;
  const { runtime } = marker;
  const runner = openRunner({ place, tree, runtime, concurrency: 1, debug: attached?.debug });
  try {
    if (attached) console.error(`attach with ${attachConfiguration(marker, task, debugPort)}`);
    const result = await runner.invoke({
      handler: handler.handler,
      functionName: own.functionName,
      payload,
      timeoutMs: debug ? DAY_MS : (options.timeout ?? own.timeout) * 1000,
      memoryMb,
      environment: {
        ...(logFormat === 'json' && { AWS_LAMBDA_LOG_FORMAT: 'JSON' }),
        ...environment,
      },
      ...(clientContext !== undefined && { clientContext }),
      ...(tenantId !== undefined && { tenantId: String(tenantId) }),
      onLog: (line) => console.error(withoutControls(show(line))),
    });
    if (lacksDebugger(result)) throw debuggerMissing(place);
    return {
      result,
      memoryMb,
      name: handler.name,
      show,
      isTraced: /^Traceback /m.test(result.log),
      place: `${runtime.name}, ${place.kind === 'host' ? 'this machine' : place.image.engine}`,
    };
  } finally {
    await runner.close();
  }
}
