/** The build manifest: what a deployment package is, for people and for the targets after build. */

import type { Architecture } from '../service/runtimes';
import type { Handler } from '../service/discover';
import type { PartDistribution } from './dependency-part';
import type { Decision } from './inputs/decision';
import type { PackageFacts } from './package';

export const MANIFEST_FILE = 'manifest.json';
export const PACKAGE_FILE = 'package.zip';
export const LAYER_FILE = 'layer.zip';

/** `manifest.json`, beside `package.zip`. It has no times, no paths of a machine and no secrets. */
export interface BuildManifest {
  /**
   * Raised whenever the meaning of a field changes or one is added: 2 has `inputs` and `source`, 3 has `reach` and sizes of distributions. A field
   * that only a new option writes, and that no target reads, leaves it as it is.
   */
  format: 1 | 2 | 3;
  /** The Nx project. */
  project: string;
  package: PackageFacts & { file: string };
  /** With the option `layer`: the dependencies, which then are not in the package. */
  layer?: Omit<BuildManifest['package'], 'dependencies'>;
  /** With the option `ref`: the commit whose files are in the package, full SHA. */
  commit?: string;
  /** Of the sources that were built; null if the workspace is not in a git repository with a commit. */
  source: ManifestSource | null;
  /** What decided the package: compared with the present sources before it is used. Absent in format 1. */
  inputs?: Decision;
  requirementsKey: string;
  /** `python3.13` */
  runtime: string;
  architecture: Architecture;
  /** Build image that resolved the dependencies, with its digest; null without a container. */
  image: string | null;
  /** Engine that resolved the dependencies: `docker`, `podman`, …, `host`, or `none` if nothing is required. */
  engine: string;
  /** Sorted by name. */
  handlers: ManifestHandler[];
  /** With the option `excludeFiles`: its patterns. */
  excludeFiles?: readonly string[];
  /** Sorted by name. */
  distributions: ManifestDistribution[];
}

export interface ManifestHandler extends Handler {
  /** Digest of all that decides what it does, see `reachDigests`. Absent before format 3. */
  reach?: string;
}

export interface ManifestSource {
  /** Full SHA. */
  commit: string;
  /** Whether the working copy, which was built, differed from it. */
  dirty: boolean;
}

export interface ManifestDistribution extends Omit<PartDistribution, 'unpackedSize' | 'gaps'> {
  /** Bytes of its files, without bytecode. Absent before format 3. */
  unpackedSize?: number;
  /** How many files break which rule of the wheel's RECORD; only with the option `acceptIncompleteRecords`. */
  incompleteRecord?: Readonly<Record<string, number>>;
}

/** Canonical text: two spaces, a final newline, keys in the order of the interface. */
export function renderManifest(manifest: BuildManifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}
