/** How long after an edit `nx serve` answers with it, in a service of a few modules and in one of a thousand. */

import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeService } from './service';
import { BenchWorkspace } from './workspace';

const EDITS = 15;

export async function benchServe(): Promise<[title: string, milliseconds: number[]][]> {
  const workspace = new BenchWorkspace();
  try {
    const rows: [string, number[]][] = [];
    for (const handlers of [10, 1_000]) {
      const project = `served-${handlers}`;
      const root = join(workspace.root, 'services', project);
      writeService(root, 'served', handlers, []);
      workspace.nx('build', project, '--engine=host');
      const title = `edit to answer, ${handlers} handlers`;
      rows.push([title, await serveAndEdit(workspace.root, project, workspace.store)]);
    }
    return rows;
  } finally {
    workspace.remove();
  }
}

async function serveAndEdit(root: string, project: string, store: string): Promise<number[]> {
  const nx = join(root, 'node_modules', '.bin', 'nx');
  const serve = spawn(nx, ['serve', project, '--engine=host', '--port=0'], {
    cwd: root,
    env: { ...process.env, NX_DAEMON: 'false', NX_LAMBDA_PYTHON_CACHE_DIRECTORY: store },
  });
  let output = '';
  for (const stream of [serve.stdout, serve.stderr]) {
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  }
  const ended = new Promise<void>((resolve) => serve.once('close', () => resolve()));
  try {
    let url: string | undefined;
    while (url === undefined) {
      if (serve.exitCode !== null) throw new Error(output);
      await sleep(50);
      url = /ready: (\S+)/.exec(output)?.[1];
    }
    const call = `${url}/2015-03-31/functions/${project}-handler_3/invocations`;
    const file = join(root, 'services', project, 'served', 'handlers', 'handler_3.py');
    const text = readFileSync(file, 'utf8');
    const answer = async () => (await fetch(call, { method: 'POST', body: '{}' })).text();
    await answer();
    const milliseconds: number[] = [];
    for (let edit = 0; edit < EDITS; edit += 1) {
      const code = 300 + edit;
      await sleep(500);
      const begun = performance.now();
      writeFileSync(file, text.replace('"statusCode": 200', `"statusCode": ${code}`));
      while (!(await answer()).includes(String(code)));
      milliseconds.push(performance.now() - begun);
    }
    return milliseconds;
  } finally {
    serve.kill('SIGINT');
    await ended;
  }
}
