import { declaredDependencies } from './pyproject';

it.each([
  ['[project]\ndependencies = ["six"]', 'some'],
  ['[project]\ndynamic = ["version", "dependencies"]', 'some'],
  ['[tool.poetry.dependencies]\npython = "^3.11"\nsix = "*"', 'some'],
  ['[project]\ndependencies = []\n[tool.poetry.dependencies]\npython = "^3"', 'none'],
  ['[tool.poetry.dependencies]\npython = "^3.11"', 'none'],
  ['[project]\nname = "orders"\ndynamic = ["version"]', undefined],
  ['[tool.x]', undefined],
  ['[project', undefined],
])('dependencies of %j: %s', (text, expected) => {
  expect(declaredDependencies(text)).toBe(expected);
});
