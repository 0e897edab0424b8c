import { deflateRawSync } from 'node:zlib';
import { installEntries, makeScripts } from './layout';
import { readWheel } from './read';
import { buildWheel, type FixtureWheel } from './wheel.fixtures';

function install(wheel: FixtureWheel) {
  const { source, filename } = buildWheel(wheel);
  return installEntries(readWheel(source, filename));
}

function pathsOf(wheel: FixtureWheel): string[] {
  return install(wheel)
    .entries.map(({ path }) => path)
    .filter((path) => !path.includes('.dist-info/'));
}

const SPREAD = {
  'demo/': {},
  'demo/__init__.py': '',
  'demo-1.0.data/': {},
  'demo-1.0.data/purelib/': {},
  'demo-1.0.data/purelib/pure.py': '1',
  'demo-1.0.data/platlib/plat.so': '2',
  'demo-1.0.data/data/bin/z3': '3',
  'demo-1.0.data/data/share/doc.txt': '4',
  'demo-1.0.data/scripts/tool': '#!python\n',
  'demo-1.0.data/headers/demo.h': '5',
};

describe('installEntries', () => {
  it('spreads .data as pip --target does, and leaves scripts out', () => {
    expect(pathsOf({ files: SPREAD })).toEqual([
      'demo/__init__.py',
      'pure.py',
      'plat.so',
      'bin/z3',
      'share/doc.txt',
      'include/python/demo/demo.h',
    ]);
  });

  it('keeps all of dist-info', () => {
    const { entries } = install({ files: { 'demo-1.0.dist-info/licenses/MIT': 'x' } });
    expect(entries.map(({ path }) => path)).toEqual([
      'demo-1.0.dist-info/licenses/MIT',
      'demo-1.0.dist-info/METADATA',
      'demo-1.0.dist-info/WHEEL',
      'demo-1.0.dist-info/RECORD',
    ]);
  });

  it.each([
    [0o100644, 0o644],
    [0o100600, 0o644],
    [0o100700, 0o755],
    [0o100777, 0o755],
    [0o644, 0o644],
    // pip looks at the mode of what is said to be a regular file only (protobuf 5.29.3 has 0777).
    [0o777, 0o644],
    [0, 0o644],
    [0o100001, 0o755],
  ])('makes mode %o %o', (mode, expected) => {
    const { entries } = install({ files: { 'a.py': { content: 'x', mode } } });
    expect(entries[0]).toMatchObject({ path: 'a.py', mode: expected });
  });

  it('accepts .data in another spelling of the same name', () => {
    expect(pathsOf({ files: { 'Demo-1.0.0.data/purelib/a.py': '' } })).toEqual(['a.py']);
  });

  it.each([
    ['unknown key', 'data-key-unknown', 'demo-1.0.data/stdlib/a.py'],
    ['key of the prototype', 'data-key-unknown', 'demo-1.0.data/constructor/a.py'],
    ['no key', 'data-key-unknown', 'demo-1.0.data/a.py'],
    ['other distribution', 'data-foreign', 'evil-1.0.data/purelib/a.py'],
  ])('refuses .data with %s', (_what, reason, path) => {
    expect(() => install({ files: { [path]: 'x' } })).toThrow(expect.objectContaining({ reason }));
  });

  it('takes equal files that meet in one place once, and refuses others', () => {
    const meeting = (content: string) => ({ 'a.py': 'x', 'demo-1.0.data/purelib/a.py': content });
    expect(pathsOf({ files: meeting('x') })).toEqual(['a.py']);
    expect(() => pathsOf({ files: meeting('y') })).toThrow(
      expect.objectContaining({ reason: 'data-overwrites' }),
    );
  });

  it('warns of .pth files in the root, also from .data, and of a newer minor format', () => {
    const { warnings } = install({
      files: { 'a.pth': '', 'demo/b.pth': '', 'demo-1.0.data/purelib/c.pth': '' },
      wheelFile: 'Wheel-Version: 1.9\n',
    });
    expect(warnings).toHaveLength(3);
    expect(warnings.join()).toMatch(/Wheel-Version 1\.9.*`a\.pth`.*`c\.pth`/);
  });
});

const PYTHON = '/var/lang/bin/python3.11';

function wheelWith(files: FixtureWheel['files'], entryPoints?: string) {
  const { source, filename } = buildWheel({
    files: {
      ...files,
      ...(entryPoints === undefined ? {} : { 'demo-1.0.dist-info/entry_points.txt': entryPoints }),
    },
  });
  return { source, wheel: readWheel(source, filename) };
}

/** Path to text, or to the path of the wheel's entry whose bytes are taken. */
function scripts(files: FixtureWheel['files'], entryPoints?: string): Record<string, string> {
  const { source, wheel } = wheelWith(files, entryPoints);
  const made = makeScripts(source, wheel, PYTHON);
  expect(made.every(({ mode }) => mode === 0o755)).toBe(true);
  return Object.fromEntries(
    made.map(({ path, source: from }) => [
      path,
      'bytes' in from ? from.bytes.toString() : from.path,
    ]),
  );
}

const SCRIPTS = 'demo-1.0.data/scripts';

describe('makeScripts', () => {
  it("writes pip's text for console and graphical scripts", () => {
    const text = [
      '#!/var/lang/bin/python3.11',
      '# -*- coding: utf-8 -*-',
      'import re',
      'import sys',
      'from demo.cli import Cli',
      "if __name__ == '__main__':",
      "    sys.argv[0] = re.sub(r'(-script\\.pyw|\\.exe)?$', '', sys.argv[0])",
      '    sys.exit(Cli.run())',
      '',
    ].join('\n');
    const points = [
      '# comment',
      '[other]',
      'no equals sign',
      '[console_scripts]',
      'demo = demo.cli:Cli.run',
      'demo-x.y_1+=demo.cli : Cli.run  [extra, other]',
      'both = first:one',
      '',
      '[gui_scripts]\r',
      ' both = demo.cli:Cli.run \r',
    ].join('\n');
    expect(scripts({}, points)).toEqual({
      'bin/demo': text,
      'bin/demo-x.y_1+': text,
      'bin/both': text,
    });
  });

  it('gives a packed #!python the interpreter, and takes every other script as it is', () => {
    const files = {
      [`${SCRIPTS}/plain`]: '#!python\nprint(1)\n',
      [`${SCRIPTS}/windowed.py`]: '#!pythonw -u\r\nprint(2)\r\n',
      [`${SCRIPTS}/alone`]: '#!python',
      [`${SCRIPTS}/stored`]: { content: '#!python\nx\n', method: 0, mode: 0o100644 },
      [`${SCRIPTS}/sub/tool`]: '#!/usr/bin/env python\n',
      [`${SCRIPTS}/binary`]: Buffer.alloc(5_000_000, 'ELF #!python ').toString(),
      [`${SCRIPTS}/`]: {},
    };
    expect(scripts(files)).toEqual({
      'bin/plain': `#!${PYTHON}\nprint(1)\n`,
      'bin/windowed.py': `#!${PYTHON}\nprint(2)\r\n`,
      'bin/alone': `#!${PYTHON}\n`,
      'bin/stored': `#!${PYTHON}\nx\n`,
      'bin/sub/tool': `${SCRIPTS}/sub/tool`,
      'bin/binary': `${SCRIPTS}/binary`,
    });
  });

  it('takes no wrapper that setuptools packed beside its entry point', () => {
    const wrappers = ['demo', 'demo.exe', 'demo-script.py', 'demo.pya', 'own'];
    const files = Object.fromEntries(wrappers.map((name) => [`${SCRIPTS}/${name}`, 'old']));
    const made = scripts(files, '[console_scripts]\ndemo = demo:main\n');
    expect(Object.keys(made)).toEqual(['bin/own', 'bin/demo']);
    expect(made['bin/demo']).toContain('from demo import main\n');
  });

  it('names the scripts of pip and setuptools by the Python that runs', () => {
    const points =
      '[console_scripts]\npip = p:m\npip3.9 = p:m\npip2 = p:m\neasy_install-3.9 = e:m\neasy_install = e:m\n';
    expect(Object.keys(scripts({}, points))).toEqual([
      'bin/pip',
      'bin/pip3',
      'bin/pip3.11',
      'bin/easy_install',
      'bin/easy_install-3.11',
    ]);
  });

  it.each([
    ['no function', 'demo = demo.cli'],
    ['no value', 'demo'],
    ['two colons', 'demo = a:b:c'],
    ['code', 'demo = os:system("x")'],
    ['a line break by way of an escape', 'demo = a:b\\nimport os'],
    ['a path', '../demo = demo:main'],
    ['a directory', '.. = demo:main'],
    ['a space', 'my demo = demo:main'],
    ['no name', '= demo:main'],
  ])('refuses an entry point with %s', (_what, line) => {
    expect(() => scripts({}, `[console_scripts]\n${line}\n`)).toThrow(
      expect.objectContaining({ code: 'WHEEL_INVALID', reason: 'entry-point-invalid' }),
    );
  });

  it('reads only the start of what it does not rewrite', () => {
    const data = deflateRawSync(Buffer.alloc(3_000_000, 'x'));
    const { source, wheel } = wheelWith({ [`${SCRIPTS}/big`]: { content: 'x', data, method: 8 } });
    let read = 0;
    const counting = {
      size: source.size,
      read(offset: number, length: number) {
        read += length;
        return source.read(offset, length);
      },
    };
    expect(makeScripts(counting, wheel, PYTHON)).toHaveLength(1);
    expect(read).toBeLessThanOrEqual(4096);
  });

  it('refuses a script where the wheel has another file', () => {
    const { source, wheel } = wheelWith(
      { 'bin/demo': 'other' },
      '[console_scripts]\ndemo = demo:main\n',
    );
    const made = makeScripts(source, wheel, PYTHON);
    expect(() => installEntries(wheel, made)).toThrow(
      expect.objectContaining({
        reason: 'data-overwrites',
        message: expect.stringContaining(
          '`bin/demo` and the script `bin/demo` differ, and both become `bin/demo`',
        ) as string,
      }),
    );
    expect(installEntries(wheel).entries.map(({ path }) => path)).toContain('bin/demo');
  });
});
