import { spawnSync } from 'node:child_process';
import { shellCommand } from './shell';

it.each([
  [
    ['docker', 'run', '--mount=type=bind,source=/a,target=/b'],
    'docker run --mount=type=bind,source=/a,target=/b',
  ],
  [['a b', '$HOME', '', "it's"], `'a b' '$HOME' '' 'it'\\''s'`],
])('%j is typed as %s', (words, expected) => {
  expect(shellCommand(words)).toBe(expected);
  const printed = spawnSync('sh', ['-c', `printf '%s\\0' ${expected}`], { encoding: 'utf8' });
  expect(printed.stdout.split('\0').slice(0, -1)).toEqual(words);
});
