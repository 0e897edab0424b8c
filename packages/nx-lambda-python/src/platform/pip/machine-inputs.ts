/** What of this machine decides wheels: pip's variables and configuration files, and the constraints that they name. */

import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute } from 'node:path';
import type { MachineInputs, Unseen } from '../../packaging/inputs/package-inputs';
import { configurationFiles, decidingFromFiles } from '../../packaging/inputs/pip-configuration';
import { decidingVariables } from '../../packaging/inputs/pip-settings';
import { inWorkspace } from '../../packaging/requirements/parse';
import { readPipConfiguration, withConstraints } from './configuration';

/** @param workspaceRoot absolute */
export function machineInputs(
  workspaceRoot: string,
  environment: NodeJS.ProcessEnv = process.env,
): MachineInputs {
  const files = configurationFiles(environment, process.platform, homedir(), existsSync);
  const base = { projectRoot: '.', workspaceRoot };
  const deciding = decidingFromFiles(environment, files, readText);
  const inside = files.flatMap((file) => inWorkspace(file, base) ?? []);
  const settings = deciding
    .filter(({ file }) => inWorkspace(file ?? '', base) === undefined)
    .map(({ name, file }) => ({
      what: `pip's \`${name}\` of \`${file}\``,
      why: 'the file is not in the workspace',
    }));
  const constraints = readNamed(workspaceRoot, environment, files);
  return {
    variables: decidingVariables(),
    settings: [...settings, ...constraints.settings],
    files: [...inside, ...constraints.files],
  };
}

function readNamed(
  workspaceRoot: string,
  environment: NodeJS.ProcessEnv,
  files: readonly string[],
): { files: readonly string[]; settings: Unseen[] } {
  const base = { workspaceRoot, sourceRoot: workspaceRoot, projectRoot: '.' };
  try {
    const configuration = readPipConfiguration(environment, files);
    const { constraints } = withConstraints(configuration, base, (text) => text);
    return {
      files: constraints?.inside ?? [],
      settings: (constraints?.outside ?? []).map((path) => ({
        what: `the constraints \`${path}\``,
        why: isAbsolute(path) ? 'the file is not in the workspace' : 'it is not a file',
      })),
    };
  } catch {
    // The build reports what is wrong, and Nx caches no failure.
    return { files: [], settings: [{ what: "pip's constraints", why: 'they cannot be read' }] };
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
