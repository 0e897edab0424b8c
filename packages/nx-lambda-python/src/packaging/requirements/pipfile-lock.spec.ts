import { findRuntime } from '../../service/runtimes';
import { readPipfileLock } from './pipfile-lock';

const runtime = findRuntime('python3.11');
const META = { 'pipfile-spec': 6, requires: { python_version: '3.11' } };

function lines(categories: object, groups: string[] = [], meta: object = META) {
  if (!runtime) throw new Error('no such runtime');
  return readPipfileLock(JSON.stringify({ _meta: meta, ...categories }), {
    ...{ path: 'services/orders/Pipfile.lock', projectRoot: 'services/orders' },
    ...{ extras: [], groups, target: { runtime, architecture: 'x86_64' } },
  });
}

const pin = (version: string, more = {}) => ({ version, hashes: ['sha256:aa'], ...more });

describe('Pipfile.lock', () => {
  const LOCK = {
    default: {
      requests: pin('==2.31.0', {
        extras: ['socks'],
        index: 'pypi',
        markers: "python_version >= '3.7'",
      }),
      common: { path: '../../libs/common', editable: true },
      orders: { path: '.', editable: true },
      vendored: { file: 'vendor/v-1-py3-none-any.whl' },
      archived: { file: 'https://h/a.zip', hashes: ['sha256:bb'] },
      cloned: { git: 'https://h/c.git', ref: 'abc', subdirectory: 'py', editable: true },
    },
    develop: { pytest: pin('==8.0') },
    tracing: {
      six: pin('==1.17.0'),
      requests: pin('==2.31.0', { markers: "python_version >= '3.7'" }),
    },
  };
  const DEFAULT = [
    'archived @ https://h/a.zip --hash=sha256:bb',
    'cloned @ git+https://h/c.git@abc#subdirectory=py',
    'common @ file:../../libs/common',
    "requests==2.31.0 ; python_version >= '3.7' --hash=sha256:aa",
    'vendored @ file:vendor/v-1-py3-none-any.whl',
  ];

  it('has what is needed by default, and by the categories that are selected', () => {
    expect(lines(LOCK)).toEqual(DEFAULT);
    expect(lines(LOCK, ['tracing'])).toEqual([...DEFAULT, 'six==1.17.0 --hash=sha256:aa'].sort());
  });

  it.each<[object, string[], object, string]>([
    [{}, ['dev'], META, 'has no dependency group `dev`'],
    [{}, [], { ...META, 'pipfile-spec': 7 }, 'has `pipfile-spec` `7`'],
    [{}, [], { ...META, requires: { python_version: '3.12' } }, 'is locked for Python 3.12'],
    [{ default: { six: { version: '==1', hashes: [] } } }, [], META, 'has no hash for `six`'],
    [{ default: { six: { version: '*' } } }, [], META, 'has no version for `six`'],
  ])('refuses %j', (categories, groups, meta, words) => {
    expect(() => lines(categories, groups, meta)).toThrow(words);
  });

  it('takes any patch version of the runtime, and a lock that names none', () => {
    for (const requires of [{ python_full_version: '3.11.7' }, {}]) {
      expect(lines({}, [], { ...META, requires })).toEqual([]);
    }
  });
});
