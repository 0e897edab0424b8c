/** The container way, with a real engine. */

import { join } from 'node:path';
import { CONTAINER_OPTIONS, describeWithEngine, IMAGE } from './support/engine';
import { runDirectory } from './support/run-directory';
import { Workspace } from './support/workspace';

describeWithEngine('build in a container', () => {
  let workspace: Workspace;
  const build = (...args: string[]) =>
    workspace.succeed(['build', 'orders', '--skip-nx-cache', ...args], {
      NX_LAMBDA_PYTHON_CACHE_DIRECTORY: join(runDirectory(), 'container-store'),
    });

  beforeAll(() => {
    // markupsafe is built from source, with a compiled extension.
    workspace = new Workspace('container').generateOrders(
      'orjson==3.11.5\nmarkupsafe==3.0.2\n--no-binary markupsafe\n',
      CONTAINER_OPTIONS,
    );
  });

  it('resolves once, in the build image, streaming what pip says', () => {
    const output = build();
    expect(output).toContain(`resolving python3.11 x86_64 wheels in docker, ${IMAGE}`);
    expect(output).toContain('Collecting orjson==3.11.5');
    const manifest = workspace.manifest('services/orders');
    expect(manifest).toMatchObject({
      engine: 'docker',
      image: expect.stringMatching(/^local\/lambda-python:3\.11@sha256:[0-9a-f]{64}$/) as string,
      runtime: 'python3.11',
      architecture: 'x86_64',
    });
    expect(
      manifest.distributions.map(({ name, version }) => [name.toLowerCase(), version]),
    ).toEqual([
      ['markupsafe', '3.0.2'],
      ['orjson', '3.11.5'],
    ]);
    expect(workspace.packageDigest('services/orders')).toBe(manifest.package.sha256);
    expect(workspace.packagePaths('services/orders')).toEqual(
      expect.arrayContaining([
        'markupsafe/_speedups.cpython-311-x86_64-linux-gnu.so',
        'orders/handlers/__init__.py',
      ]),
    );
  });

  it('starts no container when nothing or only a source line changed', () => {
    const before = workspace.packageDigest('services/orders');
    expect(build()).not.toContain('resolving');
    expect(workspace.packageDigest('services/orders')).toBe(before);
    workspace.write('services/orders/orders/shared.py', 'x = 1\n');
    expect(build()).not.toContain('resolving');
    expect(workspace.packageDigest('services/orders')).not.toBe(before);
  });

  it('starts one when the requirements change, not when a comment does', () => {
    const requirements = workspace.read('services/orders/requirements.txt');
    workspace.write('services/orders/requirements.txt', `# why\n\n${requirements}`);
    expect(build()).not.toContain('resolving');
    workspace.write('services/orders/requirements.txt', `${requirements}six==1.17.0\n`);
    expect(build()).toContain('resolving');
    workspace.write('services/orders/requirements.txt', requirements);
    expect(build()).not.toContain('resolving');
  });

  it('refuses wheels for a newer glibc than the runtime has, though the image has it', () => {
    workspace.write('services/orders/requirements.txt', 'numpy\n');
    build();
    const numpy = workspace
      .manifest('services/orders')
      .distributions.find(({ name }) => name === 'numpy');
    expect(numpy?.wheel).toMatch(/manylinux_2_17|manylinux2014|manylinux_2_2[0-6]/);
  });

  it('names the distributions at fault', () => {
    workspace.write('services/orders/requirements.txt', 'six==1.17.0\nsix==1.16.0\n');
    workspace.fail(
      ['build', 'orders'],
      ['error[PIP_FAILED]', '`six==1.17.0`, but the requirements ask for `six==1.16.0`'],
    );
    workspace.write('services/orders/requirements.txt', 'nx-lambda-python-no-such-distribution\n');
    expect(workspace.nx(['build', 'orders']).output).toContain(
      '`nx-lambda-python-no-such-distribution` is unknown',
    );
  });

  it('says that an image does not fit the runtime', () => {
    const pyproject = workspace.read('services/orders/pyproject.toml');
    workspace.write(
      'services/orders/pyproject.toml',
      pyproject.replace('python3.11', 'python3.12'),
    );
    workspace.write('services/orders/requirements.txt', 'six==1.17.0\n');
    const { output } = workspace.nx(['build', 'orders']);
    workspace.write('services/orders/pyproject.toml', pyproject);
    expect(output).toContain('error[IMAGE_UNAVAILABLE]');
    expect(output).toContain("its Python is 3.11, the runtime's is 3.12");
  });
});
