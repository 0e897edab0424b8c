import { configurationFiles, decidingFromFiles, pipSettings } from './pip-configuration';

describe('configurationFiles', () => {
  const files = (
    environment: Record<string, string>,
    platform: NodeJS.Platform,
    home: string,
    exists = true,
  ) => configurationFiles(environment, platform, home, () => exists);

  it.each<[string, Record<string, string>, NodeJS.Platform, string, string[]]>([
    [
      'Linux',
      { VIRTUAL_ENV: '/venv' },
      'linux',
      '/home/me',
      [
        ...['/etc/xdg/pip/pip.conf', '/etc/pip.conf', '/home/me/.pip/pip.conf'],
        ...['/home/me/.config/pip/pip.conf', '/venv/pip.conf'],
      ],
    ],
    [
      'Linux with directories of its own',
      { XDG_CONFIG_DIRS: '/a:/b', XDG_CONFIG_HOME: '/c' },
      'linux',
      '/home/me',
      [
        ...['/a/pip/pip.conf', '/b/pip/pip.conf', '/etc/pip.conf', '/home/me/.pip/pip.conf'],
        '/c/pip/pip.conf',
      ],
    ],
    [
      'macOS',
      {},
      'darwin',
      '/Users/me',
      [
        '/Library/Application Support/pip/pip.conf',
        '/Users/me/.pip/pip.conf',
        '/Users/me/.config/pip/pip.conf',
        '/Users/me/Library/Application Support/pip/pip.conf',
      ],
    ],
    [
      'Windows',
      { APPDATA: 'C:\\Users\\me\\AppData\\Roaming', ProgramData: 'D:\\ProgramData' },
      'win32',
      'C:\\Users\\me',
      [
        'D:\\ProgramData\\pip\\pip.ini',
        'C:\\Users\\me\\pip\\pip.ini',
        'C:\\Users\\me\\AppData\\Roaming\\pip\\pip.ini',
      ],
    ],
  ])('of %s', (_, environment, platform, home, expected) => {
    expect(files(environment, platform, home)).toEqual(expected);
  });

  it("takes the named file in the place of the user's, and none at all for the null device", () => {
    const named = { PIP_CONFIG_FILE: '/mine.conf' };
    const global = ['/etc/xdg/pip/pip.conf', '/etc/pip.conf'];
    expect(files(named, 'linux', '/home/me')).toEqual([...global, '/mine.conf']);
    expect(files(named, 'linux', '/home/me', false)).toContain('/home/me/.config/pip/pip.conf');
    expect(files({ PIP_CONFIG_FILE: '/dev/null' }, 'linux', '/home/me')).toEqual([]);
    expect(files({ PIP_CONFIG_FILE: 'nul' }, 'win32', 'C:\\Users\\me')).toEqual([]);
  });
});

describe('decidingFromFiles', () => {
  const text =
    '[global]\nno-binary = six\nproxy = http://p\n[download]\npre = 1\n[list]\nno-index = 1\n';
  const read = (path: string) => (path === '/etc/pip.conf' ? text : undefined);
  const files = ['/etc/xdg/pip/pip.conf', '/etc/pip.conf'];

  it('is what a file decides and no variable overrides', () => {
    expect(decidingFromFiles({}, files, read)).toEqual([
      { name: 'no-binary', value: 'six', file: '/etc/pip.conf' },
      { name: 'pre', value: '1', file: '/etc/pip.conf' },
    ]);
    expect(decidingFromFiles({ PIP_NO_BINARY: ':none:', PIP_PRE: '0' }, files, read)).toEqual([]);
  });

  it('lets a later file take a value back', () => {
    const later = (path: string) => (path === '/b' ? '[global]\nno-binary =\n' : text);
    expect(pipSettings({}, ['/a', '/b'], later, []).map(({ name }) => name)).toEqual(['proxy']);
  });
});
