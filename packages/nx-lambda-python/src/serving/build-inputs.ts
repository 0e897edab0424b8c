/** What decides a package beside the service's own files: a change of it is taken over by a build. */

import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageDecision } from '../assembly/decide';
import { presentInputs } from '../assembly/explain';
import { readMeaning } from '../assembly/requirements';
import { digestOf } from '../packaging/requirements/canonical-json';
import { LIBRARY_RULES } from '../packaging/requirements/library';
import { walkTree } from '../platform/files/local-files';
import type { Marker } from '../service/marker';
import type { BuildOptions } from '../targets/build-target';

/** The files of requirements and locks, and those of libraries that they name. */
export class BuildInputs {
  /** To watch, absolute. */
  readonly directories: readonly string[];
  private readonly named: readonly string[];
  private readonly libraries: readonly string[];
  private readonly stamp: string;

  constructor(
    private readonly options: BuildOptions,
    marker: Marker,
  ) {
    const at = (path: string): string => join(options.service.workspaceRoot, path);
    const { files, directories } = presentInputs(options, marker);
    this.named = [marker.path, ...files].map(at);
    this.libraries = directories.map(at).filter(isDirectory);
    const below = this.libraries.flatMap((path) =>
      this.walk(path).directories.map((directory) => join(path, directory)),
    );
    this.directories = [...new Set([...this.named.map((path) => dirname(path)), ...below])];
    this.stamp = this.present();
  }

  /** By their times and sizes: whether it matters is for `buildDecision` to say. */
  changed(): boolean {
    return this.present() !== this.stamp;
  }

  private present(): string {
    const inLibraries = this.libraries
      .filter(isDirectory)
      .flatMap((path) => this.walk(path).files.map((file) => join(path, file.path)));
    return [...this.named, ...inLibraries].map(stampOf).join('\n');
  }

  private walk(path: string) {
    return walkTree(path, this.options.service.workspaceRoot, LIBRARY_RULES);
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function stampOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat ? `${path} ${stat.mtimeMs} ${stat.size} ${stat.ino}` : path;
}

/** Digest of its meaning. @throws the codes of `readMeaning` */
export function buildDecision(options: BuildOptions, marker: Marker): string {
  return digestOf({ ...packageDecision(options, marker, '', readMeaning(options, marker)) });
}
