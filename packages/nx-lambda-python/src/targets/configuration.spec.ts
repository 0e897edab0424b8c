import type { TargetConfiguration } from '@nx/devkit';
import deploy from '../executors/deploy';
import pruneVersions from '../executors/prune-versions';
import releases from '../executors/releases';
import rollback from '../executors/rollback';
import { inConfiguration } from './configuration';
import upload from '../executors/upload';
import {
  capturePrinted,
  isolateEnvironment,
  restoreEnvironment,
  TestWorkspace,
} from '../releasing/workspace.fixtures';
import { ASKED_CONFIGURATION } from './options';

const PRODUCTION = { configurations: { production: { stage: 'prod' }, local: {} } };

let workspace: TestWorkspace;
let printed: () => string;
beforeEach(() => {
  workspace = new TestWorkspace();
  Object.assign(workspace.targets['deploy'] ?? {}, PRODUCTION);
  for (const name of ['releases', 'rollback', 'prune-versions']) {
    workspace.targets[name] = { executor: `nx-lambda-python:${name}` };
  }
  isolateEnvironment();
  printed = capturePrinted();
});
afterEach(() => {
  jest.restoreAllMocks();
  restoreEnvironment();
});

/** As Nx and the plugin's hook leave it for the task of this target. */
function typed(target: string, asked: string): NodeJS.ProcessEnv {
  return {
    [ASKED_CONFIGURATION]: asked,
    NX_TASK_TARGET_PROJECT: 'svc',
    NX_TASK_TARGET_TARGET: target,
  };
}

const EXECUTORS = { upload, deploy, releases, rollback, 'prune-versions': pruneVersions };

test.each(Object.entries(EXECUTORS))(
  '%s: a stage that does not exist is refused, with what is near, and nothing is asked of AWS',
  async (name, executor) => {
    Object.assign(process.env, typed(name, 'prodction'), {
      // Whatever is sent, fails by another error.
      AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
      AWS_REGION: 'eu-west-1',
    });
    expect(await executor({}, workspace.context(name))).toEqual({ success: false });
    expect(printed()).toBe(
      `error[CONFIGURATION_UNKNOWN]: neither \`upload\` nor \`deploy\` of \`svc\` has the configuration \`prodction\`, expected one of \`local\`, \`production\`; did you mean \`production\`?; nothing was changed\nhint: run the same command with \`-c production\`, or add \`"prodction": {}\` to "configurations" of \`deploy\` in services/svc/project.json`,
    );
  },
);

describe('the configuration that a target runs in', () => {
  const of = (target: string, asked: string, resolved?: string, deployTarget?: string) =>
    inConfiguration(workspace.context(target, resolved), deployTarget, typed(target, asked))
      .configurationName;
  const own = (target: string, configuration: TargetConfiguration) =>
    Object.assign(workspace.targets[target] ?? {}, configuration);

  it('is the one of the command line, though Nx dropped it, where upload or deploy have it', () => {
    expect(of('rollback', 'production', undefined, 'deploy')).toBe('production');
    expect(of('upload', 'production')).toBe('production');
    expect(of('deploy', 'production', 'production')).toBe('production');
    expect(of('deploy', '')).toBeUndefined();
  });

  it('is the default one of deploy for what follows it', () => {
    own('deploy', { defaultConfiguration: 'production' });
    expect(of('rollback', '', undefined, 'deploy')).toBe('production');
    expect(of('upload', '')).toBeUndefined();
  });

  it('is refused where Nx has mixed the options of another one in', () => {
    own('rollback', { configurations: { dev: { stage: 'dev' } }, defaultConfiguration: 'dev' });
    expect(() => of('rollback', 'production', 'dev', 'deploy')).toThrow(
      '`rollback` of `svc` lacks the configuration `production`, so Nx gave it the options of `dev`',
    );
  });

  it('may be one that the target alone has, with options of its own', () => {
    own('rollback', { configurations: { audit: { stage: 'audit' }, empty: {} } });
    expect(of('rollback', 'audit', 'audit', 'deploy')).toBe('audit');
    expect(() => of('rollback', 'empty', 'empty', 'deploy')).toThrow('`empty`');
  });

  it('is that of the chain alone: another deploy target of the project has its own', () => {
    workspace.targets['deploy-eu'] = {
      executor: 'nx-lambda-python:deploy',
      configurations: { eu: {} },
    };
    expect(() => of('rollback', 'eu', undefined, 'deploy')).toThrow('`eu`');
    expect(of('rollback', 'eu', undefined, 'deploy-eu')).toBe('eu');
    expect(of('upload', 'eu')).toBe('eu');
  });

  it('is what another executor chose that runs this one', () => {
    const context = workspace.context('deploy', 'local');
    const environment = { ...typed('release-all', 'production') };
    expect(inConfiguration(context, 'deploy', environment).configurationName).toBe('local');
  });

  it('is no part of a target name with a colon', () => {
    workspace.targets['deploy:eu'] = { executor: 'nx-lambda-python:deploy' };
    expect(of('deploy:eu', 'eu')).toBeUndefined();
  });
});

describe('a target of the chain that runs something else', () => {
  const foreign = (name: string, executor: string) =>
    Object.assign(workspace.targets[name] ?? {}, { executor });

  it('is told by what would read its options', async () => {
    foreign('upload', 'nx:run-script');
    expect(await deploy({}, workspace.context('deploy'))).toEqual({ success: false });
    const text = printed();
    expect(text).toContain(
      'error[TARGET_TAKEN]: the target `upload` of `svc` runs nx:run-script, expected nx-lambda-python:upload',
    );
    expect(text).toContain('"options": { "upload": { "targetName": "lambda-upload" } }');
  });

  it('is no hint to run it again, where it was to build the package', async () => {
    foreign('build', '@nxlv/python:build');
    const context = workspace.context('upload');
    expect(await upload({ bucket: 'packages' }, context)).toEqual({ success: false });
    const text = printed();
    expect(text).toContain(
      'error[PACKAGE_NOT_BUILT]: `dist/services/svc/manifest.json` is missing, and the target `build` of `svc` runs @nxlv/python:build, expected nx-lambda-python:build',
    );
    expect(text).not.toContain('nx build svc');
    expect(text).toContain('"options": { "build": { "targetName": "lambda-build" } }');
  });
});
