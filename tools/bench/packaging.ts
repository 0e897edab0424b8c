/** Builds after an edit, unchanged, from the wheel store and cold, beside other tools; then by size. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderRows, renderScale, timed, timesOf, type Row, type ScaleRow } from './measure';
import { addedRows } from './added';
import { peers, pipWheel } from './peers';
import { HANDLERS, REQUIREMENTS, SIZES, writeService } from './service';
import { BenchWorkspace, IMAGE, type Measured } from './workspace';

const RUNS = 9;

export function benchPackaging({ withPeers }: { withPeers: boolean }): void {
  const workspace = new BenchWorkspace();
  try {
    const rows = [
      ...ownRows(workspace),
      ...addedRows(workspace),
      ...(withPeers ? peerRows(workspace) : []),
    ];
    console.log(`\n${describe(workspace, 'bench')}\n\n${renderRows(rows)}`);
    console.log(`\n${renderScale(scaleRows(workspace))}`);
  } finally {
    workspace.remove();
  }
}

function ownRows(workspace: BenchWorkspace): Row[] {
  const service = join(workspace.root, 'services', 'bench');
  writeService(service, 'bench', HANDLERS, REQUIREMENTS);
  const cold = repeat(2, () => {
    rmSync(workspace.store, { recursive: true, force: true });
    return workspace.build('bench');
  });
  const resolution = repeat(2, (run) =>
    pipWheel(service, join(workspace.directory, `pip-cache-${run}`)),
  );
  const edited = repeat(RUNS, (run) => {
    editModule(service, run);
    return workspace.build('bench');
  });
  const handlerEdited = repeat(RUNS, (run) => {
    writeFileSync(
      join(service, 'bench/handlers/handler_0.py'),
      `def handler(event, context):\n    return ${run}\n`,
    );
    return workspace.build('bench');
  });
  const unchanged = repeat(RUNS, () => workspace.build('bench'));
  const fromWheels = repeat(5, () => {
    workspace.forget('parts');
    return workspace.build('bench');
  });
  const whole = repeat(5, (run) => {
    editModule(service, 1000 + run);
    return workspace.nx('build', 'bench');
  });
  const noOp = repeat(5, () => workspace.nx('build', 'bench'));
  const inspection = repeat(RUNS, () =>
    timed(() => spawnSync('docker', ['image', 'inspect', IMAGE])),
  );

  const against = timesOf(secondsOf(edited));
  return [
    { title: 'source edit, in the executor', times: against },
    { title: 'edit of a handler module', times: timesOf(secondsOf(handlerEdited)), against },
    { title: 'nothing changed', times: timesOf(secondsOf(unchanged)), against },
    {
      title: "the engine's image inspection, in all of these",
      times: timesOf(inspection),
      against,
    },
    { title: 'all from stored wheels', times: timesOf(secondsOf(fromWheels)), against },
    { title: 'cold store', times: timesOf(secondsOf(cold)), against },
    { title: "pip's own resolution in the same image, cold", times: timesOf(resolution), against },
    { title: 'source edit, whole `nx build`', times: timesOf(whole), against },
    { title: '`nx build` answered by the cache of Nx', times: timesOf(noOp), against },
  ];
}

function peerRows(workspace: BenchWorkspace): Row[] {
  const service = join(workspace.root, 'services', 'bench');
  const against = timesOf(
    secondsOf(
      repeat(RUNS, (run) => {
        editModule(service, 2000 + run);
        return workspace.build('bench');
      }),
    ),
  );
  return peers(service, join(workspace.directory, 'peers')).flatMap((peer) => {
    try {
      peer.prepare();
      const seconds = repeat(3, (run) => {
        editModule(service, 3000 + run);
        return peer.rebuild();
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
function scaleRows(workspace: BenchWorkspace): ScaleRow[] {
  const byHandlers = [1, 10, 100, 1000].map((handlers) =>
    scaleRow(workspace, `handlers-${handlers}`, handlers, SIZES[0] ?? []),
  );
  const bySize = SIZES.map((requirements, index) =>
    scaleRow(workspace, `size-${index}`, HANDLERS, requirements),
  );
  return [...byHandlers, ...bySize];
}

function scaleRow(
  workspace: BenchWorkspace,
  name: string,
  handlers: number,
  requirements: readonly string[],
): ScaleRow {
  const service = join(workspace.root, 'services', name);
  mkdirSync(service, { recursive: true });
  writeService(service, name.replaceAll('-', '_'), handlers, requirements);
  workspace.build(name);
  const measure = (prepare: (run: number) => void): Measured[] =>
    repeat(5, (run) => {
      prepare(run);
      return workspace.build(name);
    });
  const edited = measure((run) => editModule(service, run, name.replaceAll('-', '_')));
  const full = measure(() => workspace.forget('parts', 'sources'));
  const { size, unpackedSize } = workspace.manifest(name).package;
  return {
    handlers,
    size,
    unpackedSize,
    edit: timesOf(secondsOf(edited)),
    full: timesOf(secondsOf(full)),
    memory: Math.max(...[...edited, ...full].map(({ memory }) => memory)),
  };
}

function editModule(service: string, run: number, importPackage = 'bench'): void {
  writeFileSync(join(service, importPackage, 'shared.py'), `VERSION = ${run + 1}\n`);
}

function describe(workspace: BenchWorkspace, project: string): string {
  const { package: built, distributions } = workspace.manifest(project);
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
  return `${HANDLERS} handlers, ${distributions.length} distributions, ${megabytes(built.unpackedSize)} MB unpacked, ${megabytes(built.size)} MB zip`;
}

function secondsOf(measured: readonly Measured[]): number[] {
  return measured.map(({ seconds }) => seconds);
}

function repeat<T>(runs: number, work: (run: number) => T): T[] {
  return Array.from({ length: runs }, (_, run) => work(run));
}
