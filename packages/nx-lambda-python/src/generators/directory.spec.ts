import { workspacePath } from './directory';

it.each([
  ['services/orders', '', 'services/orders'],
  ['./services/orders/', '', 'services/orders'],
  ['orders', 'services', 'services/orders'],
  ['services/orders', 'services', 'services/orders'],
  ['../libs/x', 'services', 'libs/x'],
  ['.', '', '.'],
  ['.', 'services/orders', 'services/orders'],
  ['services\\orders', '', 'services/orders'],
])('%s in %j is %s', (typed, current, expected) => {
  expect(workspacePath(typed, current)).toBe(expected);
});

it.each([
  ['../x', ''],
  ['../../x', 'services'],
  ['/etc', ''],
])('refuses %s in %j', (typed, current) => {
  expect(() => workspacePath(typed, current)).toThrow(/not a path inside the workspace/);
});
