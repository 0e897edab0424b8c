import { readProjectDependencies } from './pyproject';

const TEXT = `[project]
name = "orders"
dependencies = ["requests>=2", "six"]
[project.optional-dependencies]
fast = ["orjson"]
`;
const read = (text: string, ...extras: string[]) => readProjectDependencies(text, 'a.toml', extras);

describe('readProjectDependencies', () => {
  it('reads dependencies and the extras named', () => {
    expect(read(TEXT)).toEqual(['requests>=2', 'six']);
    expect(read(TEXT, 'fast')).toEqual(['requests>=2', 'six', 'orjson']);
    expect(read('[project]\ndependencies = []')).toEqual([]);
    expect(read('[project]\nname = "orders"')).toBeUndefined();
    expect(read('[tool.x]')).toBeUndefined();
  });

  it.each([
    [() => read(TEXT, 'fats'), 'OPTION_INVALID', 'fast'],
    [() => read('[project]', 'fast'), 'OPTION_INVALID', 'it has none'],
    [() => read('[project]\ndependencies = "six"'), 'MARKER_INVALID', 'not a list'],
    [() => read('[project'), 'MARKER_INVALID', 'a.toml:1'],
  ])('%# fails', (reading, code, words) => {
    expect(reading).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(words) }),
    );
  });
});
