import type { Tree } from '@nx/devkit';
import { createTreeWithEmptyWorkspace } from '@nx/devkit/testing';
import { defaultBuildImage, RUNTIMES } from '../../service/runtimes';
import { dockerfileGenerator } from './dockerfile';
import schema from './schema.json';

let tree: Tree;
beforeEach(() => (tree = createTreeWithEmptyWorkspace()));

async function generate(options: object = {}): Promise<string> {
  await dockerfileGenerator(tree, { directory: 'tools/Build image', skipFormat: true, ...options });
  return tree.read('tools/Build image/Dockerfile', 'utf-8') ?? '';
}

/** Without comments, continued lines joined. */
function instructions(text: string): string[] {
  return text
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line !== '');
}

it('starts from the image that builds use by default', async () => {
  for (const runtime of RUNTIMES) {
    tree = createTreeWithEmptyWorkspace();
    const text = await generate({ runtime: runtime.name, architecture: 'arm64' });
    expect(instructions(text)[0]).toBe(`ARG BASE=${defaultBuildImage(runtime, 'arm64')}`);
  }
});

it.each([
  ['python3.11', 'sam', 'yum', 'Amazon Linux 2', false],
  ['python3.12', 'sam', 'dnf', 'Amazon Linux 2023', false],
  ['python3.9', 'lambda', 'yum', 'Amazon Linux 2', 'awscli'],
  ['python3.14', 'lambda', 'dnf', 'Amazon Linux 2023', 'awscli-2'],
])('%s from %s installs by %s', async (runtime, base, manager, system, cli) => {
  const text = await generate({ runtime, base });
  expect(text).toContain(`# ${system}\nRUN ${manager} install -y `);
  const installed = new RegExp(`RUN ${manager} install -y (.*) && ${manager} clean all`).exec(
    instructions(text)[2] ?? '',
  )?.[1];
  const packages = installed?.split(' ') ?? [];
  expect(packages).toEqual(expect.arrayContaining(['git', 'make', 'openssh-clients', 'zip']));
  expect(packages.find((name) => name.startsWith('awscli')) ?? false).toBe(cli);
  expect(packages.includes('gcc')).toBe(cli !== false);
});

it('has every instruction once, says how to use it, and checks its tools', async () => {
  const text = await generate();
  expect(instructions(text).map((line) => line.split(' ')[0])).toEqual([
    ...['ARG', 'FROM', 'RUN', 'RUN', 'RUN', 'ENTRYPOINT', 'CMD'],
  ]);
  expect(text).not.toMatch(/<%|%>|undefined/);
  expect(text).toContain(
    'docker build --platform=linux/amd64 --tag=build-image:python3.13-x86_64 "tools/Build image"',
  );
  expect(text).toContain('"image": "build-image:python3.13-x86_64"');
  for (const tool of ['bash', 'vim', 'git', 'make', 'aws', 'ssh', 'zip', 'pip3', 'virtualenv']) {
    expect(text).toMatch(new RegExp(`for tool in .*\\b${tool}\\b.*; do`));
  }
  expect(text).toContain('sys.version_info[:2] == (3, 13)');
});

it('pins the base by its digest', async () => {
  const digest = `sha256:${'0a'.repeat(32)}`;
  const text = await generate({ digest, base: 'lambda' });
  expect(text).toContain(`ARG BASE=public.ecr.aws/lambda/python@${digest}\nFROM \${BASE}`);
});

it('replaces no file, and knows the runtimes', async () => {
  await generate();
  await expect(generate()).rejects.toMatchObject({ code: 'OPTION_INVALID' });
  await expect(
    dockerfileGenerator(tree, { directory: 'x', runtime: 'python2.7' as 'python3.9' }),
  ).rejects.toMatchObject({ code: 'RUNTIME_UNKNOWN' });
  await expect(dockerfileGenerator(tree, { directory: '../x' })).rejects.toMatchObject({
    code: 'OPTION_INVALID',
  });
  expect(schema.properties.runtime.enum).toEqual(RUNTIMES.map(({ name }) => name));
  expect(schema.properties.runtime['x-prompt'].items.map(({ value }) => value).sort()).toEqual(
    [...schema.properties.runtime.enum].sort(),
  );
});
