import {
  besideWarning,
  chooseRequirements,
  missingRequirements,
  requirementSources,
} from './sources';

function sources(files: Record<string, string>, requirements?: string[]) {
  const read = (path: string) => files[path.startsWith('svc/') ? path.slice(4) : `../${path}`];
  const workspace = { read, exists: (path: string) => read(path) !== undefined };
  const chosen = chooseRequirements({ projectRoot: 'svc', requirements }, workspace);
  return requirementSources(chosen, 'svc', workspace);
}

const DECLARED = { 'pyproject.toml': '[project]\ndependencies = ["requests"]\n' };
const POETRY = { 'pyproject.toml': '[tool.poetry.dependencies]\npython = "^3.11"\nsix = "*"\n' };
const MEMBER = '[[package]]\nname = "a"\nsource = { editable = "svc" }\n';
const LOCK = `# Locked by nx-lambda-python for python3.11 x86_64, by \`nx lock svc\`.\nsix==1 --hash=sha256:aa\n`;

it.each<[Record<string, string>, string[], string[]]>([
  [{}, ['svc/requirements.txt'], []],
  [{ 'requirements.txt': 'six' }, ['svc/requirements.txt'], []],
  [{ 'uv.lock': '' }, ['svc/uv.lock'], []],
  [{ 'requirements.txt': 'six', 'uv.lock': '' }, ['svc/requirements.txt'], ['svc/uv.lock']],
  [
    { 'requirements.txt': LOCK, 'poetry.lock': '', 'pylock.toml': '' },
    ['svc/requirements.txt'],
    ['svc/pylock.toml', 'svc/poetry.lock'],
  ],
  [DECLARED, ['svc/pyproject.toml'], []],
  [POETRY, ['svc/pyproject.toml'], []],
  [{ 'pyproject.toml': '[project]\nname = "a"\n' }, ['svc/requirements.txt'], []],
  [{ Pipfile: '' }, ['svc/Pipfile'], []],
  [{ Pipfile: '', 'Pipfile.lock': '' }, ['svc/Pipfile.lock'], []],
  [{ Pipfile: '', ...DECLARED }, ['svc/pyproject.toml'], ['svc/Pipfile']],
  [{ Pipfile: '', 'requirements.txt': 'six' }, ['svc/requirements.txt'], ['svc/Pipfile']],
  [{ '../uv.lock': MEMBER, ...DECLARED }, ['uv.lock'], []],
  [{ 'poetry.lock': '', 'uv.lock': '' }, ['svc/uv.lock'], ['svc/poetry.lock']],
  // Of a workspace whose member the service is, or is not.
  [{ '../uv.lock': MEMBER }, ['uv.lock'], []],
  [{ '../uv.lock': MEMBER.replace('svc', 'other') }, ['svc/requirements.txt'], []],
  [{ '../uv.lock': MEMBER, 'requirements.txt': 'six' }, ['svc/requirements.txt'], ['uv.lock']],
  [{ 'requirements.txt': 'six', ...DECLARED }, ['svc/requirements.txt'], ['svc/pyproject.toml']],
  [{ 'requirements.txt': '# none', ...POETRY }, ['svc/requirements.txt'], ['svc/pyproject.toml']],
  // What was locked from it.
  [{ 'requirements.txt': LOCK, ...DECLARED }, ['svc/requirements.txt'], []],
  [{ 'uv.lock': '', ...DECLARED }, ['svc/uv.lock'], []],
  [{ 'poetry.lock': '', ...POETRY }, ['svc/poetry.lock'], []],
  [
    {
      'requirements.txt': 'six',
      'pyproject.toml': '[project]\ndependencies = []\n[tool.poetry.dependencies]\npython = "^3"\n',
    },
    ['svc/requirements.txt'],
    [],
  ],
  [{ 'requirements.txt': 'six', 'pyproject.toml': 'broken' }, ['svc/requirements.txt'], []],
])('of %j %j is taken, and %j is not', (files, taken, beside) => {
  expect(sources(files)).toEqual({ taken, beside, areDefault: true });
});

it('are what the option names', () => {
  const found = sources({ 'requirements.txt': 'six', 'uv.lock': '' }, ['svc/uv.lock']);
  expect(found).toEqual({
    taken: ['svc/uv.lock'],
    beside: ['svc/requirements.txt'],
    areDefault: false,
  });
  expect(besideWarning(found)).toBeUndefined();
});

describe('a second source', () => {
  it('is named with the one that is taken, and how to choose', () => {
    expect(besideWarning(sources({ 'requirements.txt': 'six', 'uv.lock': '' }))).toBe(
      'the package is built from `svc/requirements.txt`; `svc/uv.lock` is not read: remove what is not needed, or choose with "requirements": ["uv.lock"] on the build target',
    );
    expect(besideWarning(sources({ 'requirements.txt': 'six', ...DECLARED }))).toContain(
      'the dependencies in `svc/pyproject.toml` are not read: remove what is not needed, or choose with "requirements": ["requirements.txt"]',
    );
  });

  it('gives no warning if there is only one', () => {
    expect(besideWarning(sources({ 'requirements.txt': 'six' }))).toBeUndefined();
  });
});

it.each<[string, Record<string, string>, string]>([
  ['requirements.txt', {}, 'an empty file is fine'],
  ['requirements.txt', { Pipfile: '', 'requirements.in': '' }, '"requirements": ["Pipfile"]'],
  ['requirements.txt', { 'setup.cfg': '' }, '`dependencies` under [project]'],
  ['requirements.txt', { 'environment.yml': '' }, 'as pip names it'],
  ['requirements.txt', { 'requirements.in': 'six' }, '`nx lock <service>`'],
  ['prod.txt', { 'poetry.lock': '', ...POETRY }, '"requirements": ["pyproject.toml"]'],
  ['prod.txt', { 'poetry.lock': '' }, '"requirements": ["poetry.lock"]'],
  ['uv.lock', {}, 'or name another one'],
])('without %s, but with %j, the hint says `%s`', (name, files, words) => {
  const read = (path: string) => files[path.replace('svc/', '')];
  const workspace = { read, exists: (path: string) => read(path) !== undefined };
  const { hint = '', message } = missingRequirements(`svc/${name}`, 'svc', workspace);
  expect(message).toContain(`\`svc/${name}\` does not exist`);
  expect(hint).toContain(words);
  expect(hint.includes('empty file')).toBe(Object.keys(files).length === 0);
});
