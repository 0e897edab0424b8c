import { DEFAULT_FUNCTION_NAME } from '../release/plan/functions';
import * as deploySchema from '../schemas/deploy.json';
import {
  DEFAULT_WAIT_TIMEOUT_SECONDS,
  DEFAULT_WRITES_PER_SECOND,
  deployRequest,
} from '../releasing/deploy-request';
import { rollbackRequest } from '../releasing/rollback-request';
import { DEFAULT_BUILD_TARGET } from './build-output';
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
    const { bucket } = deployRequest({}, workspace.context('deploy')).settings;
    expect(rollbackRequest({}, workspace.context('rollback')).settings.bucket).toEqual(bucket);
    workspace.remove();
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
