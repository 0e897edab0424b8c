/** What Nx would hash of a build, by Nx's own list of files and its own globs, beside what really decides the package. */

import type { CreateNodesContextV2, NxJsonConfiguration, ProjectConfiguration } from '@nx/devkit';
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { WorkspaceContext } from 'nx/src/native';
import { keyContent } from '../packaging/requirements-key';
import { keyAndPlace, readResolution } from '../assembly/decide';
import { readContent, readMarker } from '../assembly/service';
import type { BuildExecutorSchema } from '../schemas/build';
import { DiskWheelStore } from '../platform/store/wheel-store';
import { createNodesV2 } from '../plugin';
import { normalizeOptions } from '../targets/build-target';
import type { PluginOptions } from './options';
import { temporaryDirectory, writeFiles } from '../temporary.fixtures';

export interface Inferred {
  project: ProjectConfiguration;
  isCached: boolean;
  description: string;
}

export class StaleWorkspace {
  readonly root = temporaryDirectory();
  nxJson: NxJsonConfiguration = {};
  plugin: PluginOptions = {};

  constructor(readonly service: string) {}

  write(files: Readonly<Record<string, string>>): void {
    writeFiles(this.root, files);
  }

  delete(path: string): void {
    rmSync(join(this.root, path));
  }

  link(path: string, target: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    symlinkSync(target, join(this.root, path));
  }

  async infer(): Promise<Inferred> {
    const context: CreateNodesContextV2 = {
      nxJsonConfiguration: this.nxJson,
      workspaceRoot: this.root,
    };
    const file = join(this.service, 'pyproject.toml');
    const [result] = await createNodesV2[1]([file], this.plugin, context);
    const project = result?.[1].projects?.[this.service];
    const build = project?.targets?.['build'];
    if (!project || !build) throw new Error('nothing was inferred');
    const description = build.metadata?.description ?? '';
    return {
      project: { ...project, root: this.service },
      isCached: build.cache === true,
      description,
    };
  }

  /**
   * Of the inputs that were inferred before, so that nothing depends on inferring again.
   *
   * @param replaced the target's inputs where nx.json or project.json replace those that are inferred
   */
  hash({ project }: Inferred, replaced?: readonly unknown[]): string {
    const inputs = replaced ?? project.targets?.['build']?.inputs ?? [];
    const named = { ...this.nxJson.namedInputs, ...project.namedInputs };
    const all = inputs.flatMap((input) => this.expand(input, named));
    const texts = all.filter((input) => typeof input === 'string' && !input.startsWith('^'));
    const variables = all.flatMap((input) => {
      const { env } = Object(input) as { env?: string };
      return env === undefined ? [] : [`${env}=${process.env[env] ?? ''}`];
    });
    return createHash('sha256')
      .update(JSON.stringify([variables, this.hashFiles(texts as string[])]))
      .digest('hex');
  }

  private expand(
    input: unknown,
    named: NonNullable<NxJsonConfiguration['namedInputs']>,
  ): unknown[] {
    const isName = typeof input === 'string' && /^[^{^!]/.test(input);
    if (!isName) return [input];
    const usual = input === 'default' ? ['{projectRoot}/**/*'] : [];
    return (named[input] ?? usual).flatMap((one) => (one === input ? [] : this.expand(one, named)));
  }

  private hashFiles(texts: readonly string[]): string[] {
    const directory = temporaryDirectory();
    const context = new WorkspaceContext(this.root, directory);
    const own = (text: string) => text.replaceAll('{projectRoot}', this.service);
    const globs = texts.map((text) => own(text).replace('{workspaceRoot}/', ''));
    const found = context.glob(
      globs.filter((glob) => !glob.startsWith('!')),
      globs.filter((glob) => glob.startsWith('!')).map((glob) => glob.slice(1)),
    );
    return found.sort().flatMap((path) => {
      const file = join(this.root, path);
      // Nx remembers a link's content by the link's own time: an edit of what it leads to is not seen.
      if (lstatSync(file).isSymbolicLink()) return [];
      return `${path} ${createHash('sha256').update(readFileSync(file)).digest('hex')}`;
    });
  }

  /** Requirements key and content, as a build would have them now. */
  decides(schema: Partial<BuildExecutorSchema> = {}): string {
    const options = normalizeOptions({ outputPath: 'dist', ...schema }, {
      root: this.root,
      projectName: 'svc',
      projectsConfigurations: { projects: { svc: { root: this.service } } },
    } as never);
    const { service } = options;
    const marker = readMarker(service);
    const resolution = readResolution(options, marker, new DiskWheelStore('/nowhere'));
    const { components } = keyAndPlace(resolution, undefined);
    return JSON.stringify([keyContent(components), readContent(service, marker)]);
  }
}
