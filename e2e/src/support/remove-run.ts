import { rmSync } from 'node:fs';
import { runDirectory } from './run-directory';

export default function removeRun(): void {
  rmSync(runDirectory(), { recursive: true, force: true, maxRetries: 3 });
}
