/** Writes the corpus of hostile archives and wheels; `corpus.spec.ts` says whether it is current. */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { corpusFiles } from '../../packages/nx-lambda-python/src/packaging/corpus/files.fixtures';
import { ROOT } from '../workspace-root';

const directory = join(ROOT, 'packages', 'nx-lambda-python', 'src', 'packaging', 'corpus');

const files = corpusFiles();
for (const folder of ['zip', 'wheel'])
  rmSync(join(directory, folder), { recursive: true, force: true });
for (const [path, bytes] of files) {
  mkdirSync(dirname(join(directory, path)), { recursive: true });
  writeFileSync(join(directory, path), bytes);
}
const total = [...files.values()].reduce((sum, { length }) => sum + length, 0);
console.log(`${files.size} files, ${total} bytes`);
