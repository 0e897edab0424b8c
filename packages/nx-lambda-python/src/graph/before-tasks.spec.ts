import type { ProjectGraphProjectNode } from '@nx/devkit';
import { askedConfiguration, askedTargets, preTasksExecution, takenScript } from './before-tasks';
import { normalizeOptions } from './options';
import { ASKED_CONFIGURATION } from '../targets/options';

const args = (line: string) => line.split(' ');

test.each([
  ['deploy orders', undefined],
  ['deploy orders -c production', 'production'],
  ['deploy orders -c=production', 'production'],
  ['deploy orders --configuration production', 'production'],
  ['run-many -t deploy --configuration=production', 'production'],
  ['affected -t deploy --prod', 'production'],
  ['run orders:deploy:production', 'production'],
  ['run orders:deploy:production -c staging', 'staging'],
  ['run orders:deploy', undefined],
])('the configuration that `nx %s` asks for', (line, expected) => {
  expect(askedConfiguration(args(line))).toBe(expected);
});

test.each([
  ['deploy orders', ['deploy'], 'orders'],
  ['deploy -c local', ['deploy'], undefined],
  ['run orders:deploy:local', ['deploy'], 'orders'],
  ['run-many -t build deploy --parallel=2', ['build', 'deploy'], undefined],
  ['affected --targets=build,deploy', ['build', 'deploy'], undefined],
])('the targets that `nx %s` asks for', (line, names, project) => {
  expect(askedTargets(args(line))).toEqual({ names, project });
});

describe('the hook', () => {
  const before = process.env[ASKED_CONFIGURATION];
  afterEach(() => {
    if (before === undefined) delete process.env[ASKED_CONFIGURATION];
    else process.env[ASKED_CONFIGURATION] = before;
  });
  const run = (line: string) =>
    preTasksExecution(undefined, {
      id: '1',
      workspaceRoot: '/',
      nxJsonConfiguration: {},
      argv: ['node', 'nx', ...args(line)],
    });

  it('tells executors what was asked for, and forgets what the command before asked for', async () => {
    await run('test orders -c production');
    expect(process.env[ASKED_CONFIGURATION]).toBe('production');
    await run('test orders -- -c staging');
    expect(process.env[ASKED_CONFIGURATION]).toBe('');
  });
});

describe('an npm script in the place of a target', () => {
  const service = (name: string, target: object): ProjectGraphProjectNode => ({
    name,
    type: 'app',
    data: {
      root: `services/${name}`,
      targets: { deploy: target },
      metadata: { targetGroups: { 'Lambda Python': ['build', 'deploy'] } },
    },
  });
  const script = { executor: 'nx:run-script', metadata: { scriptContent: 'make deploy' } };
  const nodes = {
    orders: service('orders', script),
    billing: service('billing', { executor: 'nx-lambda-python:deploy' }),
    mail: service('mail', { executor: 'nx:run-script', options: { script: 'deploy' } }),
  };
  const plans = normalizeOptions(undefined);
  const of = (line: string) => takenScript(askedTargets(args(line)), plans, { nodes });

  it('is refused with its file and all ways out', () => {
    const error = of('deploy orders -c local');
    expect(error?.code).toBe('TARGET_TAKEN');
    expect(error?.message).toContain('npm script of services/orders/package.json (`make deploy`)');
    expect(error?.hint).toContain('"includedScripts": []');
    expect(error?.hint).toContain('{ "deploy": { "targetName": "lambda-deploy" } }');
    expect(of('affected -t deploy')?.message).toContain('`orders`');
  });

  it('is none of our business elsewhere, or where a file declares it', () => {
    for (const line of ['deploy billing', 'deploy mail', 'build orders', 'affected -t build']) {
      expect(of(line)).toBeUndefined();
    }
    expect(takenScript(askedTargets(['deploy']), plans, undefined)).toBeUndefined();
  });
});
