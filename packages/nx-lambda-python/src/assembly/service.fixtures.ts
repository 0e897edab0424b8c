/** A workspace with one service, which specs build as a user would, with what was printed. */

import type { ExecutorContext, TargetConfiguration } from '@nx/devkit';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import build from '../executors/build';
import type { BuildExecutorSchema } from '../schemas/build';
import { takePrinted } from '../printed.fixtures';
import { temporaryDirectory, writeFiles } from '../temporary.fixtures';

export const MARKER = '[tool.nx-lambda-python]\npackage = "svc"\nruntime = "python3.11"\n';
export const HANDLER = 'svc/svc/handlers/one.py';

const FILES = {
  'svc/pyproject.toml': MARKER,
  'svc/requirements.txt': '',
  [HANDLER]: 'def handler(event, context): ...\n',
};

/** Specs call `remove` when they are done. */
export class TestService {
  readonly root = temporaryDirectory();
  targets: Record<string, TargetConfiguration> = {
    build: { executor: 'nx-lambda-python:build', options: {} },
  };
  printed = '';
  warnings: string[] = [];

  constructor(files: Record<string, string> = {}) {
    this.write({ ...FILES, ...files });
    process.env['NX_LAMBDA_PYTHON_CACHE_DIRECTORY'] = join(this.root, '.store');
    takePrinted((text, method) => {
      this.printed += `${text}\n`;
      if (method === 'warn') this.warnings.push(text);
    });
  }

  remove(): void {
    jest.restoreAllMocks();
    delete process.env['NX_LAMBDA_PYTHON_CACHE_DIRECTORY'];
    rmSync(this.root, { recursive: true, force: true });
  }

  path(path: string): string {
    return join(this.root, path);
  }

  write(files: Record<string, string>): void {
    writeFiles(this.root, files);
  }

  context(targetName = 'build'): ExecutorContext {
    const data = { root: 'svc', targets: this.targets };
    return {
      root: this.root,
      projectName: 'svc',
      targetName,
      projectsConfigurations: { version: 2, projects: { svc: data } },
      projectGraph: { nodes: { svc: { data } } },
    } as unknown as ExecutorContext;
  }

  /** What was printed and warned of is that of this build. */
  async build(schema: Partial<BuildExecutorSchema> = {}): Promise<boolean> {
    [this.printed, this.warnings] = ['', []];
    const { success } = await build({ outputPath: 'dist/svc', ...schema }, this.context());
    return success;
  }
}
