import { DEFAULT_FUNCTION_NAME } from '../../release/plan/functions';
import * as deploySchema from '../deploy/schema.json';
import { DEFAULT_WAIT_TIMEOUT_SECONDS, DEFAULT_WRITES_PER_SECOND } from '../deploy/request';
import { DEFAULT_BUILD_TARGET } from './build-output';
import * as uploadSchema from './schema.json';
import { DEFAULT_PREFIX } from '../../release/upload/package-object';

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
