/** A bomb costs neither memory nor disk: measured in a process of its own. */

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BOMBS } from './bombs.fixtures';
import type { Cost } from './read-bomb.fixtures';
import { temporaryDirectory } from '../../temporary.fixtures';

const ROOT = join(__dirname, '..', '..', '..', '..', '..');
const LONGEST_MILLISECONDS = 60_000;
/** Some chunks of 1 MiB, or one text of 16 MiB as bytes and as a string, and what is not collected yet. */
const MOST_MEMORY = 100 * 1024 * 1024;

describe('a bomb', () => {
  let costs: Cost[];

  beforeAll(() => {
    const directory = temporaryDirectory();
    costs = readInProcess(
      BOMBS.map(([, , bytes], index) => {
        const file = join(directory, `${index}.whl`);
        writeFileSync(file, bytes());
        return file;
      }),
    );
  }, LONGEST_MILLISECONDS);

  it.each(BOMBS.map(([reason, what], index) => [reason, what, index] as const))(
    'is refused (%s): %s',
    (reason, _what, index) => {
      expect(costs[index]).toMatchObject({ reason, written: 0 });
      expect(costs[index]?.memory).toBeLessThan(MOST_MEMORY);
    },
  );
});

function readInProcess(files: readonly string[]): Cost[] {
  const script = join(__dirname, 'read-bomb.fixtures.ts');
  const output = execFileSync(
    process.execPath,
    ['--require', '@swc-node/register', script, ...files],
    {
      cwd: ROOT,
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '', TS_NODE_PROJECT: join(ROOT, 'tsconfig.base.json') },
    },
  );
  return JSON.parse(output) as Cost[];
}
