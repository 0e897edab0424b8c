import { join } from 'node:path';
import type { Protect } from '../packaging/inputs/requirements';
import { RequirementSecrets } from '../packaging/requirements/secrets';
import { settingsOf } from '../platform/pip/pip.fixtures';
import { readRequirements } from './requirements';
import { temporaryDirectory, writeFiles } from '../temporary.fixtures';

let root: string;
beforeEach(() => (root = temporaryDirectory()));

function read(
  files: Record<string, string>,
  given: { requirements?: string[]; pipArgs?: string[]; protect?: Protect } = {},
) {
  writeFiles(root, files);
  const { requirements, pipArgs = [], protect = (text: string) => text } = given;
  const service = { project: 'svc', workspaceRoot: '/ws', sourceRoot: root, projectRoot: 'svc' };
  const required = {
    projectRoot: 'svc',
    workspaceRoot: '/ws',
    constraints: [],
    extras: [],
    groups: [],
    pipArgs,
    requirements,
  };
  return readRequirements({ service, ref: undefined, required }, settingsOf().target, protect);
}

const LIBRARY = {
  'libs/a/pyproject.toml':
    '[project]\ndependencies = ["b"]\n[tool.uv.sources]\nb = { path = "../b" }\n',
  'libs/b/setup.py': '',
};
const PYLOCK =
  'lock-version = "1.0"\n[[packages]]\nname = "a"\ndirectory = { path = "../libs/a" }\n';

describe('readRequirements', () => {
  it('has the content of libraries in their meaning, and copies of their files', () => {
    const { meaning, required } = read({
      ...LIBRARY,
      'svc/requirements.txt': '-e file:///ws/libs/a\n',
    });
    expect(Object.keys(meaning.content ?? {})).toEqual(['libs/a', 'libs/b']);
    expect(required.localFiles.map(({ path }) => path)).toEqual([
      'libs/a/pyproject.toml',
      'libs/b/setup.py',
    ]);
    // A library that only another one requires has a file of its own.
    expect(required.requirements).toEqual([
      'svc/requirements.txt',
      'svc/.implied-requirements.txt',
    ]);
    expect(required.files.get('svc/.implied-requirements.txt')).toBe('./../libs/b\n');
  });

  it('has no content where nothing of the workspace is named', () => {
    const { meaning, isEmpty } = read({ 'svc/requirements.txt': '# nothing\n' });
    expect(meaning).toEqual({ requirements: [], constraints: [], options: [] });
    expect(isEmpty).toBe(true);
  });

  it('takes links from pip arguments, too', () => {
    const files = { 'svc/requirements.txt': 'x\n', 'wheels/x-1-py3-none-any.whl': '' };
    const { meaning } = read(files, { pipArgs: ['-f', '../wheels'] });
    expect(Object.keys(meaning.content ?? {})).toEqual(['wheels/*']);
  });

  it('takes a lock in the place of a missing requirements.txt, and says so', () => {
    const log = jest.spyOn(console, 'log').mockImplementation(() => undefined);
    const { required } = read({ ...LIBRARY, 'svc/pylock.toml': PYLOCK });
    expect(log.mock.calls).toEqual([
      ['requirements.txt does not exist: reading `svc/pylock.toml`'],
    ]);
    expect(required.isLocked).toBe(true);
    // It is complete: nothing is added to it.
    expect(required.requirements).toEqual(['svc/pylock.toml.txt']);
    expect([...required.files.values()]).toEqual(['a @ file:../libs/a\n']);
    log.mockRestore();
  });

  it('or what pyproject.toml declares, without its credentials', () => {
    const project = `[project]
dependencies = ["six", "a @ https://me:secret@h.invalid/a.zip"]
[[tool.uv.index]]
url = "https://me:hidden@index.invalid/simple"
default = true
`;
    const secrets = new RequirementSecrets({});
    const { required, meaning, sources } = read(
      { 'svc/pyproject.toml': project },
      { protect: (text, path) => secrets.protect(text, path) },
    );
    expect(sources.taken).toEqual(['svc/pyproject.toml']);
    expect(meaning).toMatchObject({
      requirements: ['a @ https://h.invalid/a.zip', 'six'],
      options: ['--index-url https://index.invalid/simple'],
    });
    expect([...required.files.values()].join('')).not.toMatch(/secret|hidden/);
    expect(secrets.userInfos()).toEqual(['me:hidden', 'me:secret']);
  });

  it('never where requirements.txt was asked for', () => {
    expect(() =>
      read({ 'svc/pylock.toml': PYLOCK }, { requirements: ['svc/requirements.txt'] }),
    ).toThrow(expect.objectContaining({ code: 'REQUIREMENTS_MISSING' }));
  });

  it('knows the lines of a lock of uv, with its libraries by their content', () => {
    const lock =
      'version = 1\n[[package]]\nname = "svc"\nsource = { virtual = "." }\ndependencies = [{ name = "a" }]\n[[package]]\nname = "a"\nsource = { directory = "../libs/a" }\n';
    const { meaning, required, isEmpty } = read(
      { ...LIBRARY, 'svc/uv.lock': lock, 'svc/pyproject.toml': '[project]\n' },
      { requirements: ['svc/uv.lock'] },
    );
    // The lock does not need what the library requires.
    expect(Object.keys(meaning.content ?? {})).toEqual(['libs/a']);
    expect(meaning.requirements).toEqual(['a @ ./libs/a']);
    expect(required.requirements).toEqual(['svc/uv.lock.txt']);
    expect(isEmpty).toBe(false);
  });

  it('says which member of a lock is not there', () => {
    const lock =
      'version = 1\n[[package]]\nname = "svc"\nsource = { editable = "svc" }\n' +
      'dependencies = [{ name = "gone" }]\n' +
      '[[package]]\nname = "gone"\nsource = { editable = "libs/gone" }\n';
    const files = {
      'uv.lock': lock,
      'pyproject.toml': '[tool.uv.workspace]\nmembers = ["svc", "libs/*"]\n',
      'svc/pyproject.toml': '[project]\nname = "svc"\ndependencies = ["gone"]\n',
    };
    expect(() => read(files, { requirements: ['uv.lock'] })).toThrow(
      expect.objectContaining({
        code: 'REQUIREMENTS_MISSING',
        message: '`libs/gone`, which `uv.lock` names, is not in the workspace',
      }),
    );
  });
});

describe('the ignore file that hatchling reads', () => {
  const HATCH =
    '[build-system]\nbuild-backend = "hatchling.build"\nrequires = ["hatchling"]\n[project]\nname = "a"\n';
  const FILES = { 'libs/a/pyproject.toml': HATCH, 'svc/requirements.txt': '-e ../libs/a\n' };
  const ignoreFile = (more: Record<string, string>) => {
    const files = { ...FILES, ...more };
    const { meaning, required } = read(files, { requirements: ['svc/requirements.txt'] });
    const file = required.localFiles.find(({ path }) => path === '.gitignore');
    return { source: file?.source, isInKey: '.gitignore' in (meaning.content ?? {}) };
  };

  it('is copied from the root of the workspace', () => {
    expect(ignoreFile({ '.gitignore': '*.env\n' })).toEqual({
      source: join(root, '.gitignore'),
      isInKey: true,
    });
  });

  it('is copied from the repository that the workspace is a folder of', () => {
    const outer = root;
    root = join(outer, 'folder');
    writeFiles(outer, { '.git/HEAD': '', '.gitignore': '*.env\n' });
    expect(ignoreFile({})).toEqual({ source: join(outer, '.gitignore'), isInKey: true });
  });
});
