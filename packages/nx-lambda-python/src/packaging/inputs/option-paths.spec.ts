import { errorWith } from '../../errors.fixtures';
import { outputDirectory, projectPath } from './option-paths';

const base = { projectRoot: 'services/orders', workspaceRoot: '/workspace' };
const refusal = (message: string, hint: string) => errorWith('OPTION_INVALID', message, hint);

describe('projectPath', () => {
  it.each([
    ['requirements.txt', 'services/orders/requirements.txt'],
    ['..\\..\\limits.txt', 'limits.txt'],
    ['../../limits.txt', 'limits.txt'],
    ['/workspace/limits.txt', 'limits.txt'],
    ['./..limits.txt', 'services/orders/..limits.txt'],
  ])('of %s', (path, expected) => {
    expect(projectPath('requirements', path, base)).toBe(expected);
  });

  it.each([
    '../../../limits.txt',
    '../../../../../etc/passwd',
    '/etc/limits.txt',
    '/workspace2/a',
    'C:/a',
  ])('refuses %s, outside of the workspace', (path) => {
    expect(() => projectPath('constraints', path, base)).toThrow(
      refusal(`\`constraints\` names \`${path}\`, which is outside`, '`services/orders`'),
    );
  });
});

describe('outputDirectory', () => {
  it.each([
    [undefined, 'dist/services/orders'],
    ['dist/x/', 'dist/x'],
    ['./dist', 'dist'],
    ['services/../out', 'out'],
    ['dist\\x', 'dist/x'],
  ])('of %s', (path, expected) => {
    expect(outputDirectory(path, base)).toBe(expected);
  });

  it.each([
    ['/workspace/dist/x', '"outputPath": "dist/x"'],
    ['/elsewhere/dist', '"outputPath": "dist/services/orders"'],
    ['../dist', '"outputPath": "dist/services/orders"'],
    ['C:\\dist', '"outputPath": "dist/services/orders"'],
  ])('refuses %s', (path, hint) => {
    expect(() => outputDirectory(path, base)).toThrow(refusal(`\`${path}\``, hint));
  });
});
