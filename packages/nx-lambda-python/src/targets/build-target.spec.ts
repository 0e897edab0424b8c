import type { ExecutorContext } from '@nx/devkit';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { errorWith } from '../errors.fixtures';
import type { BuildExecutorSchema } from '../schemas/build';
import { normalizeOptions } from './build-target';
import { temporaryDirectory } from '../temporary.fixtures';

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
      required: { requirements: undefined, constraints: [] },
      container: { engine: 'auto', mount: 'auto', ssh: 'auto' },
      content: { dependencies: 'wheels', bytecodeMb: null },
      output: { path: 'dist/services/orders', imports: 'warn' },
    });
    expect(normalize({ bytecode: true }).content.bytecodeMb).toBe(50);
  });

  it.each<[Partial<BuildExecutorSchema>, string]>([
    [{ requirements: ['../../../requirements.txt'] }, '`requirements` names'],
    [{ constraints: ['../../../../etc/limits.txt'] }, '`constraints` names'],
    [{ outputPath: '../dist' }, '`outputPath` is'],
    [{ outputPath: '/workspace/dist' }, '`outputPath` is'],
    [{ pipArgs: ['-r', '../more.txt'] }, '`pipArgs` has'],
    [{ volumes: ['../lib:/lib'] }, '`../lib` is outside of the workspace'],
  ])('refuses %j, of which the workspace knows nothing', (schema, message) => {
    expect(() => normalize(schema)).toThrow(errorWith('OPTION_INVALID', message));
  });

  it('takes what a workspace may set for all, empty, with install', () => {
    const schema = { dependencies: 'install', excludeDistributions: [], collisions: {} } as const;
    expect(normalize({ ...schema, excludeDistributions: [] }).content.dependencies).toBe('install');
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
    [{ acceptIncompleteRecords: ['a'] }, '`acceptIncompleteRecords` cannot', '[]'],
    [{ collisions: { 'a.py': 'a' } }, '`collisions` cannot', '{}'],
    [{ scripts: true }, '`scripts` cannot', '`"scripts": false`'],
    [
      { excludeDistributions: ['a'], collisions: { 'a.py': 'a' } },
      '`excludeDistributions` and `collisions` cannot',
      '"dependencies": "wheels"',
    ],
  ])('refuses %j with install', (schema, message, hint) => {
    expect(() => normalize({ ...schema, dependencies: 'install' })).toThrow(
      errorWith('OPTION_INVALID', message, hint),
    );
    expect(() => normalize(schema)).not.toThrow();
  });
});

describe('volumes', () => {
  let workspace: string;
  beforeAll(() => {
    workspace = temporaryDirectory();
    mkdirSync(join(workspace, 'libs', 'c'), { recursive: true });
  });
  const volumesOf = (volume: string) =>
    normalizeOptions({ volumes: [volume] }, { ...context, root: workspace }).container.volumes;

  it.each([
    ['/opt/oracle:/opt/oracle', { source: '/opt/oracle', target: '/opt/oracle', readOnly: false }],
    ['/a b:/c/:ro', { source: '/a b', target: '/c', readOnly: true }],
    ['C:\\oracle:/oracle:rw', { source: 'C:\\oracle', target: '/oracle', readOnly: false }],
    ['C:/oracle:/oracle', { source: 'C:/oracle', target: '/oracle', readOnly: false }],
    ['cache:/cache', { source: 'cache', target: '/cache', readOnly: false, isVolume: true }],
  ])('%s', (volume, expected) => {
    expect(volumesOf(volume)).toEqual([expected]);
  });

  it.each(['libs/c:/libs:ro', './libs/c:/libs:ro'])('%s, of the workspace', (volume) => {
    const source = join(workspace, 'libs', 'c');
    expect(volumesOf(volume)).toEqual([{ source, target: '/libs', readOnly: true }]);
  });

  it.each([
    ['/only', 'is not `source:target`'],
    ['/a:b', 'is not `source:target`'],
    ['/a:/b:z', 'is not `source:target`'],
    ['/a:/b/../c', '`..` is not allowed'],
    ['/a:/nx-lambda-python', 'the build itself uses'],
    ['/a:/nx-lambda-python/wheels', 'the build itself uses'],
    ['./lib:/x', '`./lib` does not exist in the workspace'],
  ])('refuses %s', (volume, message) => {
    const act = () => volumesOf(volume);
    expect(act).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
    expect(act).toThrow(message);
  });
});

describe('environment', () => {
  const variablesOf = (environment: string[]) => normalize({ environment }).container.environment;

  it('takes values, and names of this machine', () => {
    expect(variablesOf(['CFLAGS=-O2 -DX="a=b"', 'EMPTY=', 'TOKEN'])).toEqual({
      literal: { CFLAGS: '-O2 -DX="a=b"', EMPTY: '' },
      inherited: ['TOKEN'],
    });
  });

  it.each([
    ['HOME=/x', '`HOME` in `environment` is set by the build itself'],
    ['PYTHONPATH', '`PYTHONPATH` in `environment` is set'],
    ['a-b=secret', '`a-b` in `environment` is not the name of a variable'],
    ['=secret', '`` in `environment` is not the name of a variable'],
  ])('refuses %s, without its value', (entry, message) => {
    const act = () => variablesOf([entry]);
    expect(act).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
    expect(act).toThrow(message);
    expect(act).not.toThrow(/secret/);
  });
});
