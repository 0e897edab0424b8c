import { spawnSync } from 'node:child_process';
import { LambdaPythonError } from '../errors';
import { renderError, shellCommand } from './error-text';
import { renderBytes } from './text';

describe('renderError', () => {
  it('shows code, message and hint', () => {
    const error = new LambdaPythonError('DISK_FULL', { message: 'no space', hint: 'free some' });
    expect(renderError(error)).toBe('error[DISK_FULL]: no space\nhint: free some');
  });

  it.each([
    [new TypeError('x'), 'TypeError: x'],
    ['text', 'text'],
  ])('shows a defect in words: %p', (error, words) => {
    expect(renderError(error)).toMatch(
      new RegExp(`^error\\[UNEXPECTED\\]: ${words}\nhint: .*--verbose`),
    );
  });

  it('shows the stack of a defect where it is asked for', () => {
    process.env['NX_VERBOSE_LOGGING'] = 'true';
    try {
      expect(renderError(new TypeError('x'))).toMatch(/TypeError: x\n +at .*error-text\.spec/);
    } finally {
      delete process.env['NX_VERBOSE_LOGGING'];
    }
  });
});

it.each([
  [0, '0.0 kB'],
  [12_340, '12.3 kB'],
  [4_654_881, '4.7 MB'],
])('renderBytes(%d) is %s', (bytes, text) => expect(renderBytes(bytes)).toBe(text));

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
