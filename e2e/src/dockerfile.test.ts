/**
 * The generated Dockerfile, built. AWS's images may be out of reach here: the base is the tests' own image, which has
 * all tools already, with a package manager in it that only notes what it was asked for.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { describeLong, describeWithEngine, IMAGE } from './support/engine';
import { HANDLER, MARKER, serviceFiles, Workspace } from './support/workspace';

const BASE = `local/nx-lambda-python-e2e:base-${process.pid}`;
const OWN = `local/nx-lambda-python-e2e:own-${process.pid}`;
const LABEL = `nx-lambda-python-e2e=dockerfile-${process.pid}`;
const docker = (...args: string[]) => execFileSync('docker', args, { encoding: 'utf8' }).trim();

describeLong('the generated Dockerfile', () => {
  describeWithEngine('in docker', () => {
    let workspace: Workspace;

    beforeAll(() => {
      workspace = new Workspace('dockerfile').init();
      const yum = 'echo "#!/bin/sh\necho \\$@ >> /asked" > /usr/bin/yum; chmod +x /usr/bin/yum';
      const container = docker('create', '--network=host', IMAGE, 'sh', '-c', yum);
      docker('start', '--attach', container);
      const changes = ['ENTRYPOINT ["/lambda-entrypoint.sh"]', `LABEL ${LABEL}`];
      docker('commit', ...changes.map((change) => `--change=${change}`), container, BASE);
      docker('rm', container);
    });
    afterAll(() => {
      spawnSync('docker', ['rmi', '--force', OWN, BASE], { stdio: 'ignore' });
      // What an unfinished build leaves.
      docker('image', 'prune', '--force', `--filter=label=${LABEL}`);
    });

    it('builds, and builds a service', () => {
      workspace.succeed(['g', 'nx-lambda-python:dockerfile', 'tools/own', '--runtime=python3.11']);
      const text = workspace.read('tools/own/Dockerfile');
      expect(text).toContain('ARG BASE=public.ecr.aws/sam/build-python3.11:latest-x86_64');
      const directory = `${workspace.root}/tools/own`;
      const base = `--build-arg=BASE=${BASE}`;
      docker('build', '--network=host', base, `--tag=${OWN}`, directory);
      const run = (...command: string[]) =>
        docker('run', '--rm', '--network=none', OWN, ...command);
      expect(run('cat', '/asked')).toMatch(/^install -y .*openssh-clients.*\nclean all$/);
      expect(run('virtualenv', '--version')).toContain('virtualenv');

      workspace.writeAll(
        serviceFiles('services/orders', MARKER, {
          'app/handlers/a.py': HANDLER,
          'requirements.txt': 'six==1.17.0\n',
        }),
      );
      const output = workspace.succeed([
        ...['build', 'orders', '--engine=docker', `--image=${OWN}`, '--network=host'],
      ]);
      expect(output).toContain(`in docker, ${OWN}`);
    });

    it('does not build on another Python', () => {
      workspace.succeed(['g', 'nx-lambda-python:dockerfile', 'tools/new', '--runtime=python3.10']);
      const args = ['build', '--force-rm', '--network=host', `--build-arg=BASE=${BASE}`];
      const { status, stdout, stderr } = spawnSync(
        'docker',
        [...args, `${workspace.root}/tools/new`],
        {
          encoding: 'utf8',
        },
      );
      expect(status).not.toBe(0);
      expect(`${stdout}${stderr}`).toContain('AssertionError: 3.11');
    });
  });
});
