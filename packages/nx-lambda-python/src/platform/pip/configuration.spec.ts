import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPipConfiguration } from './configuration';

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'pip-configuration-'))));
afterEach(() => rmSync(directory, { recursive: true }));

function configuration(text: string): string {
  const path = join(directory, 'pip.conf');
  writeFileSync(path, text);
  return path;
}

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

  it("reads the section of pip's command at hand", () => {
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

  it('leaves out directories of this machine', () => {
    expect(readPipConfiguration({ PIP_FIND_LINKS: '/opt/wheels' }, []).deciding).toEqual({});
    expect(readPipConfiguration({ PIP_FIND_LINKS: 'https://host/wheels' }, []).deciding).toEqual({
      PIP_FIND_LINKS: 'https://host/wheels',
    });
  });

  it('finds the certificates that a company added', () => {
    const file = configuration('');
    const environment = { SSL_CERT_FILE: file, PIP_CERT: '/nowhere.pem' };
    expect(readPipConfiguration(environment, []).certificates).toBe(file);
  });
});
