/**
 * The whole chain on a real service: pack the plugin, make a workspace, generate, build, upload, deploy to
 * the simulated account, change one line, deploy what is affected, and prove that what runs there is it.
 */

import {
  copyFileSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commitAll, createWorkspace, setBuildOptions } from '../fresh-workspace';
import { NEWEST } from '../nx-versions';
import { ROOT } from '../workspace-root';
import { choosePlace } from './engine';
import { prove, runsHere } from './proof';
import { Steps } from './steps';

const HANDLERS = ['create_order', 'get_order', 'list_orders', 'notify', 'refund'];
const REQUIREMENTS = [
  'aws-lambda-powertools==3.37.0',
  'orjson==3.13.0',
  'pydantic==2.14.3',
  'requests==2.34.2',
];
const NX = join('node_modules', '.bin', 'nx');
const LOCAL = ['-c', 'local', '--output-style=static'];
const QUIET = { quiet: true };

async function main(): Promise<void> {
  // The real path: what a temporary directory is called by a link would confuse Nx.
  const workspace = realpathSync(mkdtempSync(join(tmpdir(), 'nx-lambda-python-demo-')));
  const steps = new Steps(workspace);
  try {
    await play(workspace, steps);
  } catch (error) {
    rmSync(workspace, { recursive: true, force: true });
    console.error(`\n${error instanceof Error ? error.message : String(error)}`);
    process.exit(steps.interrupted ? 130 : 1);
  }
}

async function play(workspace: string, steps: Steps): Promise<void> {
  await steps.command('pack the plugin', ROOT, 'node', ['tools/run.mjs', 'pack.ts'], QUIET);
  await steps.call(`new workspace with Nx ${NEWEST.nx}`, () => createWorkspace(workspace, NEWEST));
  const nx = (title: string, ...args: string[]) => steps.command(title, workspace, NX, args);

  await nx(
    'a service',
    ...['g', 'nx-lambda-python:project', 'services/orders', '--name=orders', '--package=orders'],
    ...['--runtime=python3.11', '--no-interactive'],
  );
  const service = join(workspace, 'services', 'orders');
  for (const name of HANDLERS) {
    const handler = ['g', 'nx-lambda-python:handler', name, '--project=orders'];
    await steps.command(`handler ${name}`, workspace, NX, handler, QUIET);
    const file = join('handlers', `${name}.py`);
    copyFileSync(join(__dirname, file), join(service, 'orders', file));
  }
  writeFileSync(join(service, 'requirements.txt'), `${REQUIREMENTS.join('\n')}\n`);
  const place = choosePlace();
  console.log(`\n  building ${place.reason}`);
  setBuildOptions(workspace, place.options);
  commitAll(workspace, 'feat: orders');

  await nx('build, upload, deploy', 'deploy', 'orders', ...LOCAL);
  await nx('again, nothing changed', 'deploy', 'orders', ...LOCAL);

  const changed = join(service, 'orders', 'handlers', 'get_order.py');
  writeFileSync(changed, readFileSync(changed, 'utf8').replace('"unknown"', '"nobody"'));
  await nx('one line changed', 'affected', '-t', 'deploy', ...LOCAL, '--verbose');

  await steps.call('proof', () => prove(workspace));
  const event = `--event=${JSON.stringify({ customer: 'ada', items: ['tea'], cents: 250 })}`;
  const call = ['invoke', 'orders', 'refund', event, '--output-style=static'];
  if ('image' in place.options || runsHere()) {
    await nx('a call of the package, before it is deployed', ...call);
  }
  if (runsHere()) await nx('a call of the deployed function', ...call, '--remote', '-c', 'local');
  else
    console.log('\n  no call of the deployed function: this machine has no Python 3.11 for Linux');
  steps.summarize();
  console.log(`\nThe workspace is kept. To try more: cd ${workspace}`);
  console.log('  npx nx g nx-lambda-python:handler cancel --project=orders');
  console.log('  npx nx deploy orders -c local');
}

void main();
