/** Calls a deployed function, in AWS or in the simulated account. */

import type { ExecutorContext } from '@nx/devkit';
import { usePackage } from '../assembly/present';
import { readMarker } from '../assembly/service';
import { failureError } from '../release/calls/failure-error';
import { openInvocations } from '../releasing/account';
import type { InvokeExecutorSchema } from '../schemas/invoke';
import { buildOptionsOf } from '../targets/build-target';
import { readChain, readDestination } from '../targets/chain';
import { currentProject } from '../targets/project';
import { withoutControls } from '../report/text';
import { workspacePaths, type FinishedCall } from './call-report';
import { findHandler, serviceFunction } from './functions';

/** @throws HANDLER_NOT_FOUND, and what AWS refuses */
export async function callRemote(
  options: InvokeExecutorSchema,
  context: ExecutorContext,
  payload: Buffer,
): Promise<FinishedCall> {
  const { buildTarget, deployTarget, clientContext, tenantId } = options;
  const { service } = buildOptionsOf(context, buildTarget);
  const marker = readMarker(service);
  const { manifest } = await usePackage(context, buildTarget, 'any');
  const handler = findHandler(manifest, options.handler, context.targetName ?? 'invoke');
  const { functionName } = serviceFunction(context, { manifest, marker }, handler, options);
  const chain = readChain(currentProject(context), context.configurationName, deployTarget);
  const { deploy, upload, uploadTarget } = chain;
  const destination = readDestination(upload, context, uploadTarget, deploy, options);
  const qualifier = options.alias ?? deploy.alias;
  const lambda = await openInvocations(destination, context.root);
  try {
    const answer = await lambda.invoke({
      functionName,
      qualifier: qualifier || undefined,
      payload,
      clientContext,
      tenantId: tenantId === undefined ? undefined : String(tenantId),
    });
    if (!answer.ok) throw failureError(answer.failure, functionName, lambda.place);
    const result = answer.value;
    const show = workspacePaths(context.root, marker, '/var/task');
    for (const line of result.log) console.error(withoutControls(show(line)));
    return {
      result,
      memoryMb: result.memoryMb,
      name: handler.name,
      show,
      isTraced: result.log.some((line) => line.startsWith('Traceback ')),
      place: `${functionName}:${result.version ?? '$LATEST'}`,
    };
  } finally {
    await lambda.close();
  }
}
