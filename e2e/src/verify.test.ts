/** `nx verify` on packages of real distributions, in the container and by this machine's Python. */

import { join } from 'node:path';
import { CONTAINER_OPTIONS, describeWithEngine } from './support/engine';
import { runDirectory } from './support/run-directory';
import { HANDLER, Workspace } from './support/workspace';

interface Report {
  compiledFiles: number;
  findings: {
    level: string;
    kind: string;
    handler?: string;
    distribution?: string;
    file?: string;
  }[];
}

/** By handler, beside those of the generator. */
const HANDLERS = {
  data: `import orjson\nimport requests\n${HANDLER}`,
  exits: `import sys\nsys.exit("no")\n${HANDLER}`,
  idle: `import idna\n${HANDLER}`,
  shared: `import posix_ipc\n${HANDLER}`,
  writes: `open("x", "w")\n${HANDLER}`,
};

describeWithEngine('verifying a package of real distributions', () => {
  let workspace: Workspace;
  const report = () =>
    JSON.parse(workspace.read('dist/services/orders/verify-report.json')) as Report;
  const found = () =>
    report().findings.map(({ level, kind, distribution, handler }) =>
      [level, kind, distribution ?? handler].join(' '),
    );

  beforeAll(() => {
    // posix_ipc is built from source: on this image, its functions are those of a newer glibc than Lambda's.
    workspace = new Workspace('verify').generateOrders(
      'orjson==3.11.5\nrequests==2.32.3\nposix_ipc==1.2.0\n--no-binary posix_ipc\n',
      CONTAINER_OPTIONS,
    );
    workspace.environment = {
      NX_LAMBDA_PYTHON_CACHE_DIRECTORY: join(runDirectory(), 'verify-store'),
    };
    for (const [name, text] of Object.entries(HANDLERS)) {
      workspace.write(`services/orders/orders/handlers/${name}.py`, text);
    }
  });

  it('finds what would fail in Lambda, in one container', () => {
    const output = workspace.fail(
      ['verify', 'orders'],
      [
        'error[FINDINGS_FOUND]',
        'needs GLIBC_2.34, Amazon Linux 2 has GLIBC_2.26',
        'imports by handler (6)',
      ],
    );
    expect(found()).toEqual([
      'error glibc-too-new posix_ipc',
      'error exits-at-import exits',
      'error writes-own-directory writes',
      'warning unrequired-import idna',
    ]);
    expect(report().compiledFiles).toBeGreaterThan(1);
    expect(output).toContain('orjson');
  });

  it('finds the same of imports by a Python of this machine, and is cached once nothing is left', () => {
    const before = found();
    workspace.fail(['verify', 'orders', '--engine=host'], ['with python3.11 on this machine']);
    expect(found()).toEqual(before);
    for (const name of ['exits', 'writes', 'idle']) {
      workspace.remove(`services/orders/orders/handlers/${name}.py`);
    }
    const accepted = '--accept=glibc-too-new:posix-ipc';
    workspace.succeed(['verify', 'orders', accepted]);
    expect(found()).toEqual(['error glibc-too-new posix_ipc']);
    workspace.remove('dist/services/orders/verify-report.json');
    expect(workspace.succeed(['verify', 'orders', accepted])).toContain('local cache');
    expect(found()).toEqual(['error glibc-too-new posix_ipc']);
  });

  it('stands before upload where the plugin is told so', () => {
    const nxJson = JSON.parse(workspace.read('nx.json')) as object;
    const plugins = [{ plugin: 'nx-lambda-python', options: { verify: true } }];
    workspace.write('nx.json', JSON.stringify({ ...nxJson, plugins }));
    workspace.fail(['upload', 'orders', '-c', 'local'], ['error[FINDINGS_FOUND]']);
    expect(workspace.exists('.nx-lambda-python/account')).toBe(false);
  });
});
