import type { ExecutorContext } from '@nx/devkit';
import { normalizeOptions } from './normalize';
import type { BuildExecutorSchema } from '../schemas/build';

const context = {
  root: '/workspace',
  projectName: 'orders',
  projectsConfigurations: { version: 2, projects: { orders: { root: 'services/orders' } } },
} as unknown as ExecutorContext;
const normalize = (schema: Partial<BuildExecutorSchema>) =>
  normalizeOptions({ outputPath: 'dist/services/orders', ...schema }, context);

describe('normalizeOptions', () => {
  it('sets every default', () => {
    expect(normalize({})).toMatchObject({
      dependencies: 'wheels',
      engine: 'auto',
      requirements: ['services/orders/requirements.txt'],
    });
  });

  it.each<[Partial<BuildExecutorSchema>, string]>([
    [{ requirements: ['../../../requirements.txt'] }, '`requirements` names'],
    [{ constraints: ['../../../../etc/limits.txt'] }, '`constraints` names'],
    [{ outputPath: '../dist' }, '`outputPath` is'],
    [{ outputPath: '/workspace/dist' }, '`outputPath` is'],
    [{ pipArgs: ['-r', '../more.txt'] }, '`pipArgs` has'],
    [{ volumes: ['../lib:/lib'] }, '`../lib` is outside of the workspace'],
  ])('refuses %j, of which the workspace knows nothing', (schema, message) => {
    expect(() => normalize(schema)).toThrow(
      expect.objectContaining({
        code: 'OPTION_INVALID',
        message: expect.stringContaining(message) as string,
      }),
    );
  });

  it('takes what a workspace may set for all, empty, with install', () => {
    const schema = { dependencies: 'install', excludeDistributions: [], collisions: {} } as const;
    expect(normalize({ ...schema, excludeDistributions: [] }).dependencies).toBe('install');
  });

  it.each<[Partial<BuildExecutorSchema>, string]>([
    [{ pipArgs: ['--index-url=https://bob:s3cret@host/simple'] }, 'PIP_INDEX_URL'],
    [{ containerArgs: ['--env=HTTPS_PROXY=http://bob:s3cret@proxy'] }, '"environment": ["NAME"]'],
    [{ environment: ['HTTPS_PROXY=http://bob:s3cret@proxy'] }, '"environment": ["NAME"]'],
  ])('refuses credentials in %j', (schema, hint) => {
    expect(() => normalize(schema)).toThrow(
      expect.objectContaining({
        code: 'OPTION_INVALID',
        message: expect.not.stringContaining('s3cret') as string,
        hint: expect.stringContaining(hint) as string,
      }),
    );
  });

  it.each<[Partial<BuildExecutorSchema>, string, string]>([
    [{ engine: 'host' }, 'needs a container', '"engine": "auto"'],
    [{ excludeDistributions: ['boto3'] }, '`excludeDistributions` cannot', '[]'],
    [{ collisions: { 'a.py': 'a' } }, '`collisions` cannot', '{}'],
    [{ scripts: true }, '`scripts` cannot', '`"scripts": false`'],
    [
      { excludeDistributions: ['a'], collisions: { 'a.py': 'a' } },
      '`excludeDistributions` and `collisions` cannot',
      '"dependencies": "wheels"',
    ],
  ])('refuses %j with install', (schema, message, hint) => {
    expect(() => normalize({ ...schema, dependencies: 'install' })).toThrow(
      expect.objectContaining({
        code: 'OPTION_INVALID',
        message: expect.stringContaining(message) as string,
        hint: expect.stringContaining(hint) as string,
      }),
    );
    expect(() => normalize(schema)).not.toThrow();
  });
});
