/** Builds after an edit, unchanged, from the wheel store and cold, beside other tools; then by size. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { markdownTable, renderRows, repeat, timed, timesOf, type Row } from './measure';
import { peers, pipWheel } from './peers';
import { HANDLERS, REQUIREMENTS, SIZES, writeLibrary, writeService } from './service';
import { BenchWorkspace, IMAGE, type Measured } from './workspace';

const RUNS = 9;

export function benchPackaging({ withPeers }: { withPeers: boolean }): void {
  const workspace = new BenchWorkspace();
  try {
    const rows = [
      ...ownRows(workspace),
      ...libraryRows(workspace),
      ...addedRows(workspace),
      ...(withPeers ? peerRows(workspace) : []),
    ];
    console.log(`\n${describe(workspace, 'bench')}\n\n${renderRows(rows)}`);
    console.log(`\n${scaleTable(workspace)}`);
  } finally {
    workspace.remove();
  }
}

function ownRows(workspace: BenchWorkspace): Row[] {
  const service = join(workspace.root, 'services', 'bench');
  writeService(service, 'bench', HANDLERS, REQUIREMENTS);
  const build = () => workspace.build('bench');
  const cold = repeat(2, () => {
    rmSync(workspace.store, { recursive: true, force: true });
    return build();
  });
  const resolution = repeat(2, (run) =>
    pipWheel(service, join(workspace.directory, `pip-cache-${run}`)),
  );
  const edited = repeat(RUNS, (run) => {
    editModule(service, run);
    return build();
  });
  const handler = join(service, 'bench/handlers/handler_0.py');
  const handlerEdited = repeat(RUNS, (run) => {
    writeFileSync(handler, `def handler(event, context):\n    return ${run}\n`);
    return build();
  });
  const unchanged = repeat(RUNS, build);
  const fromWheels = repeat(5, () => {
    workspace.forget('parts');
    return build();
  });
  const whole = repeat(5, (run) => {
    editModule(service, 1000 + run);
    return workspace.nx('build', 'bench');
  });
  const noOp = repeat(5, () => workspace.nx('build', 'bench'));
  const inspection = repeat(RUNS, () =>
    timed(() => spawnSync('docker', ['image', 'inspect', IMAGE])),
  );
  const measured = {
    'source edit, in the executor': edited,
    'edit of a handler module': handlerEdited,
    'nothing changed': unchanged,
    "the engine's image inspection, in all of these": inspection,
    'all from stored wheels': fromWheels,
    'cold store': cold,
    "pip's own resolution in the same image, cold": resolution,
    'source edit, whole `nx build`': whole,
    '`nx build` answered by the cache of Nx': noOp,
  };
  const against = timesOf(edited);
  return Object.entries(measured).map(([title, runs]) => ({
    title,
    times: timesOf(runs),
    against,
  }));
}

/** An edit of a library beside one of the service, in turn. */
function libraryRows(workspace: BenchWorkspace): Row[] {
  const service = join(workspace.root, 'services', 'using');
  const library = join(workspace.root, 'libs', 'common');
  writeLibrary(library, 'common', 60);
  writeService(service, 'using', HANDLERS, [...REQUIREMENTS, '-e ../../libs/common']);
  workspace.build('using');
  const runs = repeat(RUNS, (run) => {
    editModule(service, run, 'using');
    const source = workspace.build('using');
    writeFileSync(join(library, 'src/common/module_0.py'), `RATE = ${run}\n`);
    return { source, edit: workspace.build('using') };
  });
  const against = timesOf(runs.map(({ source }) => source));
  const times = timesOf(runs.map(({ edit }) => edit));
  return [
    { title: 'edit of a library of 60 modules', times, against },
    { title: 'source edit of the same service', times: against, against },
  ];
}

const ADDED = 'orjson';

/** One distribution added to a lock, beside the time that pip in the container alone takes to fetch it. */
function addedRows(workspace: BenchWorkspace): Row[] {
  const service = join(workspace.root, 'services', 'locked');
  writeService(service, 'locked', HANDLERS, REQUIREMENTS);
  workspace.build('locked');
  const { distributions } = workspace.manifest('locked');
  const added = distributions.find(({ name }) => name === ADDED);
  if (added === undefined) {
    throw new Error(`the requirements of the benchmark do not contain ${ADDED}`);
  }
  const write = (directory: string, lock: typeof distributions): void => {
    const lines = lock.map(
      ({ name, version, sha256 }) => `${name}==${version} --hash=sha256:${sha256}\n`,
    );
    writeFileSync(join(directory, 'requirements.txt'), lines.join(''));
  };
  const runs = repeat(7, (run) => {
    workspace.forget('sets', 'lines', 'parts', 'pip', `wheels/${added.sha256}`);
    write(
      service,
      distributions.filter((one) => one !== added),
    );
    workspace.build('locked');
    // Neither may have it from an earlier fetch.
    workspace.forget('pip');
    write(service, distributions);
    const whole = workspace.build('locked');
    const alone = join(workspace.directory, `added-${run}`);
    mkdirSync(alone);
    write(alone, [added]);
    return { whole, fetch: pipWheel(alone, join(alone, 'cache'), '--no-deps --require-hashes') };
  });
  const against = timesOf(runs.map(({ fetch }) => fetch));
  const times = timesOf(runs.map(({ whole }) => whole));
  return [
    { title: 'one distribution added to a lock', times, against },
    { title: 'its fetch by pip in the same image, container included', times: against, against },
  ];
}

function peerRows(workspace: BenchWorkspace): Row[] {
  const service = join(workspace.root, 'services', 'bench');
  const own = repeat(RUNS, (run) => {
    editModule(service, 2000 + run);
    return workspace.build('bench');
  });
  const against = timesOf(own);
  return peers(service, join(workspace.directory, 'peers')).flatMap((peer) => {
    try {
      peer.prepare?.();
      peer.build();
      const seconds = repeat(3, (run) => {
        editModule(service, 3000 + run);
        return timed(peer.build);
      });
      return [{ title: `source edit: ${peer.title}`, times: timesOf(seconds), against }];
    } catch (error) {
      // If one cannot be installed here, the others are still measured.
      console.error(`left out: ${peer.title}: ${error instanceof Error ? error.message : error}`);
      return [];
    }
  });
}

/** Linear in the bytes written, and no more memory for more of them. */
function scaleTable(workspace: BenchWorkspace): string {
  const byHandlers = [1, 10, 100, 1000].map((handlers) =>
    scaleRow(workspace, `handlers-${handlers}`, handlers, SIZES[0] ?? []),
  );
  const bySize = SIZES.map((requirements, index) =>
    scaleRow(workspace, `size-${index}`, HANDLERS, requirements),
  );
  return markdownTable(
    ['handlers', 'MB unpacked', 'MB zip', 'edit s', 'all from stored wheels s', 'peak memory MB'],
    [...byHandlers, ...bySize],
  );
}

function scaleRow(
  workspace: BenchWorkspace,
  name: string,
  handlers: number,
  requirements: readonly string[],
): string[] {
  const service = join(workspace.root, 'services', name);
  const importPackage = name.replaceAll('-', '_');
  writeService(service, importPackage, handlers, requirements);
  workspace.build(name);
  const measure = (prepare: (run: number) => void): Measured[] =>
    repeat(5, (run) => {
      prepare(run);
      return workspace.build(name);
    });
  const edited = measure((run) => editModule(service, run, importPackage));
  const full = measure(() => workspace.forget('parts', 'sources'));
  const { size, unpackedSize } = workspace.manifest(name).package;
  const memory = Math.max(...[...edited, ...full].map((run) => run.memory));
  return [
    ...[String(handlers), megabytes(unpackedSize), megabytes(size)],
    ...[edited, full].map((runs) => timesOf(runs).median.toFixed(3)),
    memory.toFixed(0),
  ];
}

function editModule(service: string, run: number, importPackage = 'bench'): void {
  writeFileSync(join(service, importPackage, 'shared.py'), `VERSION = ${run + 1}\n`);
}

function describe(workspace: BenchWorkspace, project: string): string {
  const { package: built, distributions } = workspace.manifest(project);
  return `${HANDLERS} handlers, ${distributions.length} distributions, ${megabytes(built.unpackedSize)} MB unpacked, ${megabytes(built.size)} MB zip`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
