/**
 * Failures of pip that users meet: what is required, what the index has, and what the error must say. The specs read
 * what real pips printed for them; e2e tests let real pips fail.
 */

import type { ErrorCode } from '../../../errors';
import type { ListedFile } from '../../../packaging/requirements/listing';

/** A file that the test's index has. */
export interface ServedFile extends ListedFile {
  requires?: readonly string[];
  /** Lines of Python: what a source distribution does instead of building its wheel. */
  build?: string;
  /** As the index says it; the file's own by default. */
  sha256?: string;
}

export interface Failure {
  /** `{index}`, `{tls}` and `{closed}` stand for addresses of the test's servers. */
  requirements: string;
  files?: readonly ServedFile[];
  /** In place of the index that has the files. */
  index?: string;
  /** The error in a container, and without one if that differs. */
  expected: Expected;
  host?: Expected;
}

/** Parts of the error's first line, and of its hint. */
export type Expected = readonly [
  code: ErrorCode,
  message: readonly string[],
  hint: readonly string[],
];

const wheels = (...filenames: string[]): ServedFile[] =>
  filenames.map((filename) => ({ filename }));

/** A source distribution whose build starts a program, or compiles C. */
const starting = (filename: string, ...command: string[]): ServedFile => ({
  filename,
  build: `import subprocess\nsubprocess.check_call(${JSON.stringify(command)})\n`,
});
const compiling = (filename: string, code: string, ...options: string[]): ServedFile => ({
  filename,
  build: `import subprocess\nopen("x.c", "w").write(${JSON.stringify(code)})\nsubprocess.check_call(["gcc", "x.c", *${JSON.stringify(options)}])\n`,
});

const CONTAINER = 'start docker or podman';
const IMAGE = 'nx g nx-lambda-python:dockerfile tools/build-image --runtime=python3.11';

/** The same error in both places; only its code differs where a container could have built from source. */
const bothWays = (message: string[], hint: string[]) => ({
  expected: ['PIP_FAILED', message, hint] as const,
  host: ['WHEEL_UNAVAILABLE', message, hint] as const,
});
const alike = (message: string[], hint: string[]) => ({
  expected: ['PIP_FAILED', message, hint] as const,
});
/** What a container fails to build, and a machine without one does not try. */
const unbuilt = (requirement: string, message: string[], hint: string[]) => ({
  expected: [
    'PIP_FAILED',
    [`\`${requirement}\``, 'published only as source', ...message],
    hint,
  ] as const,
  host: [
    'WHEEL_UNAVAILABLE',
    [`\`${requirement}\``, 'published only as source'],
    [CONTAINER],
  ] as const,
});

export const FAILURES: Readonly<Record<string, Failure>> = {
  'newer glibc only': {
    requirements: 'fastjson==2.0\n',
    files: [
      ...wheels('fastjson-2.0-cp38-abi3-manylinux_2_28_x86_64.whl'),
      ...wheels('fastjson-1.9-cp311-cp311-manylinux_2_17_x86_64.whl'),
      starting('fastjson-2.0.zip', 'cargo', 'build'),
    ],
    expected: [
      'PIP_FAILED',
      ['`fastjson==2.0`', 'need glibc 2.28, the runtime has 2.26', '`cargo` is missing'],
      ['`fastjson==1.9`', 'runtime = "python3.12"', IMAGE],
    ],
    host: [
      'WHEEL_UNAVAILABLE',
      ['`fastjson==2.0`', 'need glibc 2.28, the runtime has 2.26'],
      ['`fastjson==1.9`', 'runtime = "python3.12"', CONTAINER],
    ],
  },
  'other Pythons only': {
    requirements: 'olddb==2.8.4\n',
    files: wheels(
      'olddb-2.8.4-cp37-cp37m-manylinux1_x86_64.whl',
      'olddb-2.8.4-cp38-cp38-manylinux1_x86_64.whl',
      'olddb-2.9.9-cp311-cp311-manylinux_2_17_x86_64.whl',
    ),
    ...bothWays(['`olddb==2.8.4`', 'are for Python 3.7, 3.8'], ['`olddb==2.9.9`']),
  },
  'another architecture only': {
    requirements: 'armonly==1.0\n',
    files: wheels('armonly-1.0-cp311-cp311-manylinux_2_17_aarch64.whl'),
    ...bothWays(['`armonly==1.0`', 'are for arm64'], ['architecture = "arm64"']),
  },
  'other systems only': {
    requirements: 'desktop\n',
    files: wheels(
      ...['desktop-1.0-py3-none-win_amd64.whl', 'desktop-1.0-py3-none-macosx_11_0_arm64.whl'],
    ),
    ...bothWays(['`desktop`', 'are for Windows, macOS'], ['sys_platform != "linux"']),
  },
  'required by another': {
    requirements: 'upper==1.0\n',
    files: [
      { filename: 'upper-1.0-py3-none-any.whl', requires: ['lower>=0.6'] },
      ...wheels('lower-0.7-cp39-cp39-manylinux_2_17_x86_64.whl'),
    ],
    ...bothWays(['`lower>=0.6`, which `upper` requires,', 'Python 3.9'], ['runtime = "python3.9"']),
  },
  'header missing': {
    requirements: 'directory==1.0\n',
    files: [compiling('directory-1.0.zip', '#include <lber.h>\n')],
    ...unbuilt('directory==1.0', ['the header `lber.h` is missing'], ['openldap-devel', IMAGE]),
  },
  'library missing': {
    requirements: 'linking==1.0\n',
    files: [compiling('linking-1.0.zip', 'int main() { return 0; }\n', '-lnowhere')],
    ...unbuilt('linking==1.0', ['the library `libnowhere` is missing'], [IMAGE]),
  },
  'program missing': {
    requirements: 'starting==1.0\n',
    files: [starting('starting-1.0.zip', 'mysql_config', '--libs')],
    ...unbuilt('starting==1.0', ['the program `mysql_config` is missing'], ['mariadb', IMAGE]),
  },
  'build requirement missing': {
    requirements: 'needy==1.0\n',
    files: [{ filename: 'needy-1.0.zip', requires: ['nowhere>=61'] }],
    ...unbuilt('needy==1.0', ['its build requires `nowhere>=61`'], ['newer version']),
  },
  'written for Python 2': {
    requirements: 'ancient==1.0\n',
    files: [{ filename: 'ancient-1.0.zip', build: 'print "hello"' }],
    ...unbuilt('ancient==1.0', ['written for Python 2'], ['newer version']),
  },
  'module missing': {
    requirements: 'undeclared==1.0\n',
    files: [{ filename: 'undeclared-1.0.zip', build: 'import numpy' }],
    ...unbuilt('undeclared==1.0', ['imports the module `numpy`'], ['newer version']),
  },
  'only yanked': {
    requirements: 'withdrawn>=1\n',
    files: [{ filename: 'withdrawn-1.0-cp312-cp312-win32.whl', isYanked: true }],
    ...alike(['`withdrawn>=1` was yanked'], ['another version']),
  },
  'another Python': {
    requirements: 'modern==3.0\n',
    files: [
      { filename: 'modern-3.0-py3-none-any.whl', requiresPython: '>=3.12' },
      { filename: 'modern-2.5-py3-none-any.whl', requiresPython: '>=3.8' },
    ],
    ...alike(
      ['`modern==3.0` requires Python `>=3.12`', 'the runtime is python3.11'],
      ['`modern==2.5`', 'runtime = "python3.12"'],
    ),
  },
  'unknown name of a module': {
    requirements: 'cv2\n',
    ...alike(['`cv2`', 'has no distribution of that name'], ['`opencv-python-headless`']),
  },
  'unknown name like another': {
    requirements: 'framework==1.0\nframewrk\n',
    files: wheels('framework-1.0-py3-none-any.whl'),
    ...alike(['`framewrk`', 'has no distribution of that name'], ['`framework`']),
  },
  'unknown version': {
    requirements: 'known==9.0\n',
    files: wheels('known-1.0-py3-none-any.whl', 'known-1.1-py3-none-any.whl'),
    ...alike(['`known==9.0` has no such version'], ['`known==1.1`']),
  },
  'only a pre-release': {
    requirements: 'early==2.*\n',
    files: wheels('early-2.0rc1-cp312-cp312-win32.whl', 'early-1.0-py3-none-any.whl'),
    ...alike(['only a pre-release meets `early==2.*`: 2.0rc1'], ['--pre']),
  },
  'two pins': {
    requirements: 'twice==1.0\ntwice==2.0\n',
    files: wheels('twice-1.0-py3-none-any.whl', 'twice-2.0-py3-none-any.whl'),
    ...alike(
      ['the requirements ask for `twice==1.0`', 'the requirements ask for `twice==2.0`'],
      ['`twice==1.0`'],
    ),
  },
  'two chains': {
    requirements: 'one==1.0\ntwo==1.0\n',
    files: [
      { filename: 'one-1.0-py3-none-any.whl', requires: ['shared<2'] },
      { filename: 'two-1.0-py3-none-any.whl', requires: ['shared>=2'] },
      ...wheels('shared-1.0-py3-none-any.whl', 'shared-2.0-py3-none-any.whl'),
    ],
    ...alike(
      ['`one 1.0` requires `shared<2`', '`two 1.0` requires `shared>=2`'],
      ['`one` or `two`'],
    ),
  },
  'another hash': {
    requirements: `pinned==1.0 --hash=sha256:${'1'.repeat(64)}\n`,
    files: wheels('pinned-1.0-py3-none-any.whl'),
    ...alike(
      ['`pinned-1.0-py3-none-any.whl`', 'expected sha256 `111111111111…`, got sha256 `'],
      ['nx lock'],
    ),
  },
  'no hash': {
    requirements: '--require-hashes\nloose==1.0\n',
    files: wheels('loose-1.0-py3-none-any.whl'),
    ...alike(['`loose==1.0` has no hash'], ['nx lock']),
  },
  'index unreachable': {
    requirements: 'six==1.17.0\n',
    index: 'http://127.0.0.1:{closed}/simple',
    ...alike(
      ['http://127.0.0.1:{closed}/simple', '`six==1.17.0`', 'refused the connection'],
      ['PIP_INDEX_URL'],
    ),
  },
  'index without an address': {
    requirements: 'six==1.17.0\n',
    index: 'https://index.invalid/simple',
    ...alike(
      ['https://index.invalid/simple', '`six==1.17.0`', 'its host has no address'],
      ['PIP_INDEX_URL'],
    ),
  },
  'index without https': {
    requirements: 'six==1.17.0\n',
    index: 'http://index.invalid/simple',
    ...alike(['index.invalid', '`six==1.17.0`', 'not https'], ['PIP_TRUSTED_HOST']),
  },
  'unknown certificate': {
    requirements: 'six==1.17.0\n',
    index: 'https://127.0.0.1:{tls}/simple',
    ...alike(
      ['https://127.0.0.1:{tls}/simple', '`six==1.17.0`', 'certificate is not trusted'],
      ['PIP_CERT'],
    ),
  },
  'index that wants a login': {
    requirements: 'six==1.17.0\n',
    index: '{index}/401/simple',
    expected: ['INDEX_ACCESS_DENIED', ['the index at 127.0.0.1', '(401)'], ['PIP_INDEX_URL']],
  },
  'index that refuses': {
    requirements: 'six==1.17.0\n',
    index: '{index}/403/simple',
    expected: ['INDEX_ACCESS_DENIED', ['the index at 127.0.0.1', '(403)'], ['PIP_INDEX_URL']],
  },
  'index with an error': {
    requirements: 'six==1.17.0\n',
    index: '{index}/500/simple',
    ...alike(['/500/simple', '`six==1.17.0`', '500'], ['PIP_INDEX_URL']),
  },
  'URL unreachable': {
    requirements: 'direct @ http://127.0.0.1:{closed}/direct-1.0-py3-none-any.whl\n',
    ...alike(['http://127.0.0.1:{closed}/direct-1.0', 'refused the connection'], ['URL']),
  },
  'URL without a file': {
    requirements: 'direct @ {index}/404/direct-1.0-py3-none-any.whl\n',
    ...alike(['/404/direct-1.0-py3-none-any.whl', '404'], ['URL']),
  },
};

/** Failures of distributions that are published, recorded alone. */
export const PUBLISHED: Readonly<Record<string, Expected>> = {
  'psycopg2==2.9.9': [
    'PIP_FAILED',
    ['`psycopg2==2.9.9` fits', 'are for Windows', 'the program `pg_config` is missing'],
    ['`psycopg2-binary`', 'libpq-devel', IMAGE],
  ],
  'psycopg2-binary==2.8.4': [
    'PIP_FAILED',
    ['`psycopg2-binary==2.8.4` fits', 'are for Python 2.7, 3.4', '`pg_config` is missing'],
    ['`psycopg2-binary==2.9.9`', IMAGE],
  ],
  'python-ldap==3.4.4': [
    'PIP_FAILED',
    ['`python-ldap==3.4.4` fits', 'published only as source', 'the header `lber.h` is missing'],
    ['openldap-devel', IMAGE],
  ],
  'mysqlclient==2.2.4': [
    'PIP_FAILED',
    ['`mysqlclient==2.2.4` fits', 'are for Windows', '`pkg-config` is missing'],
    ['`PyMySQL`', IMAGE],
  ],
  'lxml==4.9.4': [
    'PIP_FAILED',
    ['`lxml==4.9.4` could not be built', '`xml2-config` is missing'],
    ['libxml2-devel libxslt-devel', IMAGE],
  ],
  'dlib==19.24.6': [
    'PIP_FAILED',
    ['`dlib==19.24.6` fits', 'published only as source', '`cmake` is missing'],
    ['cmake', IMAGE],
  ],
  'beautifulsoup==3.2.1': [
    'PIP_FAILED',
    ['`beautifulsoup==3.2.1` fits', 'it is written for Python 2'],
    ['`beautifulsoup4`'],
  ],
  'anyjson==0.3.3': [
    'PIP_FAILED',
    ['`anyjson==0.3.3` fits', 'it is written for Python 2'],
    ['a newer version'],
  ],
  'fbprophet==0.7.1': [
    'PIP_FAILED',
    ['`fbprophet==0.7.1` fits', 'imports the module `'],
    ['newer'],
  ],
  'sklearn==0.0.post12': ['PIP_FAILED', ['`sklearn==0.0.post12` fits'], ['`scikit-learn`']],
  'tensorflow==2.3.0': [
    'PIP_FAILED',
    ['`tensorflow==2.3.0` fits', 'are for Python 3.5, 3.6, 3.7, 3.8'],
    ['another version'],
  ],
  'botocore beside requests and urllib3': [
    'PIP_FAILED',
    ['the requirements ask for `urllib3==2.6.0`', '`botocore 1.34.0` requires `urllib3<2.1'],
    ['`botocore`'],
  ],
};
