import { workspaceRoot, type Tree } from '@nx/devkit';
import { createTreeWithEmptyWorkspace } from '@nx/devkit/testing';
import { PassThrough } from 'node:stream';
import { askForService, chooseService, findServices, workspacePath } from './generator';

describe('workspacePath', () => {
  it.each([
    ['services/orders', '', 'services/orders'],
    ['./services/orders/', '', 'services/orders'],
    ['orders', 'services', 'services/orders'],
    ['services/orders', 'services', 'services/orders'],
    ['../libs/x', 'services', 'libs/x'],
    ['.', '', '.'],
    ['.', 'services/orders', 'services/orders'],
    ['services\\orders', '', 'services/orders'],
  ])('%s in %j is %s', (typed, current, expected) => {
    expect(workspacePath(typed, current)).toBe(expected);
  });

  it.each([
    ['../x', ''],
    ['../../x', 'services'],
    ['/etc', ''],
  ])('refuses %s in %j', (typed, current) => {
    expect(() => workspacePath(typed, current)).toThrow(/not a path inside the workspace/);
  });
});

describe('the service of a command', () => {
  const MARKER = '[tool.nx-lambda-python]\nruntime = "python3.13"\npackage = "a"\n';
  const COMMAND = 'nx g nx-lambda-python:handler refund';
  let tree: Tree;

  function write(root: string, files: Record<string, string>): void {
    tree.write(`${root}/pyproject.toml`, MARKER);
    for (const [path, text] of Object.entries(files)) tree.write(`${root}/${path}`, text);
  }

  beforeEach(() => {
    tree = createTreeWithEmptyWorkspace();
    write('services/a', {
      'project.json': '{ "name": "orders" }',
      'package.json': '{ "name": "@acme/orders" }',
    });
    tree.write('services/a/pyproject.toml', `[project]\nname = "acme-orders"\n${MARKER}`);
  });

  const choose = async (name?: string) => {
    const { root } = await chooseService(tree, await findServices(tree), name, COMMAND);
    return root;
  };

  it.each(['orders', '@acme/orders', 'acme-orders', 'a', 'services/a', 'services-a', undefined])(
    'is found by %s',
    async (name) => {
      if (name !== undefined) write('services/b', {});
      expect(await choose(name)).toBe('services/a');
    },
  );

  it('at the root of the workspace has the names of its package.json', async () => {
    write('.', { 'package.json': '{ "name": "@acme/source" }' });
    expect(await choose('@acme/source')).toBe('.');
    // Nx was started there.
    expect(await choose()).toBe('.');
  });

  it('is the one of the current directory', async () => {
    write('services/b', {});
    const [root, directory] = [tree.root, process.env['INIT_CWD']];
    tree.root = workspaceRoot;
    process.env['INIT_CWD'] = `${workspaceRoot}/services/b/a/handlers`;
    const services = await findServices(tree);
    try {
      expect((await chooseService(tree, services, undefined, COMMAND)).root).toBe('services/b');
    } finally {
      tree.root = root;
      if (directory === undefined) delete process.env['INIT_CWD'];
      else process.env['INIT_CWD'] = directory;
    }
  });

  it('has to be named where no terminal can ask, with the command to type', async () => {
    write('services/b', {});
    await expect(choose()).rejects.toMatchObject({
      code: 'PROJECT_NOT_FOUND',
      message: 'the workspace has 2 services, and the command names none of them: `orders`, `b`',
      hint: `name one: \`${COMMAND} --project=orders\``,
    });
  });

  it('must exist, and its name must tell it from others', async () => {
    write('teams/a', { 'project.json': '{ "name": "other" }' });
    await expect(choose('orderz')).rejects.toMatchObject({
      message: 'no service is named `orderz`; did you mean `orders`?',
      hint: expect.stringContaining('--project=orders'),
    });
    await expect(choose('a')).rejects.toMatchObject({
      message: 'more than one service is named `a`: in `services/a`, `teams/a`',
    });
    tree.delete('services/a');
    tree.delete('teams/a');
    await expect(choose()).rejects.toMatchObject({ message: 'the workspace has no service' });
  });

  it.each([
    ['2\n', 'services/b'],
    ['orders\n', 'services/a'],
  ])('is asked for with a list: %j', async (answer, root) => {
    write('services/b', {});
    const [input, output] = [new PassThrough(), new PassThrough()];
    input.write(answer);
    const service = await askForService(await findServices(tree), input, output);
    expect(service.root).toBe(root);
    expect(String(output.read())).toContain('  1) orders (services/a)\n  2) b (services/b)\n');
  });

  it('is not asked for forever: a closed terminal is no answer', async () => {
    const input = new PassThrough();
    input.end();
    await expect(
      askForService(await findServices(tree), input, new PassThrough()),
    ).rejects.toMatchObject({ code: 'PROJECT_NOT_FOUND' });
  });
});
