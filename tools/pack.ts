/** Builds the plugin and leaves the publishable package at `dist/nx-lambda-python.tgz`. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, run, TARBALL } from './workspace-root';

run('npx', ['nx', 'run', 'nx-lambda-python:build', '--output-style=static'], {
  NX_DAEMON: 'false',
});
const destination = join(ROOT, 'dist');
mkdirSync(destination, { recursive: true });
const [packed] = JSON.parse(
  execFileSync('npm', ['pack', '--json', '--pack-destination', destination], {
    cwd: join(ROOT, 'dist', 'packages', 'nx-lambda-python'),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }),
) as { filename: string }[];
if (!packed) throw new Error('npm pack wrote no package');
renameSync(join(destination, packed.filename), TARBALL);
console.log('dist/nx-lambda-python.tgz');
