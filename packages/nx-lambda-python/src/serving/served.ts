/** The handlers and routes of services as requests find them, under the names that their deploy targets give. */

import { desiredFunctions } from '../release/plan/functions';
import type { CallInput, RunningHandler } from './answer';
import type { Served } from './front';
import type { LiveService } from './live-service';
import type { ServiceChoice } from './options';

/** Source: AWS Lambda developer guide, "Lambda quotas" and "Configure function timeout": what a function has by default. */
const DEFAULTS = { timeout: 3, memory: 128 };

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
  const { importPackage, functions, create } = service.marker;
  const manifest = { project, handlers: [...service.handlers] };
  return desiredFunctions(manifest, { ...naming, importPackage }).map((one) => {
    const own = functions.find(({ key }) => key === one.handlerName)?.create;
    const { timeout, memory } = { ...DEFAULTS, ...create, ...own, ...limits };
    const settings = { timeoutMs: timeout * 1000, memoryMb: memory, environment };
    return {
      ...{ service: project, name: one.handlerName, functionName: one.name },
      invoke: (input: CallInput) =>
        service.invoke({
          ...{ handler: one.handler, functionName: one.name, ...settings, ...input },
          onLog: (line) => console.log(`${one.name} | ${line}`),
        }),
    };
  });
}
