/** What pip is asked for, wherever it runs: in a container or on this machine. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { WHEELS, type PipInput, type PipSettings, type PlacedInput } from './input';

export interface Pip {
  onHost: boolean;
  /** For messages: `in docker, image:1`. */
  where: string;
  /** As a wheel set and a build manifest have it. */
  resolvedBy: { image: string | null; engine: string };
  /** A directory of this machine as programs of that side see it. */
  rootOf: (directory: string) => string;
  /**
   * Lays out the input below `directory`, which is made, and runs each list of Python's arguments in turn.
   * @param unset settings of pip that do not count for these commands
   * @throws LambdaPythonError for the first that fails, and for what keeps them from running
   */
  run: (
    directory: string,
    input: PipInput,
    commands: readonly (readonly string[])[],
    unset?: readonly string[],
  ) => Promise<void>;
  /** Paths of wheels for all requirements. */
  wheels: (directory: string, input: PlacedInput) => Promise<string[]>;
  /** The directory that pip filled by `install --target`; this machine's pip would install for its own system. */
  install?: (directory: string, input: PlacedInput) => Promise<string>;
  /** pip's report of what it would install; nothing is installed. */
  report: (directory: string, input: PlacedInput) => Promise<string>;
}

export function withoutSettings(settings: PipSettings, names: readonly string[]): PipSettings {
  const { configuration } = settings;
  const deciding = Object.entries(configuration.deciding).filter(([name]) => !names.includes(name));
  return {
    ...settings,
    configuration: { ...configuration, deciding: Object.fromEntries(deciding) },
  };
}

export function wheelsIn(directory: string): string[] {
  return readdirSync(join(directory, WHEELS))
    .filter((name) => name.endsWith('.whl'))
    .sort()
    .map((name) => join(directory, WHEELS, name));
}
