import type { ExecutorContext } from '@nx/devkit';
import { buildOptionsOf, normalizeOptions } from './build-target';
import { buildOutput, DEFAULT_BUILD_TARGET } from './chain';
import { DEFAULT_FUNCTION_NAME } from '../service/function-name';
import * as deploySchema from '../schemas/deploy.json';
import {
  DEFAULT_WAIT_TIMEOUT_SECONDS,
  DEFAULT_WRITES_PER_SECOND,
  deployRequest,
} from '../releasing/deploy-options';
import { rollbackRequest } from '../releasing/rollback';
import * as uploadSchema from '../schemas/upload.json';
import { TestWorkspace } from '../releasing/workspace.fixtures';
import { DEFAULT_PREFIX } from '../release/upload/package-object';

// Deploy reads the options of upload as they are written down, where no schema has filled in defaults.
describe('the defaults of the schemas are those of the code', () => {
  it('for upload', () => {
    const { prefix, buildTarget } = uploadSchema.properties;
    expect(prefix.default).toBe(DEFAULT_PREFIX);
    expect(buildTarget.default).toBe(DEFAULT_BUILD_TARGET);
  });

  it('for deploy', () => {
    const { functionName, writesPerSecond, waitTimeoutSeconds } = deploySchema.properties;
    expect(functionName.default).toBe(DEFAULT_FUNCTION_NAME);
    expect(writesPerSecond.default).toBe(DEFAULT_WRITES_PER_SECOND);
    expect(waitTimeoutSeconds.default).toBe(DEFAULT_WAIT_TIMEOUT_SECONDS);
  });

  it.each(['region', 'profile', 'endpoint', 'simulated'] as const)(
    'and deploy has no default for %s, which would hide that of upload',
    (option) => {
      expect(deploySchema.properties[option]).not.toHaveProperty('default');
    },
  );
});

describe('the key that encrypts', () => {
  const bucketOf = (options: object) => {
    const workspace = new TestWorkspace();
    workspace.targets['upload'] = { options: { bucket: 'packages', ...options } };
    workspace.targets['deploy'] = { options: {} };
    const { run } = deployRequest({}, workspace.context('deploy'));
    const { bucket } = run.account.destination;
    const undo = rollbackRequest({}, workspace.context('rollback'));
    expect(undo.run.account.destination.bucket).toEqual(bucket);
    return bucket;
  };

  it("is the upload target's, also for the records and the lock of deploy and rollback", () => {
    expect(bucketOf({ kmsKeyId: 'alias/packages' })).toEqual({
      name: 'packages',
      kmsKeyId: 'alias/packages',
    });
  });

  it('is none in the simulated account, which has no keys', () => {
    expect(bucketOf({ kmsKeyId: 'alias/packages', simulated: true })).toEqual({ name: 'packages' });
  });
});

function context(outputPath: string | undefined): ExecutorContext {
  const targets = { build: { executor: 'nx-lambda-python:build', options: { outputPath } } };
  const project = { root: 'services/orders', targets };
  return {
    root: '/workspace',
    projectName: 'orders',
    projectGraph: { nodes: { orders: { data: project } } },
    projectsConfigurations: { version: 2, projects: { orders: project } },
  } as unknown as ExecutorContext;
}

/** Where build, explain and upload (with it deploy, rollback and prune-versions) have the package. */
const places = (outputPath: string | undefined) => [
  normalizeOptions({ outputPath }, context(outputPath)).output.path,
  buildOptionsOf(context(outputPath)).output.path,
  buildOutput(context(outputPath)).displayed,
];

describe('the output of the build', () => {
  it.each([
    ['out/orders', 'out/orders'],
    ['./out/../out/orders/', 'out/orders'],
    [undefined, 'dist/services/orders'],
  ])('is one place for all that use outputPath %s', (outputPath, expected) => {
    expect(places(outputPath)).toEqual([expected, expected, expected]);
    expect(buildOutput(context(outputPath)).directory).toBe(`/workspace/${expected}`);
  });

  it.each(['/elsewhere/orders', '/workspace/dist/orders', '../orders'])(
    'is refused by all of them: %s',
    (outputPath) => {
      const all = [
        () => normalizeOptions({ outputPath }, context(outputPath)),
        () => buildOptionsOf(context(outputPath)),
        () => buildOutput(context(outputPath)),
      ];
      for (const read of all) expect(read).toThrow(`\`outputPath\` is \`${outputPath}\``);
    },
  );
});
