/** `nx serve`: answers until it is asked to end, and leaves nothing behind. */

import type { ExecutorContext } from '@nx/devkit';
import { join } from 'node:path';
import { build } from '../assembly/build';
import { watchDirectories, type DirectoryWatch } from '../platform/files/watch';
import { removeTree } from '../platform/files/trees';
import { attempt } from '../platform/process/attempt';
import { onInterruption } from '../platform/process/interruption';
import { openSourceCache } from '../platform/store/records';
import { storeDirectory } from '../platform/store/layout';
import { ownTree } from '../platform/store/unpacked';
import { renderError, warn } from '../report/error-text';
import { counted, padEnd } from '../report/text';
import { openRunner } from '../runtime/runner';
import { workspacePaths } from '../running/call-report';
import { runnableService } from '../running/service-runner';
import type { ServeExecutorSchema } from '../schemas/serve';
import { buildOptionsOf } from '../targets/build-target';
import { DEFAULT_BUILD_TARGET } from '../targets/chain';
import { EXECUTORS, READY } from '../targets/options';
import { currentProject } from '../targets/project';
import { answer, type RunningHandler } from './answer';
import { checkServed, type Served } from './front';
import { LiveService, type RunningPackage } from './live-service';
import { chosenServices, DEFAULT_ADDRESS, type ServiceChoice } from './options';
import { servedBy, type NamedService } from './served';
import { startServer } from './server';

const ACCOUNT = { region: 'us-east-1', accountId: '000000000000' };

const print = {
  log: (text: string) => console.log(text),
  error: (text: string) => console.error(text),
};

/** @throws PORT_TAKEN, and the codes of a build and of what runs its package */
export async function serve(schema: ServeExecutorSchema, context: ExecutorContext): Promise<void> {
  const ending = untilInterrupted();
  try {
    await serveUntil(ending.asked, schema, context);
  } finally {
    ending.done();
  }
}

/** @param asked to end */
export async function serveUntil(
  asked: Promise<void>,
  schema: ServeExecutorSchema,
  context: ExecutorContext,
): Promise<void> {
  const choices = chosenServices(schema, context);
  const { host = DEFAULT_ADDRESS.host, port = DEFAULT_ADDRESS.port } = schema;
  let isReady: (served: () => Served<RunningHandler>) => void = () => undefined;
  const ready = new Promise<() => Served<RunningHandler>>((resolve) => (isReady = resolve));
  // First, so that a taken port is told before anything is built; requests wait.
  const server = await startServer({ host, port }, async (request) =>
    answer({ ...ACCOUNT, print, served: await ready }, request),
  );
  const opening = choices.map(async (choice) => ({
    choice,
    service: await openService(choice, schema),
  }));
  let watch: DirectoryWatch | undefined;
  try {
    const services = await Promise.race([Promise.all(opening), asked]);
    if (!services) return;
    let served = servedBy(services);
    checkServed(served);
    if (schema.reload ?? true) {
      watch = watchServices(services, () => (served = servedAgain(services, served)));
    }
    isReady(() => served);
    printServed(served, server.url);
    await asked;
  } finally {
    watch?.close();
    await server.close();
    await Promise.allSettled(opening.map(async (one) => (await one).service.close()));
  }
}

/** @returns promises that hold up the end of this process: it is asked to end, and all is left as it should be */
function untilInterrupted(): { asked: Promise<void>; done: () => void } {
  let ask: () => void = () => undefined;
  let finish: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => (ask = resolve));
  const finished = new Promise<void>((resolve) => (finish = resolve));
  const forget = onInterruption(() => {
    ask();
    return finished;
  });
  // Nx itself was killed.
  process.once('disconnect', ask);
  const done = (): void => {
    process.off('disconnect', ask);
    forget();
    finish();
  };
  return { asked, done };
}

async function openService(
  { context }: ServiceChoice,
  schema: ServeExecutorSchema,
): Promise<LiveService> {
  const { buildTarget = DEFAULT_BUILD_TARGET, concurrency, idleSeconds = 300 } = schema;
  const options = buildOptionsOf(context, buildTarget);
  const isOurs = currentProject(context).targets[buildTarget]?.executor === EXECUTORS.build;
  const { workspaceRoot, projectRoot } = options.service;
  const open = async (): Promise<RunningPackage> => {
    if (isOurs) await build(options);
    const { marker, place, tree } = await runnableService(context, schema);
    const task = ownTree(tree.task);
    const { runtime } = marker;
    const idleMs = idleSeconds * 1000;
    const runner = openRunner({ place, tree: { ...tree, task }, runtime, concurrency, idleMs });
    const close = async (): Promise<void> => {
      await runner.close();
      attempt(() => removeTree(task));
    };
    const inside = place.kind === 'host' ? task : '/var/task';
    return { task, show: workspacePaths(workspaceRoot, marker, inside), runner, close };
  };
  const readCache = () => openSourceCache(storeDirectory(), join(workspaceRoot, projectRoot));
  return LiveService.open({ build: options, readCache, open, print });
}

/** Tells every service of changes in its directories, and then `changed`. */
function watchServices(services: readonly NamedService[], changed: () => void): DirectoryWatch {
  let refreshing = Promise.resolve();
  const refresh = async (): Promise<void> => {
    // What came into a directory before it was watched is found by looking once more.
    do await Promise.all(services.map(({ service }) => service.refresh()));
    while (watch.set(services.flatMap(({ service }) => service.directories)));
    changed();
  };
  const watch = watchDirectories(
    () => (refreshing = refreshing.then(refresh)),
    ({ code, message }) => {
      const limit =
        code === 'ENOSPC'
          ? '; raise the limit: sudo sysctl fs.inotify.max_user_watches=524288'
          : '';
      warn(`not every directory can be watched, so some edits are not seen: ${message}${limit}`);
    },
  );
  watch.set(services.flatMap(({ service }) => service.directories));
  refreshing = refresh();
  return watch;
}

/** What an edit made of it; as before if it cannot be served like that. */
function servedAgain(
  services: readonly NamedService[],
  before: Served<RunningHandler>,
): Served<RunningHandler> {
  try {
    const served = servedBy(services);
    checkServed(served);
    return served;
  } catch (error) {
    print.error(renderError(error));
    return before;
  }
}

const SHOWN = 20;

function printServed({ handlers, routes }: Served<RunningHandler>, url: string): void {
  const rows = handlers.slice(0, SHOWN).map(({ service, name, functionName }) => {
    const own = routes.filter((route) => route.service === service && route.handler === name);
    const isRouted = routes.some((route) => route.service === service);
    const keys = isRouted ? own.map(({ key }) => key) : [`/${name}`];
    return { functionName, keys: keys.join(', ') };
  });
  const width = Math.max(...rows.map(({ functionName }) => functionName.length));
  for (const { functionName, keys } of rows) print.log(`  ${padEnd(functionName, width)}  ${keys}`);
  if (handlers.length > SHOWN) print.log(`  and ${handlers.length - SHOWN} more`);
  print.log(`${READY.replace('http', url)} serves ${counted(handlers.length, 'handler')}`);
}
