/** What pip is given in specs: settings, input, a container, and how a program may end. */

import { join } from 'node:path';
import type { Architecture } from '../../service/runtimes';
import type { ExecResult } from '../process/exec';
import type { PipConfiguration } from './configuration';
import type { ContainerPlace } from './in-container';
import type { PipSettings, RequiredInput } from './pip';

const RUNTIME = { name: 'python3.11', python: [3, 11], glibc: [2, 26], deprecated: null } as const;

export function settingsOf(
  configuration: Partial<PipConfiguration> = {},
  architecture: Architecture = 'x86_64',
  variables: Record<string, string> = {},
): PipSettings {
  return {
    target: { runtime: { ...RUNTIME }, architecture },
    configuration: { deciding: {}, connecting: {}, certificates: undefined, ...configuration },
    secrets: () => ({ variables, netrc: undefined }),
    onLine: () => undefined,
  };
}

/** One requirements file of a service. */
export function inputOf(
  path: string,
  text: string,
  changes: Partial<RequiredInput> = {},
): RequiredInput {
  const base = { projectRoot: 'services/a', workspaceRoot: '/ws' };
  const files = new Map([[path, text]]);
  const lines = { files, requirements: [path], constraints: [], pipArguments: [], localFiles: [] };
  return { ...lines, ...{ step: 'required', base, isLocked: false }, ...changes };
}

export function placeOf(directory: string, changes: Partial<ContainerPlace> = {}): ContainerPlace {
  return {
    image: { engine: 'podman', name: 'image:1', digest: 'sha256:aa' },
    network: undefined,
    mount: 'bind',
    volumes: [],
    environment: { literal: {}, inherited: [] },
    extraArguments: [],
    ssh: 'auto',
    pipCache: join(directory, 'cache'),
    ...changes,
  };
}

/** How a program ended: well, without a word. */
export function ended(changes: Partial<ExecResult> = {}): ExecResult {
  return { exitCode: 0, stdout: '', stderr: '', output: '', notFound: false, ...changes };
}
