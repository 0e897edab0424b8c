/**
 * Measures the plugin beside other tools, in one run: `npm run bench -- packaging`, `npm run bench -- release`,
 * `npm run bench -- start`; and what it adds to Nx commands: `npm run bench -- graph`.
 *
 * Needs docker and the image of tools/engine, and PyPI and npm for the other tools. Figures are valid only if nothing
 * else runs on the machine. `--without-peers` skips the slow ones.
 */

import { benchGraph } from './graph';
import { benchPackaging } from './packaging';
import { benchRelease } from './release';
import { benchRun } from './run';
import { benchStart } from './start';

const SUITES: Readonly<Record<string, (options: { withPeers: boolean }) => void | Promise<void>>> =
  {
    graph: benchGraph,
    packaging: benchPackaging,
    release: benchRelease,
    run: benchRun,
    start: benchStart,
  };

async function main([name = 'packaging', ...flags]: string[]): Promise<void> {
  const suite = SUITES[name];
  if (suite === undefined) {
    console.error(
      `unknown benchmark \`${name}\`, expected one of: ${Object.keys(SUITES).join(', ')}`,
    );
    process.exit(1);
  }
  await suite({ withPeers: !flags.includes('--without-peers') });
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
