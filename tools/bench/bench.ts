/**
 * Times beside those of peers, in one run: `npm run bench -- packaging`.
 *
 * Needs docker and the image of tools/engine, and PyPI and npm for the peers. Where something else runs on the
 * machine the figures are worth nothing. `--without-peers` leaves the slow ones out.
 */

import { benchPackaging } from './packaging';

const [suite = 'packaging', ...flags] = process.argv.slice(2);
if (suite !== 'packaging') {
  console.error(`there is no benchmark \`${suite}\`; there is \`packaging\``);
  process.exit(1);
}
benchPackaging({ withPeers: !flags.includes('--without-peers') });
