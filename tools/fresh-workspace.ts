/** A new Nx workspace with the packed plugin in it, as a user would have it. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NxVersion } from './nx-versions';
import { TARBALL } from './workspace-root';

export function createWorkspace(directory: string, { nx, devkit }: NxVersion): void {
  mkdirSync(directory, { recursive: true });
  const manifest = {
    name: 'acme',
    version: '0.0.0',
    private: true,
    devDependencies: { nx, '@nx/devkit': devkit, 'nx-lambda-python': `file:${TARBALL}` },
  };
  writeFileSync(join(directory, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  const nxJson = { defaultBase: 'main', analytics: false, neverConnectToCloud: true };
  writeFileSync(join(directory, 'nx.json'), `${JSON.stringify(nxJson, null, 2)}\n`);
  writeFileSync(join(directory, '.gitignore'), 'node_modules\ndist\n.nx\n');
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  execFileSync('npm', ['install', ...quiet], {
    cwd: directory,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** The defaults of all build targets. */
export function setBuildOptions(directory: string, options: Record<string, string>): void {
  const file = join(directory, 'nx.json');
  const nxJson = JSON.parse(readFileSync(file, 'utf8')) as object;
  const targetDefaults = { 'nx-lambda-python:build': { options } };
  writeFileSync(file, `${JSON.stringify({ ...nxJson, targetDefaults }, null, 2)}\n`);
}

/** `nx affected` compares with a commit. */
export function commitAll(directory: string, message: string): void {
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=dev', '-c', 'user.email=dev@example.com', ...args], {
      cwd: directory,
      stdio: 'ignore',
    });
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--all');
  git('commit', '--quiet', '--message', message);
}
