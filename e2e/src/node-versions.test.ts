/** The same inputs give the same bytes on every Node: nothing in a package comes from its zlib. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BareWorkspace } from './support/bare-workspace';
import { describeLong } from './support/engine';
import { runDirectory } from './support/run-directory';

const VERSIONS = ['22', '24'];
/** Long and repetitive enough that two deflate implementations would choose differently. */
const TEXT = Array.from(
  { length: 4000 },
  (_, line) => `value_${line % 97} = "${(line * 7919) % 1000}"`,
);

/** Node of another major version, from the package of that name. */
function installNode(version: string): string {
  const directory = join(runDirectory(), `node-${version}`);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'package.json'), '{ "private": true }\n');
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  execFileSync('npm', ['install', ...quiet, `node@${version}`], { cwd: directory });
  return join(directory, 'node_modules', 'node', 'bin', 'node');
}

async function digestWith(node: string): Promise<string> {
  const name = `node ${execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()}`;
  const workspace = new BareWorkspace(name);
  workspace.addService('orders', 'six==1.17.0\nidna==3.10\n', { 'app/table.py': TEXT.join('\n') });
  // In the place of the Node that runs the tests.
  const prefix = ['sh', '-c', 'shift && exec "$0" "$@"', node];
  await workspace.build('orders', { prefix });
  return workspace.digest('orders');
}

describeLong('a package built by another Node', () => {
  let expected: string;
  beforeAll(async () => {
    expected = await digestWith(process.execPath);
  });

  it.each(VERSIONS)('is the same by Node %s', async (version) => {
    const node = installNode(version);
    expect(execFileSync(node, ['--version'], { encoding: 'utf8' })).toMatch(`v${version}.`);
    expect(await digestWith(node)).toBe(expected);
  });
});
