import type { ModuleImport } from './imports';
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

const render = ({ module, level, names, line }: ModuleImport) =>
  `${line} ${'.'.repeat(level)}${module}${names.length > 0 ? ` ${names.join()}` : ''}`;

describe('all imports of a module', () => {
  it.each([
    ['if DEBUG:\n    import a\nelse:\n    from . import b\n', '2 a, 4 . b'],
    ['try:\n    import a\nexcept ImportError:\n    import b\n', '2 a, 4 b'],
    ['def f():\n    async def g():\n        from ..a import b as c, d\n', '3 ..a b,d'],
    ['class A:\n    for x in y:\n        import a.b\n', '3 a.b'],
    ['from a import *\n', '1 a *'],
    ['lazy import a\nif x: lazy from .b import c; lazy import größe.d\n', '1 a, 2 .b c, 2 größe.d'],
    ['lazy = 1\nimport lazy\nx = lazy\n"""\nlazy import a\n"""\n', '2 lazy'],
    [
      'from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import a\n',
      '1 typing TYPE_CHECKING',
    ],
    ['if TYPE_CHECKING:\n    import a\nelif x:\n    import b\nelse:\n    import c\n', '4 b, 6 c'],
    ['if x:\n    import b\nelif (TYPE_CHECKING):\n    import a\n', '2 b'],
    ['import typing as t\ndef f():\n    if t.TYPE_CHECKING:\n        import a\n', '1 typing'],
    ['TYPE_CHECKING = False\nif TYPE_CHECKING:\n    import a\n', ''],
    // Not those of `typing`.
    ['TYPE_CHECKING = True\nif TYPE_CHECKING:\n    import a\n', '3 a'],
    [
      'from .x import (y,\n  TYPE_CHECKING)\nif TYPE_CHECKING:\n    import a\n',
      '1 .x y,TYPE_CHECKING, 4 a',
    ],
    ['if settings.TYPE_CHECKING:\n    import a\n', '2 a'],
    ['if not TYPE_CHECKING:\n    import a\nif TYPE_CHECKING or x:\n    import b\n', '2 a, 4 b'],
    ['x = "日本𝒳"; importlib.import_module("a.b")\n', '1 a.b'],
    ['import_module(r"a")\n__import__(\'b\')\n', '1 a, 2 b'],
    [
      'import_module(".a", __package__)\nimport_module("..b", package=__package__)\n',
      '1 .a, 2 ..b',
    ],
    ['def f(): return find_spec("numpy") is not None\n', '1 numpy'],
  ])('%j: %s', async (source, expected) => {
    const { imports, unknowns, syntaxError } = await parseModule(source);
    expect(imports.map(render).join(', ')).toBe(expected);
    expect({ unknowns, syntaxError }).toEqual({ unknowns: [] });
  });

  it.each([
    ['\nimportlib.import_module(name)\n', '2 import_module'],
    ['import_module("a" + b)\nimport_module(f"a")\n', '1 import_module, 2 import_module'],
    ['import_module(".a", __name__)\n', '1 import_module'],
    ['load = importlib.import_module\n', '1 import_module'],
    ['from importlib import import_module as load\n', '1 import_module'],
    ['getattr(importlib, "import_module")("a")\n', '1 import_module'],
    ['__import__("a", fromlist=["b"])\n', '1 __import__'],
    [
      'for m in pkgutil.iter_modules(p): pass\npkgutil.walk_packages()\n',
      '1 iter_modules, 2 walk_packages',
    ],
    [
      'exec(code)\nx = eval("1")\nbuiltins.exec(code)\nrun = exec\n',
      '1 exec, 2 eval, 3 exec, 4 exec',
    ],
    [
      'sys.path.insert(0, "x")\nsys.path[:0] = y\nsys.path += z\nf(sys.path)\n',
      '1 sys.path, 2 sys.path, 3 sys.path, 4 sys.path',
    ],
    ['sys.modules["a"] = b\ndel sys.modules["a"]\n', '1 sys.modules, 2 sys.modules'],
    ['import sys as s\ns.meta_path.append(x)\np = s.path\n', '2 meta_path, 3 sys.path'],
    ['from sys import path\nfrom sys import *\n', '1 sys.path, 2 sys.*'],
    ['import runpy\nfrom pickle import loads\n', '1 runpy, 2 pickle'],
    [
      'site.addsitedir("x")\n__path__ = extend_path(__path__ + x, __name__)\n',
      '1 addsitedir, 2 __path__, 2 extend_path, 2 __path__',
    ],
    ['spec_from_file_location("a", "b.py")\n', '1 spec_from_file_location'],
  ])('does not tell those of %j', async (source, expected) => {
    const { unknowns } = await parseModule(source);
    const found = unknowns.map(({ line, why }) => `${line} ${/`(.+)`/.exec(why)?.[1]}`);
    expect(found.join(', ')).toBe(expected);
  });

  it.each([
    '"""exec(x); import_module(y)"""\n# sys.path.append(z)\n',
    'model.eval()\ndef f(exec=1): g(exec=2)\n',
    'from importlib import import_module\nfrom sys import argv\n',
    'for p in sys.path: print(sys.path, x in sys.path, sys.path[0], f"{sys.path}")\n',
    'sys.modules[__name__].x = 1\nsys.modules.get("a")\nsys.argv.append(1)\n',
    'os.path.join(a)\nself.path = x\nmodules = []\nliteral_eval(x)\nre.compile(y)\n',
  ])('tells those of %j', async (source) => {
    expect((await parseModule(source)).unknowns).toEqual([]);
  });

  it('tells names in strings, and what `__all__` is', async () => {
    const source = 'a = "orders.x"\n\nb = [\'orders.y:run\', "v1.0 x", "../a-b.py", "orders.x"]\n';
    expect((await parseModule(source)).mentions).toEqual([
      { name: 'orders.x', line: 1 },
      { name: 'orders.y', line: 3 },
      { name: '../a-b.py', line: 3 },
    ]);
    const exported = async (text: string) => (await parseModule(text)).exported;
    expect(await exported('x = mod.__all__\n')).toBeUndefined();
    expect(await exported('__all__ = ["a", # b\n "c"]\n__all__ += ("d",)\n')).toEqual([
      'a',
      'c',
      'd',
    ]);
    for (const text of [
      '__all__ = names()',
      '__all__ = ["a"] + b',
      '__all__ = ["a"]; __all__.append(x)',
      'globals()["__all__"] = x',
    ]) {
      expect(await exported(text)).toBeNull();
    }
  });
});

describe('certain imports of a module', () => {
  const imports = async (source: string) =>
    (await parseModule(source)).imports.filter(({ certain }) => certain).map(render);

  it.each([
    ['import requests\n', ['1 requests']],
    ['import a.b as c, d ; import e\n', ['1 a.b', '1 d', '1 e']],
    ['\n\nfrom google . cloud import (storage as s,\n  x)\n', ['3 google.cloud storage,x']],
    ['from a import *\n', ['1 a *']],
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
    'lazy import a\nlazy from b import c\n',
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
