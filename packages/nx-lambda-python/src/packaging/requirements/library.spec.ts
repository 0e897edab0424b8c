import { libraryRequirements } from './library';

function requirements(pyproject: string, extras = '', files: Record<string, string> = {}) {
  const all: Record<string, string> = { 'libs/common/pyproject.toml': pyproject, ...files };
  const base = { projectRoot: 'services/orders', workspaceRoot: '/ws' };
  return libraryRequirements({ path: 'libs/common', extras }, base, (path) => all[path]);
}

describe('libraryRequirements', () => {
  it('are none without a pyproject.toml or dependencies', () => {
    const nothing = { byUrl: [], byName: [] };
    expect(
      libraryRequirements({ path: 'x', extras: '' }, { projectRoot: '.' }, () => undefined),
    ).toEqual(nothing);
    expect(requirements('[project]\nname = "common"\ndependencies = ["six"]')).toEqual(nothing);
  });

  it('by URL, as Hatch and Poetry write it', () => {
    const { byUrl } = requirements(`[project]
dependencies = ["a @ {root:uri}/../a", "b @ {root:parent:uri}/b", "c @ file:///ws/libs/c", "six"]
[tool.poetry.dependencies]
python = "^3.9"
d = { path = "../d", develop = true }
e = [{ path = "../e" }, { version = "*" }]
`);
    expect(byUrl).toEqual(['libs/a', 'libs/b', 'libs/c', 'libs/d', 'libs/e']);
  });

  it("by name, where uv's sources say where it is", () => {
    const { byName } = requirements(
      `[project]
dependencies = ["My.Other[x] >= 1 ; python_version > '3.8'", "six"]
optional-dependencies = { extra = ["more"], rest = ["unwanted"] }
[tool.uv.sources]
my-other = { path = "../other", marker = "os_name == 'posix'" }
more = { workspace = true }
unwanted = { path = "../unwanted" }
six = { index = "private" }
`,
      '[Extra]',
      { 'uv.lock': '[[package]]\nname = "more"\nsource = { editable = "libs/more" }\n' },
    );
    expect(byName).toEqual([
      expect.objectContaining({
        name: 'My.Other',
        path: 'libs/other',
        extras: '[x]',
        marker: "(python_version > '3.8') and (os_name == 'posix')",
      }),
      expect.objectContaining({ name: 'more', path: 'libs/more', marker: '' }),
    ]);
  });

  it('refuses what TOML refuses, with its line', () => {
    expect(() => requirements('[project')).toThrow(
      expect.objectContaining({
        code: 'REQUIREMENTS_INVALID',
        message: expect.stringContaining('`libs/common/pyproject.toml:1:') as string,
      }),
    );
  });
});
