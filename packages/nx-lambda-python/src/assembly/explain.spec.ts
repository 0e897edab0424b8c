import { rmSync } from 'node:fs';
import { normalizeOptions } from '../targets/build-target';
import { explainDependencies, renderExplanation, type Explanation } from './explain';
import { MARKER, TestService } from './service.fixtures';

const hit: Explanation = {
  project: 'orders',
  outcome: 'hit',
  requirementsKey: 'abc',
  image: 'build:1@sha256:aa',
  engine: 'docker',
  startsContainer: false,
  requirements: { taken: ['svc/requirements.txt'], beside: [] },
  inputs: {
    roots: [],
    sources: ['orders/a.py', 'orders/b.py'],
    files: ['svc/requirements.txt'],
    directories: ['libs/common'],
    variables: ['PIP_PRE'],
    unseen: [],
  },
  previous: { requirementsKey: 'abc', unknown: null, changes: [] },
  lock: null,
  leftOut: null,
  follows: false,
};
const miss: Explanation = {
  ...hit,
  outcome: 'miss',
  startsContainer: true,
  previous: {
    requirementsKey: 'old',
    unknown: null,
    changes: [
      { component: 'requirements', from: null, to: 'six==1.0 --hash=sha256:aa' },
      {
        component: 'imageDigest',
        from: `sha256:${'1'.repeat(64)}`,
        to: `sha256:${'2'.repeat(64)}`,
      },
    ],
  },
};
const lock = { distributions: 3, stored: 2, missing: ['six'] };
const lines = (explanation: Explanation) => renderExplanation(explanation).split('\n');

describe('renderExplanation', () => {
  it('says what a hit would use', () => {
    expect(lines(hit)).toEqual([
      'orders: hit',
      'requirements key: abc',
      'its dependencies are in the wheel store, resolved by docker in build:1@sha256:aa; no container would be started',
      'requirements: `svc/requirements.txt`',
      'decided by: 2 files of the service, svc/requirements.txt, libs/common/, PIP_PRE',
      'nothing changed since the last build',
    ]);
  });

  it('says what the build leaves out of distributions', () => {
    const leftOut = [
      { name: 'google-api-python-client', files: 581, size: 90e6 },
      { name: 'numpy', files: 1, size: 2 },
    ];
    expect(lines({ ...hit, leftOut }).slice(5, 7)).toEqual([
      'left out of google-api-python-client: 581 files, 90.0 MB',
      'left out of numpy: 1 file, 0.0 kB',
    ]);
  });

  it('says what changed on a miss', () => {
    expect(lines(miss).slice(2)).toEqual([
      'docker, build:1@sha256:aa, would resolve all requirements',
      'requirements: `svc/requirements.txt`',
      'decided by: 2 files of the service, svc/requirements.txt, libs/common/, PIP_PRE',
      'changed since the last build:',
      '  requirements: + six==1.0',
      '  build image: sha256:111111111111 → sha256:222222222222',
    ]);
  });

  it.each([
    [
      { ...miss, lock },
      '2 of 3 locked wheels are in the wheel store; docker, build:1@sha256:aa, would fetch six',
    ],
    [
      { ...miss, lock: { distributions: 3, stored: 3, missing: [] }, startsContainer: false },
      '3 of 3 locked wheels are in the wheel store: no container would be started',
    ],
    [
      { ...miss, engine: 'host', image: null, startsContainer: false },
      'pip on this machine would resolve all requirements',
    ],
    [
      { ...miss, follows: true, startsContainer: false },
      'only files that wheels copy were edited in libraries: no container would be started',
    ],
    [{ ...hit, engine: 'none', image: null }, 'nothing is required: no container would be started'],
    [
      { ...hit, engine: 'host', image: null },
      'its dependencies are in the wheel store, resolved by pip on a machine without a container; no container would be started',
    ],
  ] as [Explanation, string][])('%#', (explanation, expected) => {
    expect(lines(explanation)[2]).toBe(expected);
  });

  it('names what Nx does not see', () => {
    const unseen = [{ what: '`svc/x.py`', why: '`.gitignore` hides it' }];
    expect(lines({ ...hit, inputs: { ...hit.inputs, unseen } })[5]).toBe(
      'Nx does not see `svc/x.py`: `.gitignore` hides it; the build is not cached',
    );
  });

  it('names what is read, and what is not', () => {
    const requirements = {
      taken: ['svc/requirements.txt'],
      beside: ['svc/uv.lock', 'svc/pyproject.toml'],
    };
    expect(lines({ ...hit, requirements })[3]).toBe(
      'requirements: `svc/requirements.txt`; not read: `svc/uv.lock`, the dependencies in `svc/pyproject.toml`',
    );
  });

  it('says why there is nothing to say', () => {
    const unknown: Explanation = {
      ...miss,
      outcome: 'unknown',
      requirementsKey: null,
      image: 'new:1',
    };
    expect(lines(unknown)[1]).toContain('`new:1` is not on this machine');
    const first = { requirementsKey: null, unknown: 'no build', changes: [] } as const;
    expect(lines({ ...miss, previous: { ...first, changes: [] } }).at(-1)).toContain(
      'no earlier build',
    );
    const foreign = { requirementsKey: 'old', unknown: 'not in the store', changes: [] } as const;
    expect(lines({ ...miss, previous: { ...foreign, changes: [] } }).at(-1)).toContain(
      'built elsewhere',
    );
  });
});

it('is found out without doing anything, before and after a build', async () => {
  const service = new TestService({ 'svc/requirements.txt': 'six==1\n' });
  const explain = () =>
    explainDependencies(
      normalizeOptions({ outputPath: 'dist/svc', engine: 'host' }, service.context()),
    );
  try {
    const miss = await explain();
    expect(miss).toMatchObject({
      ...{ outcome: 'miss', engine: 'host', image: null, startsContainer: false, lock: null },
      previous: { unknown: 'no build', changes: [] },
      inputs: { sources: ['svc/handlers/one.py'], unseen: [] },
    });
    service.write({ 'svc/requirements.txt': '' });
    expect(await service.build()).toBe(true);
    expect(await explain()).toMatchObject({
      ...{ outcome: 'hit', engine: 'none', image: null, startsContainer: false },
      previous: { unknown: null, changes: [] },
    });
    service.write({ 'svc/requirements.txt': 'six==1\n' });
    const { requirementsKey, previous } = await explain();
    expect(requirementsKey).toBe(miss.requirementsKey);
    expect(previous.changes).toEqual([{ component: 'requirements', from: null, to: 'six==1' }]);
  } finally {
    service.remove();
  }
});

describe('of other forms than requirements files', () => {
  const HASH = `sha256:${'a'.repeat(64)}`;
  const PINNED = `six==1 --hash=${HASH}`;
  const uv = (requires: string) => `version = 1
[[package]]
name = "svc"
source = { virtual = "." }
${requires}
[[package]]
name = "six"
version = "1"
source = { registry = "https://h.invalid/simple" }
wheels = [{ url = "https://h.invalid/six-1-py3-none-any.whl", hash = "${HASH}" }]
`;
  const POETRY = '[metadata]\nlock-version = "2.1"\npython-versions = "*"\n';
  const pipenv = (packages: object) =>
    JSON.stringify({ _meta: { 'pipfile-spec': 6 }, default: packages });

  it.each<[string, empty: string, full: string, line: string]>([
    [
      'pyproject.toml',
      `[project]\ndependencies = []\n${MARKER}`,
      `[project]\ndependencies = ["six==1"]\n${MARKER}`,
      'six==1',
    ],
    ['uv.lock', uv(''), uv('dependencies = [{ name = "six" }]'), PINNED],
    [
      'poetry.lock',
      POETRY,
      `[[package]]\nname = "six"\nversion = "1"\noptional = false\npython-versions = "*"\ngroups = ["main"]\nfiles = [{ file = "six-1-py3-none-any.whl", hash = "${HASH}" }]\n${POETRY}`,
      PINNED,
    ],
    ['Pipfile.lock', pipenv({}), pipenv({ six: { version: '==1', hashes: [HASH] } }), PINNED],
    ['Pipfile', '', '[packages]\nsix = "==1"\n', 'six==1'],
  ])('%s is named, an input, and compared by its meaning', async (name, empty, full, to) => {
    const path = `svc/${name}`;
    const service = new TestService({ [path]: empty });
    rmSync(service.path('svc/requirements.txt'));
    const explain = () =>
      explainDependencies(
        normalizeOptions({ outputPath: 'dist/svc', engine: 'host' }, service.context()),
      );
    try {
      expect(await service.build()).toBe(true);
      expect(await explain()).toMatchObject({ outcome: 'hit', previous: { changes: [] } });
      service.write({ [path]: full });
      const miss = await explain();
      expect(miss.requirements).toEqual({ taken: [path], beside: [] });
      expect(miss.inputs.files).toContain(path);
      expect(miss.outcome).toBe('miss');
      expect(miss.previous.changes).toContainEqual({ component: 'requirements', from: null, to });
    } finally {
      service.remove();
    }
  });
});
