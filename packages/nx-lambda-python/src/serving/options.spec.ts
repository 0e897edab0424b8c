import type { ExecutorContext, TargetConfiguration } from '@nx/devkit';
import { errorWith } from '../errors.fixtures';
import { temporaryDirectory, writeFiles } from '../temporary.fixtures';
import { chosenServices } from './options';

const deploy = (options: object, configurations: object = {}): TargetConfiguration => ({
  executor: 'nx-lambda-python:deploy',
  options,
  configurations,
});

function context(
  projects: Record<string, Record<string, TargetConfiguration>>,
  configurationName?: string,
): ExecutorContext {
  const all = Object.entries(projects).map(([name, targets]) => [name, { root: name, targets }]);
  return {
    ...{ root: '/', targetName: 'serve', configurationName, projectName: 'orders' },
    projectsConfigurations: { version: 2, projects: Object.fromEntries(all) },
  } as unknown as ExecutorContext;
}

const upload = { executor: 'nx-lambda-python:upload', options: {} };
const WORKSPACE = {
  orders: {
    serve: { executor: 'nx-lambda-python:serve' },
    upload,
    deploy: deploy({ functionName: '{stage}-{handler}' }, { dev: { stage: 'dev' } }),
  },
  users: { release: deploy({ stage: 'all' }), deploy: { executor: 'nx:run-commands' } },
  billing: {},
};

describe('chosenServices', () => {
  it('names functions as each deploy target does, in the configuration of the command', () => {
    const services = ['users', 'billing', 'orders'];
    const found = chosenServices({ services }, context(WORKSPACE, 'dev'));
    expect(found.map(({ project, naming }) => [project, naming.template, naming.stage])).toEqual([
      ['orders', '{stage}-{handler}', 'dev'],
      ['users', '{project}-{handler}', 'all'],
      ['billing', '{project}-{handler}', 'local'],
    ]);
    expect(found.map((one) => one.context.projectName)).toEqual(['orders', 'users', 'billing']);
  });

  it('takes names that an account gave, as far as their file is there', () => {
    const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    const root = temporaryDirectory();
    writeFiles(root, { 'names.json': '{"refund":"Stack-Refund-1X"}' });
    const named = (functionNames: string) => {
      const orders = { deploy: deploy({ functionNames }) };
      return chosenServices({}, { ...context({ orders }), root })[0]?.naming.given;
    };
    expect(named('names.json')).toMatchObject({ isComplete: false });
    expect(named('names.json')?.names.entries.get('refund')?.name).toBe('Stack-Refund-1X');
    expect(named('other.json')).toBeUndefined();
    expect(warn).toHaveBeenCalledWith(
      expect.stringContaining('`other.json`, which cannot be read'),
    );
    warn.mockRestore();
  });

  it('prefers its own stage', () => {
    const [orders] = chosenServices({ stage: 'test' }, context(WORKSPACE));
    expect(orders?.naming.stage).toBe('test');
  });

  it.each([
    [{ services: ['user'] }, undefined, 'PROJECT_NOT_FOUND', 'did you mean `users`?'],
    [{}, 'prod', 'CONFIGURATION_UNKNOWN', '`prod`'],
    [{ deployTarget: 'release' }, undefined, 'OPTION_INVALID', '`release`'],
  ])('refuses %j with the configuration %s', (schema, configuration, code, message) => {
    expect(() => chosenServices(schema, context(WORKSPACE, configuration))).toThrow(
      errorWith(code, message),
    );
  });
});
