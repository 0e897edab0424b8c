/** Repositories that become services: docs/adopting.md word by word, and six of other origins beside pip's result. */

import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../tools/workspace-root';
import { CONTAINER_OPTIONS, describeWithEngine, IMAGE } from './support/engine';
import { unnamedDifferences } from './support/pip-differences';
import { readTree } from './support/tree';
import { Workspace } from './support/workspace';

const PAGE = readFileSync(join(ROOT, 'packages/nx-lambda-python/docs/adopting.md'), 'utf8');

interface Section {
  title: string;
  files: Record<string, string>;
  commands: string[];
  printed: string;
  /** Path and text of the pyproject.toml that the section ends with. */
  marker: [path: string, text: string];
}

const sections = PAGE.split(/^## /m).slice(1).map(readSection);

function readSection(text: string): Section {
  const block = (language: string) =>
    new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(text)?.[1] ?? '';
  const named = [...text.matchAll(/^`([^`]+)`(:| now is:)\n\n```\w*\n([^]*?)```/gm)].map(
    ([, path = '', kind, content = '']) => ({ path, isNew: kind === ':', content }),
  );
  const marker = named.find(({ isNew }) => !isNew);
  return {
    title: text.split('\n')[0] ?? '',
    files: Object.fromEntries(named.flatMap((one) => (one.isNew ? [[one.path, one.content]] : []))),
    commands: block('sh').trim().split('\n'),
    printed: block('text'),
    marker: [marker?.path ?? '', marker?.content ?? ''],
  };
}

describe('docs/adopting.md', () => {
  let workspace: Workspace;
  beforeAll(() => {
    workspace = new Workspace('adopting').init({}, { build: { engine: 'host', imports: 'error' } });
  });

  it('has a section for each origin', () => {
    expect(sections.map(({ title }) => title)).toEqual([
      'SAM',
      'Serverless',
      'Terraform',
      'CDK',
      'Scripts',
    ]);
  });

  it.each(sections.map((section) => [section.title, section] as const))(
    '%s',
    (_, { files, commands, printed, marker: [path, text] }) => {
      workspace.writeAll(files);
      const output = commands.map((command) => {
        const [npx, nx, ...args] = command.split(' ');
        expect([npx, nx]).toEqual(['npx', 'nx']);
        return workspace.succeed(args);
      });
      expect(output.join('')).toContain(printed);
      expect(output.join('')).not.toContain('check: ');
      expect(workspace.read(path)).toBe(text);
      const root = path.replace('/pyproject.toml', '');
      expect(workspace.packagePaths(root)).toContain('six.py');
    },
  );
});

/** A repository of its own origin, in e2e/fixtures, beside the marker that somebody would write for it. */
interface Repository {
  /** What is adopted, and the project that it becomes. */
  directory: string;
  project: string;
  /** Options that name what the repository does not say. */
  options?: string[];
  /** Files that git would ignore. */
  ignored?: Record<string, string>;
  handlers: string[];
  /** What `adopt` is not sure of. */
  unsure: RegExp[];
}

const RUNTIME = ['--runtime=python3.11'];

const REPOSITORIES: Record<string, Repository> = {
  sam: {
    directory: 'backend',
    project: 'backend',
    handlers: ['checkout.main', 'jobs.nightly.lambda_handler'],
    unsure: [/`Nightly` of .* architecture arm64, not x86_64/],
  },
  serverless: {
    directory: 'api',
    project: 'api',
    handlers: [
      'functions.audit.handler.record',
      'functions.create.handler.run',
      'functions.refund.handler.run',
    ],
    unsure: [/`scripts\/` is not in the package/],
  },
  uv: {
    directory: 'apps/orders',
    project: 'orders',
    options: RUNTIME,
    handlers: ['orders.entry.handler'],
    unsure: [],
  },
  poetry: {
    directory: 'services/mail',
    project: 'mail',
    options: RUNTIME,
    handlers: ['mail.api.bounce.handler', 'mail.api.send.handler', 'mail.events.on_open.on_open'],
    unsure: [],
  },
  conda: {
    directory: 'apps/billing',
    project: 'billing',
    options: RUNTIME,
    handlers: ['billing.invoice.lambda_handler'],
    unsure: [],
  },
  root: {
    directory: '.',
    project: 'shop',
    options: RUNTIME,
    ignored: { 'dist/old/handlers/create.py': 'def handler(event, context): ...\n' },
    handlers: ['handlers.create.handler', 'handlers.refund.handler'],
    unsure: [/`build` of its own, which Nx runs instead: .*"build": "build-lambda"/],
  },
};

describe('repositories of other origins', () => {
  describeWithEngine.each(Object.entries(REPOSITORIES))('%s', (name, repository) => {
    const { directory, project, options = [], ignored = {}, handlers, unsure } = repository;
    const fixtures = join(ROOT, 'e2e', 'fixtures');
    const pyproject = join(directory, 'pyproject.toml');
    const target = name === 'root' ? 'build-lambda' : 'build';
    let workspace: Workspace;
    let before: string;

    beforeAll(() => {
      workspace = new Workspace(`adopting ${name}`).init({}, { build: CONTAINER_OPTIONS });
      cpSync(join(fixtures, name), workspace.root, { recursive: true });
      workspace.writeAll(ignored);
      before = workspace.exists(pyproject) ? workspace.read(pyproject) : '';
    });

    const build = (output: string, ...more: string[]) =>
      workspace.succeed([
        ...[target, project, '--skip-nx-cache', `--outputPath=dist/${output}`],
        ...more,
      ]);

    it('is adopted, and says what to check', () => {
      const output = workspace.succeed([
        ...['g', 'nx-lambda-python:adopt', directory, '--no-interactive', ...options],
      ]);
      expect(workspace.read(pyproject).startsWith(before)).toBe(true);
      const checks = output.match(/^.*check: .*$/gm) ?? [];
      expect(checks.map((line, index) => unsure[index]?.test(line) || line)).toEqual(
        unsure.map(() => true),
      );
      // As the line says.
      if (target !== 'build') workspace.renameTarget('build', target);
    });

    it('has the package that pip makes, and handlers that import', () => {
      build('adopted', '--imports=error', '--scripts');
      build('installed', '--dependencies=install');
      expect(
        unnamedDifferences(readTree(workspace, 'adopted'), readTree(workspace, 'installed')),
      ).toEqual({ onlySpliced: [], onlyInstalled: [], different: [] });
      const built = workspace.manifest('adopted').handlers.map(({ handler }) => handler);
      expect(built.sort()).toEqual(handlers);
      expect(importHandlers(workspace, 'adopted', handlers)).toBe(handlers.join('\n'));
    });

    it('has the same package with a marker that is written by hand', () => {
      const marker = readFileSync(join(fixtures, `${name}.toml`), 'utf8');
      workspace.write(pyproject, `${before}\n${marker}`);
      build('by-hand', '--scripts');
      expect(workspace.packageDigest('by-hand')).toBe(workspace.packageDigest('adopted'));
    });
  });
});

/** Those of a package that the runtime's Python imports with nothing else on its path, and what it says otherwise. */
function importHandlers(workspace: Workspace, output: string, handlers: string[]): string {
  const code = `
import importlib, sys, tempfile, zipfile
place = tempfile.mkdtemp()
zipfile.ZipFile("/package.zip").extractall(place)
sys.path.insert(0, place)
for handler in ${JSON.stringify(handlers)}:
    module, _, name = handler.rpartition(".")
    assert callable(getattr(importlib.import_module(module), name))
    print(handler)
`;
  const file = join(workspace.root, 'dist', output, 'package.zip');
  const { stdout, stderr } = spawnSync(
    'docker',
    ['run', '--rm', '-v', `${file}:/package.zip:ro`, IMAGE, 'python3', '-I', '-S', '-c', code],
    { encoding: 'utf8' },
  );
  return `${stdout}${stderr}`.trim();
}
