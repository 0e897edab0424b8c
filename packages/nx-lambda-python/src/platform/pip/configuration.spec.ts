import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorWith } from '../../errors.fixtures';
import {
  pipEnvironment,
  pipVariables,
  readPipConfiguration,
  withConstraints,
} from './configuration';
import { temporaryDirectory, writeFiles } from '../../temporary.fixtures';

let directory: string;
beforeEach(() => (directory = temporaryDirectory()));

function configuration(text: string): string {
  const path = join(directory, 'pip.conf');
  writeFileSync(path, text);
  return path;
}

describe('withConstraints', () => {
  const base = (workspaceRoot: string) => ({
    workspaceRoot,
    sourceRoot: workspaceRoot,
    projectRoot: 'a',
    // As the build's options have them: the service's own, none of pip's configuration.
    requirements: ['a/requirements.txt'],
    constraints: ['a/limits.txt'],
  });
  const write = (path: string, text: string): string => {
    writeFiles(directory, { [path]: text });
    return join(directory, path);
  };
  const read = (environment: NodeJS.ProcessEnv) =>
    withConstraints(readPipConfiguration(environment, []), base(join(directory, 'w')), (text) =>
      text.replace('s3cret', '${HIDDEN}'),
    );

  it('has what files of the workspace and of this machine say in the key, and their copies for pip', () => {
    write('w/limits/all.txt', '-c more.txt\nsix<2 # why\n');
    write('w/limits/more.txt', 'idna==3.7\n');
    const outside = write(
      'etc/limits.txt',
      '-r ../common.txt\n--extra-index-url https://me:s3cret@h/\n',
    );
    write('common.txt', 'urllib3<3\n');
    const found = read({
      PIP_CONSTRAINT: `limits/all.txt ${outside}\nhttps://me:pw@h/limits.txt`,
      PIP_BUILD_CONSTRAINT: join(directory, 'w/limits/more.txt'),
    });
    expect(pipEnvironment(found)).toEqual({
      PIP_CONSTRAINT: [
        ...['urllib3<3', 'idna==3.7', 'six<2', '--extra-index-url https://h/'],
        'https://h/limits.txt',
      ].join('\n'),
      PIP_BUILD_CONSTRAINT: 'idna==3.7',
    });
    const place = `.nx-lambda-python/outside${outside}`;
    expect(pipVariables(found, (path) => `file:///in/${path}`)).toEqual({
      PIP_CONSTRAINT: `file:///in/limits/all.txt file:///in/${place} https://me:pw@h/limits.txt`,
      PIP_BUILD_CONSTRAINT: 'file:///in/limits/more.txt',
    });
    expect(found.constraints?.files.get(place)).toContain('https://me:${HIDDEN}@h/');
    expect(found.constraints?.inside).toEqual(['limits/all.txt', 'limits/more.txt']);
    expect(found.constraints?.outside).toEqual([
      join(directory, 'common.txt'),
      outside,
      'https://h/limits.txt',
    ]);
  });

  it('changes the key where a file says something else, and not where it lies elsewhere', () => {
    const one = write('one.txt', 'six<2\n');
    const two = write('two/x.txt', '# moved\nsix<2\n');
    const key = (path: string) => pipEnvironment(read({ PIP_CONSTRAINT: path }));
    expect(key(one)).toEqual(key(two));
    writeFileSync(two, 'six<1.5\n');
    expect(key(one)).not.toEqual(key(two));
  });

  it('refuses one that does not exist', () => {
    expect(() => read({ PIP_CONSTRAINT: 'nowhere.txt' })).toThrow(
      errorWith(
        'REQUIREMENTS_MISSING',
        'sets PIP_CONSTRAINT to `nowhere.txt`, which does not exist',
      ),
    );
  });
});

describe('readPipConfiguration', () => {
  it('reads the sections that matter, continued values, and lets the environment win', () => {
    const file = configuration(
      [
        '# company',
        '[global]',
        'index-url = https://old/simple',
        'extra-index-url =',
        '    https://one/simple',
        '    https://two/simple',
        'timeout: 60',
        '[install]',
        'no-binary = :all:',
        '[wheel]',
        'pre = true',
      ].join('\n'),
    );
    const { deciding, connecting } = readPipConfiguration({ PIP_INDEX_URL: 'https://new/simple' }, [
      file,
    ]);
    expect(deciding).toEqual({
      PIP_INDEX_URL: 'https://new/simple',
      PIP_EXTRA_INDEX_URL: 'https://one/simple https://two/simple',
      PIP_PRE: 'true',
    });
    expect(connecting).toEqual({ PIP_TIMEOUT: '60' });
  });

  it('reads the section of the running command', () => {
    const file = configuration('[install]\nno-binary = :all:\n[wheel]\npre = true\n');
    expect(readPipConfiguration({}, [file], ['install']).deciding).toEqual({
      PIP_NO_BINARY: ':all:',
    });
  });

  it("lets a command's section win over the general one, wherever they stand", () => {
    const first = configuration('[wheel]\nindex-url = https://wheel/simple\n');
    const second = join(directory, 'second.conf');
    writeFileSync(second, '[global]\nindex-url = https://global/simple\n');
    expect(readPipConfiguration({}, [first, second]).deciding).toEqual({
      PIP_INDEX_URL: 'https://wheel/simple',
    });
  });

  it("reads the file that PIP_CONFIG_FILE names instead of the user's", () => {
    const named = configuration('[global]\nindex-url = https://named/simple\n');
    const user = join(directory, 'pip', 'pip.conf');
    mkdirSync(join(directory, 'pip'));
    writeFileSync(user, '[global]\nindex-url = https://user/simple\npre = true\n');
    const environment = { XDG_CONFIG_HOME: directory };
    expect(readPipConfiguration(environment).deciding).toMatchObject({
      PIP_INDEX_URL: 'https://user/simple',
    });
    const { deciding } = readPipConfiguration({ ...environment, PIP_CONFIG_FILE: named });
    expect(deciding).toMatchObject({ PIP_INDEX_URL: 'https://named/simple' });
    expect(deciding).not.toHaveProperty('PIP_PRE');
  });

  it('says what it leaves out: directories of this machine, and what only the service may say', () => {
    const file = configuration('[global]\nplatform = win_amd64\n');
    const environment = { PIP_FIND_LINKS: '/opt/wheels', PIP_REQUIREMENT: 'more.txt' };
    const { deciding, unheeded } = readPipConfiguration(environment, [file]);
    expect(deciding).toEqual({});
    expect(unheeded).toEqual([
      expect.stringMatching(
        /^pip's setting PIP_PLATFORM of `.*pip\.conf` has no effect here: .*`runtime`/,
      ),
      expect.stringMatching(/^pip's setting PIP_FIND_LINKS has no effect here: .*"pipArgs"/),
      expect.stringMatching(
        /^pip's setting PIP_REQUIREMENT has no effect here: .*requirements files/,
      ),
    ]);
  });

  it('takes every setting that decides, by whichever of its names', () => {
    const environment = {
      PIP_PYPI_URL: 'https://mine/simple',
      PIP_NO_DEPENDENCIES: '1',
      PIP_UPLOADED_PRIOR_TO: '2026-01-01',
      PIP_CONFIG_SETTINGS: 'a=b',
      PIP_DEFAULT_TIMEOUT: '3',
      PIP_CLIENT_CERT: '/me.pem',
      PIP_TOOLS_CACHE_DIR: '/not/of/pip',
      PIP_PRE: '',
    };
    expect(readPipConfiguration(environment, [])).toMatchObject({
      deciding: {
        PIP_INDEX_URL: 'https://mine/simple',
        PIP_NO_DEPS: '1',
        PIP_UPLOADED_PRIOR_TO: '2026-01-01',
        PIP_CONFIG_SETTINGS: 'a=b',
      },
      connecting: { PIP_TIMEOUT: '3' },
      host: { PIP_CLIENT_CERT: '/me.pem' },
      unheeded: [],
    });
  });

  it('takes URLs of links', () => {
    for (const value of ['https://host/wheels', '/opt/wheels https://host/wheels']) {
      expect(readPipConfiguration({ PIP_FIND_LINKS: value }, []).deciding).toEqual({
        PIP_FIND_LINKS: 'https://host/wheels',
      });
    }
  });

  it('finds the certificates that a company added', () => {
    const file = configuration('');
    const environment = { SSL_CERT_FILE: file, PIP_CERT: '/nowhere.pem' };
    expect(readPipConfiguration(environment, []).certificates).toBe(file);
  });
});
