import { deflateRawSync } from 'node:zlib';
import { installEntries } from './layout';
import { readWheel } from './read';
import { makeScripts } from './scripts';
import { buildWheel, type FixtureWheel } from './wheel.fixtures';

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
