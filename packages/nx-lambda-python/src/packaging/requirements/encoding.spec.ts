import { spawnSync } from 'node:child_process';
import { decodeFile, decodeRequirements } from './encoding';
import { logicalLines } from './parse';

/** Python writes the files, and the pip of this machine says which lines it reads in them. */
const PIP = `
import json, os, sys
os.chdir(sys.argv[1])
from pip._internal.req.req_file import get_file_content, preprocess
for name, source in json.loads(sys.argv[2]).items():
    content = eval(source)
    open(name, "wb").write(content)
    try:
        lines = [line for _, line in preprocess(get_file_content(name, None)[1])]
    except Exception:
        lines = None
    print(json.dumps([name, content.hex(), lines]))
`;
import { temporaryDirectory } from '../../temporary.fixtures';

const TEXT = `"six==1.16.0  # für\\nidna @ https://h/größe.whl\\n"`;

const FILES: Record<string, string> = {
  'UTF-8': `${TEXT}.encode()`,
  'UTF-8 with a mark': `${TEXT}.encode("utf-8-sig")`,
  'UTF-16 LE, as PowerShell redirects': `b"\\xff\\xfe" + ${TEXT}.replace("\\n", "\\r\\n").encode("utf-16-le")`,
  'UTF-16 BE': `b"\\xfe\\xff" + ${TEXT}.encode("utf-16-be")`,
  'UTF-32 BE': `b"\\0\\0\\xfe\\xff" + ${TEXT}.encode("utf-32-be")`,
  'UTF-16 of an odd length': `b"\\xff\\xfe" + b"s"`,
  'Latin-1 by the first line': `("# -*- coding: latin-1 -*-\\n" + ${TEXT}).encode("latin-1")`,
  'Latin-1 by the second line': `("# x\\n# vim: set fileencoding=iso-8859-1 :\\n" + ${TEXT}).encode("latin-1")`,
  "Windows' encoding": `("# coding: cp1252\\n" + ${TEXT} + "# … \\n").encode("cp1252")`,
  'Shift JIS': `"# coding: shift_jis\\nsix @ https://h/表.whl # 表\\n".encode("shift_jis")`,
  'a declaration in the third line': `("\\n\\n# coding: utf-16\\n" + ${TEXT}).encode()`,
  'an indented declaration': `(" # coding: utf-16\\n" + ${TEXT}).encode()`,
  'a declared encoding that it does not have': `("# coding: utf-8\\n" + ${TEXT}).encode("latin-1")`,
  'other bytes than ASCII': `("# coding: ascii\\n" + ${TEXT}).encode()`,
  'an unknown encoding': `b"# coding: klingon\\nsix\\n"`,
  'all line breaks': `b"a\\r\\nb\\rc\\x0bd\\x0ce\\x1cf\\nh" + "\\u2028i\\x85j".encode()`,
  'continued lines': `b"six==1.\\\\\\n16 \\\\\\\\\\n  --hash=x\\n a \\\\\\n # c \\\\\\n b\\nc \\\\"`,
};

describe('a requirements file', () => {
  const directory = temporaryDirectory();
  const { stdout, stderr } = spawnSync('python3', ['-c', PIP, directory, JSON.stringify(FILES)], {
    encoding: 'utf8',
    env: { ...process.env, PYTHONUTF8: '1' },
  });
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as [name: string, hex: string, lines: string[] | null]);

  it('is put to pip', () => {
    expect([stderr, rows.map(([name]) => name)]).toEqual(['', Object.keys(FILES)]);
  });

  it.each(rows)('says what pip reads in it: %s', (_, hex, lines) => {
    const read = () => decodeRequirements(Buffer.from(hex, 'hex'), 'requirements.txt');
    if (lines === null) {
      expect(read).toThrow(expect.objectContaining({ code: 'REQUIREMENTS_INVALID' }));
      return;
    }
    const own = logicalLines(read()).map((line) => line.trim());
    expect(own.filter((line) => line !== '')).toEqual(lines);
  });

  it('may be UTF-32 LE, whose mark older pips take for that of UTF-16', () => {
    const bytes = Buffer.from('fffe0000' + '73000000' + '00f60100', 'hex');
    expect(decodeRequirements(bytes, 'x')).toBe('s\u{1f600}');
  });

  it('may have bytes of any locale in its comments, and nowhere else', () => {
    const bytes = Buffer.from('# für\nsix \\\n # ü\n', 'latin1');
    expect(decodeRequirements(bytes, 'x')).toBe('# f\uFFFDr\nsix \\\n # \uFFFD\n');
    const deciding = Buffer.from('six\n\nidna \\\n @ ./größe.whl\n', 'latin1');
    expect(() => decodeRequirements(deciding, 'a/x.txt')).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(/^`a\/x\.txt:3` has bytes that are not UTF-8/) as string,
      }),
    );
  });

  it('is every file that is of no other format', () => {
    const declared = Buffer.from('# coding: latin-1\n# für\n', 'utf8');
    const isDecoded = (path: string) => decodeFile(declared, path).includes('fÃ¼r');
    const paths = ['a/requirements.lock', 'base.in', 'uv.lock', 'a/pyproject.toml', 'Pipfile'];
    expect(paths.map(isDecoded)).toEqual([true, true, false, false, false]);
  });
});
