import { spawnSync } from 'node:child_process';
import { isGone, processIdentity } from './process-identity';

test('a process is gone once it has ended, as far as its own machine can tell', () => {
  expect(isGone(processIdentity())).toBe(false);
  const { pid } = spawnSync(process.execPath, ['--version']);
  expect(isGone(processIdentity(pid))).toBe(true);
  expect(isGone(`${pid}-${'0'.repeat(16)}`)).toBe(false);
  expect(isGone('')).toBe(false);
});
