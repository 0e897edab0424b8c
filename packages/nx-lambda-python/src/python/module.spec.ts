import { defines, parseModule } from './module';
import { pythonParser } from './syntax-tree';

async function names(source: string | Buffer) {
  const { names: found, open } = await parseModule(source);
  return [...found, ...(open ? ['*'] : [])];
}

describe('names of a module', () => {
  it.each([
    ['def handler(event, context):\n    return 1\n', ['handler']],
    ['async def handler(e, c):\n    pass\n', ['handler']],
    ['@app.get("/")\n@other\ndef handler(e, c):\n    pass\n', ['handler']],
    ['class Api:\n    def handler(self): pass\nhandler = Api().handler\n', ['Api', 'handler']],
    ['handler = Mangum(app)\n', ['handler']],
    ['handler: Handler = make()\n', ['handler']],
    ['handler: Handler\n', []],
    ['a = handler = 1\n', ['a', 'handler']],
    ['(a, *handler), x.y, z[0] = f()\n', ['a', 'handler']],
    ['from .api import handler\n', ['handler']],
    ['from .api import (main as handler, other)\n', ['handler', 'other']],
    ['import a.b, c.d as handler\n', ['a', 'handler']],
    [
      'try:\n    from x import handler\nexcept ImportError as e:\n    handler = None\n',
      ['handler'],
    ],
    ['if X:\n    def a(): pass\nelif Y:\n    b = 1\nelse:\n    c = 1\n', ['a', 'b', 'c']],
    ['with open("x") as f, g() as (h, i):\n    j = 1\n', ['f', 'h', 'i', 'j']],
    ['for k in x:\n    m = 1\nwhile True:\n    n = 1\n', ['k', 'm', 'n']],
    ['match x:\n    case 1:\n        handler = 1\n', ['handler']],
    ['def outer():\n    handler = 1\n    def inner(): pass\n', ['outer']],
    ['"""handler = 1"""\n# def handler(): pass\n', []],
    ['handler += 1\nprint(handler := 2)\n', []],
    ['\uFEFFhandler = 1\r\nx = 2\r\n', ['handler', 'x']],
    ['a = 1\rhandler = 2\r', ['a', 'handler']],
    ['\f\nhandler = 1\n', ['handler']],
    ['größe = 1\n', ['größe']],
  ])('%j', async (source, expected) => expect(await names(source)).toEqual(expected));

  it.each([
    'from .api import *\n',
    'def __getattr__(name):\n    return 1\n',
    'for n in X:\n    globals()[n] = make(n)\n',
  ])('%j may have any name', async (source) => {
    expect(defines(await parseModule(source), 'handler')).toBe(true);
  });

  it('decodes what PEP 263 declares', async () => {
    const latin = Buffer.from('# -*- coding: latin-1 -*-\nname = "Größe"\nhandler = 1\n', 'latin1');
    const second = Buffer.from(
      '#!/usr/bin/python\n# vim: set fileencoding=iso-8859-15 :\nx = "\xa4"\n',
      'latin1',
    );
    const unknown = Buffer.from('# coding: cp1140x\nx = 1\n');
    const mark = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from('x = "ü"\n')]);
    for (const source of [latin, second, unknown, mark]) {
      expect((await parseModule(source)).syntaxError).toBeUndefined();
    }
    expect((await parseModule(latin)).names).toContain('handler');
  });
});

describe('syntax errors', () => {
  it.each([
    ['def handler(event, context)\n    return 1\n', 1, 'def handler(event, context)'],
    ['x = 1\ny = 2\ndef f(:\n    pass\n', 3, 'def f(:'],
    ['import os\n\nx = {1: 2\n\ndef f():\n    pass\n', 3, 'x = {1: 2'],
    ['a = 1\n<<<<<<< HEAD\nb = 1\n=======\nb = 2\n>>>>>>> main\n', 2, '<<<<<<< HEAD'],
    ['x = "abc\ny = 1\n', 1, 'x = "abc'],
    ['def handler(e, c):\nreturn 1\n', 1, 'def handler(e, c):'],
    ['def handler(e, c):\n    # nothing yet\n', 1, 'def handler(e, c):'],
    ['import os\nprint "hello"\n', 2, 'print "hello"'],
    ['exec "code"\n', 1, 'exec "code"'],
    ['if a <> b:\n    pass\n', 1, 'if a <> b:'],
  ])('%j', async (source, line, near) => {
    expect((await parseModule(source)).syntaxError).toMatchObject({ line, near });
  });

  it('refuses bytes that Python refuses', async () => {
    const latin = Buffer.from('x = "Größe"\n', 'latin1');
    expect((await parseModule(latin)).syntaxError?.reason).toContain('not utf-8');
    expect((await parseModule('x = 1\0\n')).syntaxError?.reason).toContain('null byte');
  });

  it.each([
    '',
    '\n',
    '# only a comment\n',
    'def f(): ...\n',
    'class A: x = 1\n',
    'def f():\n\n\n    """doc"""\n',
    'def f[T = int, *Ts = *tuple[int], **P = [int]](x: T): pass\nclass A[T: int = bool]: pass\ntype X[T = int] = T\n',
    'try:\n    pass\nexcept* A as e:\n    pass\n',
    'try:\n    pass\nexcept A, B:\n    pass\n',
    'print\nprint >> f, x\nprint -1\nprint (x), y\nprint in x\nexec (x)\n',
    'x = f"{a!r:>{w}} {"nested"}" + rb"\\x" + t"{a}"\n',
    'match = 1\ncase = 2\ntype = 3\nmatch[0]\n',
    'lambda: (yield)\nx = [*a, *b, *(c if d else e)]\n',
    'async def f():\n    async with a as b, c: await d\n    return [x async for x in y]\n',
    'def f(a, /, b, *, c): pass\nif (n := 1) and n: pass\n',
    'with (open(a) as b, open(c) as d):\n    pass\n',
    'x = 1 if y else 2; z = not x\\\n  and y\n',
    '\tif 1:\n\t\tx\n'.replace(/^\t/gm, ''),
  ])('accepts %j', async (source) => {
    expect((await parseModule(source)).syntaxError).toBeUndefined();
  });
});

describe('imports of a module', () => {
  const imports = async (source: string) =>
    (await parseModule(source)).imports.map(
      ({ module, level, names, line }) =>
        `${line} ${'.'.repeat(level)}${module}${names.length > 0 ? ` ${names.join()}` : ''}`,
    );

  it.each([
    ['import requests\n', ['1 requests']],
    ['import a.b as c, d ; import e\n', ['1 a.b', '1 d', '1 e']],
    ['\n\nfrom google . cloud import (storage as s,\n  x)\n', ['3 google.cloud storage,x']],
    ['from a import *\n', ['1 a']],
    [
      'from ..shared import x\nfrom . import y\nfrom .... import z\n',
      ['1 ..shared x', '2 . y', '3 .... z'],
    ],
    ['from __future__ import annotations\n', []],
    ['@decorated\nclass A(B):\n    import inner\n', ['3 inner']],
    ['with warnings.catch_warnings():\n    import noisy\n', ['2 noisy']],
    ['try:\n    import a\nfinally:\n    import b\n', ['2 a', '4 b']],
    ['import größe\n', ['1 größe']],
  ])('%j', async (source, expected) => expect(await imports(source)).toEqual(expected));

  it.each([
    'if TYPE_CHECKING:\n    import a\nelif x:\n    import b\nelse:\n    import c\n',
    'try:\n    import a\nexcept ImportError:\n    import b\nelse:\n    import c\n',
    'with contextlib.suppress(ImportError), b:\n    import a\n',
    'def handler(event, context):\n    import a\n',
    'for name in X:\n    import a\n',
    'import sys\nsys.path.insert(0, "vendor")\nimport a\n',
    'import a\nimport sys\nsys.modules["b"] = a\n',
    '"""\nimport a\n"""\n# import a\n',
  ])('%j is no certain one', async (source) => expect(await imports(source)).toEqual([]));
});

it('keeps one syntax tree at a time, however many modules are read at once', async () => {
  const parser = await pythonParser();
  const parse = parser.parse.bind(parser);
  let alive = 0;
  const counts: number[] = [];
  const spy = jest.spyOn(parser, 'parse').mockImplementation((text) => {
    const tree = parse(text as string);
    if (!tree) return null;
    counts.push((alive += 1));
    const free = tree.delete.bind(tree);
    tree.delete = () => {
      alive -= 1;
      free();
    };
    return tree;
  });
  await Promise.all(Array.from({ length: 20 }, (_, n) => parseModule(`x = ${n}\n`)));
  spy.mockRestore();
  expect(counts).toEqual(Array.from({ length: 20 }, () => 1));
});
