/** The handlers and routes of services as requests find them, under the names that their deploy targets give. */

import { desiredFunctions } from '../release/plan/functions';
import { tracebackOf } from '../running/call-report';
import { limitsOf } from '../running/functions';
import type { CallInput, RunningHandler } from './answer';
import type { Served } from './front';
import type { LiveService } from './live-service';
import type { ServiceChoice } from './options';

export interface NamedService {
  choice: ServiceChoice;
  service: LiveService;
}

/** @throws FUNCTION_NAME_INVALID */
export function servedBy(services: readonly NamedService[]): Served<RunningHandler> {
  return {
    handlers: services.flatMap(handlersOf),
    routes: services.flatMap(({ choice: { project }, service }) =>
      service.marker.routes.map((route) => ({ ...route, service: project })),
    ),
  };
}

function handlersOf({ choice, service }: NamedService): RunningHandler[] {
  const { project, naming, limits, environment } = choice;
  const { marker } = service;
  const manifest = { project, handlers: [...service.handlers] };
  const { importPackage } = marker;
  return desiredFunctions(manifest, { ...naming, importPackage }).map(
    ({ name: functionName, handlerName: name, handler }) => {
      const { timeout, memory } = { ...limitsOf(marker, name), ...limits };
      const settings = { timeoutMs: timeout * 1000, memoryMb: memory, environment };
      const print = (line: string): void => console.log(`${functionName} | ${line}`);
      return {
        ...{ service: project, name, functionName, memoryMb: memory },
        invoke: async (input: CallInput) => {
          const call = { handler, functionName, ...settings, ...input };
          const { result, show } = await service.invoke(call, print);
          // As Lambda's own client logs it.
          const isTraced = /^Traceback /m.test(result.log);
          for (const line of isTraced ? [] : tracebackOf(result.payload)) print(show(line));
          return result;
        },
      };
    },
  );
}
