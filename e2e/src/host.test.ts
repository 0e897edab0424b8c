/** The host way, with real pips: what they are told, and what they can't do. */

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describeLong } from './support/engine';
import { runDirectory } from './support/run-directory';
import { HANDLER, serviceFiles, Workspace } from './support/workspace';

describe('resolving on this machine', () => {
  let workspace: Workspace;
  const require = (...lines: string[]) =>
    workspace.write('services/orders/requirements.txt', `${lines.join('\n')}\n`);
  const build = (path = process.env['PATH'], more: Record<string, string> = {}) =>
    workspace.nx(['build', 'orders', '--engine=host', '--skip-nx-cache'], { PATH: path, ...more });
  const wheels = () =>
    workspace.manifest('services/orders').distributions.map(({ wheel }) => wheel ?? '');

  beforeAll(() => {
    workspace = new Workspace('host');
    workspace.environment = {
      NX_LAMBDA_PYTHON_CACHE_DIRECTORY: join(runDirectory(), 'host-store'),
    };
    workspace.init();
    // Another Python, processor and, for some, system than this machine's.
    const marker = 'package = "app"\nruntime = "python3.9"\narchitecture = "arm64"\n';
    workspace.writeAll(serviceFiles('services/orders', marker, { 'app/handlers/a.py': HANDLER }));
  });

  function expectRuntime(): void {
    expect(wheels()).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^orjson-.*-cp39-cp39-manylinux.*aarch64/),
        // Only where Python is older than 3.11.
        expect.stringMatching(/^exceptiongroup-/),
      ]),
    );
    expect(wheels().some((wheel) => wheel.startsWith('colorama'))).toBe(false);
  }
  const REQUIREMENTS = [
    'orjson==3.11.3',
    'anyio==4.4.0',
    'colorama; sys_platform == "win32" or platform_machine == "x86_64"',
  ];

  it("goes by the runtime's tags and markers", () => {
    require(...REQUIREMENTS);
    expect(build()).toMatchObject({ code: 0 });
    expectRuntime();
  });

  it("goes by pip's configuration as the requirements key has it, and by what it says of constraints", () => {
    require('idna');
    const configuration = join(runDirectory(), 'host pip.conf');
    const limits = join(runDirectory(), 'host-limits.txt');
    writeFileSync(configuration, `[download]\nconstraint = ${limits}\n`);
    const versionFor = (limit: string) => {
      writeFileSync(limits, `${limit}\n`);
      const { code, output } = build(undefined, { PIP_CONFIG_FILE: configuration });
      expect({ code, output }).toMatchObject({ code: 0 });
      return wheels();
    };
    expect(versionFor('idna==3.6')).toEqual(['idna-3.6-py3-none-any.whl']);
    expect(versionFor('idna==3.7')).toEqual(['idna-3.7-py3-none-any.whl']);
    expect(versionFor('# the same\nidna==3.6')).toEqual(['idna-3.6-py3-none-any.whl']);
  });

  it.each([
    [['num2words==0.5.13'], '`docopt>=0.6.2`, which `num2words` requires,'],
    [['num2words>=0.5.9'], '`docopt'],
  ])('names what needs a container: %s', (requirements, named) => {
    require(...requirements);
    const { code, output } = build();
    expect(code).not.toBe(0);
    expect(output).toContain(`error[WHEEL_UNAVAILABLE]: no published wheel of ${named}`);
  });

  describeLong('with another pip', () => {
    it.each(['pip==20.3.4', 'pip==23.0', 'pip'])('%s', (version) => {
      const environment = join(runDirectory(), `venv-${version.replaceAll('=', '-')}`);
      const bin = join(environment, 'bin');
      const run = (file: string, ...args: string[]) => {
        const { status, stderr } = spawnSync(file, args, { encoding: 'utf8' });
        if (status !== 0) throw new Error(stderr);
      };
      run('python3', '-m', 'venv', environment);
      run(join(bin, 'python'), '-m', 'pip', 'install', '--quiet', '--upgrade', version);
      // Resolved anew, into a key of its own.
      require(...REQUIREMENTS, `six==1.${version === 'pip' ? 17 : version === 'pip==23.0' ? 16 : 15}.0`);
      const { code, output } = build([bin, process.env['PATH']].join(delimiter));
      expect(code).toBe(0);
      expect(output).toContain('resolved by host');
      expectRuntime();
    });
  });
});
