/** The tools that teams use instead, on the same service and machine, each as its documentation says. */

import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { timed } from './measure';
import { IMAGE } from './workspace';

export interface Peer {
  title: string;
  /** Installs the tool. */
  prepare?: () => void;
  /** From a source edit to a new zip; the first time also fills its own caches. */
  build: () => void;
}

/** @param service directory of the service, whose import package is `bench` */
export function peers(service: string, directory: string): Peer[] {
  return [
    incrementalZip(service, join(directory, 'incremental')),
    uvAndZip(service, join(directory, 'uv')),
    sam(service, join(directory, 'sam')),
    pipAndZip(service, join(directory, 'pip')),
    serverless(service, join(directory, 'serverless')),
  ];
}

/** Fast, but it misses an edit of the same size and time, and no two zips are equal. */
function incrementalZip(service: string, directory: string): Peer {
  const tree = join(directory, 'tree');
  return {
    title: '`zip -FSr` over a kept tree',
    prepare() {
      mkdirSync(tree, { recursive: true });
      uvInstall(service, directory, tree);
    },
    build() {
      cpSync(join(service, 'bench'), join(tree, 'bench'), { recursive: true });
      run('zip', ['-q', '-FSr', join(directory, 'package.zip'), '.'], tree);
    },
  };
}

function uvAndZip(service: string, directory: string): Peer {
  const tree = join(directory, 'tree');
  return {
    title: '`uv pip install --target` and `zip`',
    build() {
      rmSync(tree, { recursive: true, force: true });
      uvInstall(service, directory, tree);
      cpSync(join(service, 'bench'), join(tree, 'bench'), { recursive: true });
      zipAnew(directory, tree);
    },
  };
}

function uvInstall(service: string, directory: string, tree: string): void {
  const uv = tool(directory, 'uv');
  const target = ['--python-version=3.11', '--python-platform=x86_64-manylinux_2_17'];
  const requirements = join(service, 'requirements.txt');
  run(uv, ['pip', 'install', '--quiet', '--target', tree, ...target, '-r', requirements]);
}

function zipAnew(directory: string, tree: string): void {
  const file = join(directory, 'package.zip');
  rmSync(file, { force: true });
  run('zip', ['-q', '-r', file, '.'], tree);
}

/** One function. A real service has one per handler, and SAM copies the tree for each. */
function sam(service: string, directory: string): Peer {
  const template = join(directory, 'template.yaml');
  return {
    title: 'SAM CLI, `sam build --cached` of one function, and `zip`',
    prepare() {
      mkdirSync(directory, { recursive: true });
      writeFileSync(
        template,
        [
          'AWSTemplateFormatVersion: "2010-09-09"',
          'Transform: AWS::Serverless-2016-10-31',
          'Resources:',
          '  Bench:',
          '    Type: AWS::Serverless::Function',
          '    Properties:',
          `      CodeUri: ${service}`,
          '      Handler: bench.handlers.handler_0.handler',
          '      Runtime: python3.11',
          '',
        ].join('\n'),
      );
    },
    build() {
      const program = tool(directory, 'aws-sam-cli', 'sam');
      run(program, ['build', '--cached', '--template', template], directory);
      zipAnew(directory, join(directory, '.aws-sam', 'build', 'Bench'));
    },
  };
}

/** A shell script in one container, so that its start counts once, as for the plugin. */
function pipAndZip(service: string, directory: string): Peer {
  const script = [
    'pip install --quiet --target /tmp/tree -r /service/requirements.txt',
    'cp -r /service/bench /tmp/tree/',
    'cd /tmp/tree && zip -q -r /tmp/package.zip .',
  ].join(' && ');
  return {
    title: '`pip install --target` and `zip` in the same image',
    build: () => runInImage(service, join(directory, 'pip-cache'), script),
  };
}

function serverless(service: string, directory: string): Peer {
  return {
    title: 'serverless-python-requirements, `serverless package`',
    prepare() {
      mkdirSync(directory, { recursive: true });
      writeFileSync(join(directory, 'package.json'), '{ "private": true }\n');
      const packages = ['serverless@3', 'serverless-python-requirements@6'];
      run('npm', ['install', '--no-audit', '--no-fund', ...packages], directory);
      cpSync(service, directory, { recursive: true });
      writeFileSync(
        join(directory, 'serverless.yml'),
        [
          'service: bench',
          'provider: { name: aws, runtime: python3.11 }',
          'plugins: [serverless-python-requirements]',
          'package: { patterns: ["!node_modules/**"] }',
          'functions: { one: { handler: bench.handlers.handler_0.handler } }',
          '',
        ].join('\n'),
      );
    },
    build() {
      cpSync(join(service, 'bench'), join(directory, 'bench'), { recursive: true });
      run(join(directory, 'node_modules', '.bin', 'serverless'), ['package'], directory);
    },
  };
}

/** Seconds that pip alone takes, which resolves the same requirements into wheels. */
export function pipWheel(service: string, cache: string, options = ''): number {
  const script = `pip wheel --quiet ${options} --wheel-dir /tmp/wheels -r /service/requirements.txt`;
  return timed(() => runInImage(service, cache, script));
}

function runInImage(service: string, cache: string, script: string): void {
  mkdirSync(cache, { recursive: true });
  const mounts = ['-v', `${service}:/service:ro`, '-v', `${cache}:/root/.cache/pip`];
  const certificates = process.env['PIP_CERT'] ?? process.env['SSL_CERT_FILE'];
  const trust = certificates ? ['-v', `${certificates}:/ca.crt:ro`, '-e', 'PIP_CERT=/ca.crt'] : [];
  run('docker', [
    ...['run', '--rm', '--init', '--network=host', ...mounts, ...trust],
    ...['-e', 'PIP_ROOT_USER_ACTION=ignore', IMAGE, 'sh', '-c', script],
  ]);
}

/** A program of PyPI in an environment of its own. */
export function tool(directory: string, distribution: string, program = distribution): string {
  const environment = join(directory, 'environment');
  const file = join(environment, 'bin', program);
  if (!existsSync(file)) {
    run('python3', ['-m', 'venv', environment]);
    run(join(environment, 'bin', 'pip'), ['install', '--quiet', distribution]);
  }
  return file;
}

function run(file: string, args: readonly string[], cwd?: string): void {
  execFileSync(file, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'], maxBuffer: 1 << 28 });
}
