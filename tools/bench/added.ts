/** One distribution added to a lock, beside the time that pip in the container alone takes to fetch it. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { timesOf, type Row } from './measure';
import { pipWheel } from './peers';
import { HANDLERS, REQUIREMENTS, writeService } from './service';
import type { BenchWorkspace } from './workspace';

const ADDED = 'orjson';
const RUNS = 7;

export function addedRows(workspace: BenchWorkspace): Row[] {
  const service = join(workspace.root, 'services', 'locked');
  writeService(service, 'locked', HANDLERS, REQUIREMENTS);
  workspace.build('locked');
  const lock = workspace.manifest('locked').distributions.map(({ name, version, sha256 }) => ({
    name,
    sha256,
    line: `${name}==${version} --hash=sha256:${sha256}`,
  }));
  const added = lock.find(({ name }) => name === ADDED);
  if (added === undefined)
    throw new Error(`the requirements of the benchmark do not contain ${ADDED}`);
  const write = (lines: readonly { line: string }[]): void =>
    writeFileSync(join(service, 'requirements.txt'), lines.map(({ line }) => `${line}\n`).join(''));

  const [whole, fetched]: [number[], number[]] = [[], []];
  for (let run = 0; run < RUNS; run += 1) {
    workspace.forget('sets', 'lines', 'parts', 'pip', `wheels/${added.sha256}`);
    write(lock.filter((one) => one !== added));
    workspace.build('locked');
    // Neither may have it from an earlier fetch.
    workspace.forget('pip');
    write(lock);
    whole.push(workspace.build('locked').seconds);
    const alone = join(workspace.directory, `added-${run}`);
    mkdirSync(alone);
    writeFileSync(join(alone, 'requirements.txt'), `${added.line}\n`);
    fetched.push(pipWheel(alone, join(alone, 'cache'), '--no-deps --require-hashes'));
  }
  const against = timesOf(fetched);
  return [
    { title: 'one distribution added to a lock', times: timesOf(whole), against },
    { title: 'its fetch by pip in the same image, container included', times: against, against },
  ];
}
