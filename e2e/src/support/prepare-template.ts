/** Installs the packed plugin once per run; each suite then works in a copy of its own. */

import { existsSync, mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createWorkspace } from '../../../tools/fresh-workspace';
import { NEWEST } from '../../../tools/nx-versions';
import { TARBALL } from '../../../tools/workspace-root';
import { setRunDirectory, templateDirectory } from './run-directory';

export default function prepareTemplate(): void {
  if (!existsSync(TARBALL)) throw new Error(`${TARBALL} is missing: run \`npm run pack\``);
  setRunDirectory(realpathSync(mkdtempSync(join(tmpdir(), 'nx-lambda-python-e2e-'))));
  createWorkspace(templateDirectory(NEWEST.nx), NEWEST);
}
