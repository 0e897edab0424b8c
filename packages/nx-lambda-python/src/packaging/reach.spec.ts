import { rmSync } from 'node:fs';
import { parseModule } from '../python/module';
import { temporaryDirectory, writeFiles } from '../temporary.fixtures';
import { readImportGraph } from './import-graph';
import { openedModules } from './opened-files.fixtures';
import { OwnModules } from './own-modules';
import { chainTo, reachOf, type Reach } from './reach';
import { hexDigest } from './requirements/canonical-json';

/** By path in the package. */
type Service = Record<string, string>;

const HANDLER = 'svc/h.py';
const PLUGINS = { 'svc/plugins/a.py': '', 'svc/plugins/b.py': 'import svc.money\n' };
const MONEY = { 'svc/money.py': '', 'svc/unused.py': '' };

async function read(service: Service, handler = HANDLER) {
  const files = Object.entries(service).map(([path, text]) => ({
    path,
    sha256: hexDigest(Buffer.from(text)),
  }));
  const own = new OwnModules(files);
  const parse = jest.fn((path: string) => parseModule(service[path] ?? ''));
  const graph = await readImportGraph([handler], own, parse);
  return { reach: reachOf(handler, graph, own), parse };
}

const reached = async (service: Service, handler?: string): Promise<Reach> =>
  (await read(service, handler)).reach;

/** What the text tells: nothing else is reached. The second part is what is. */
const TOLD: [name: string, service: Service, more: string[]][] = [
  ['an absolute import', { [HANDLER]: 'import svc.money\n', ...MONEY }, ['svc/money.py']],
  ['one under another name', { [HANDLER]: 'import svc.money as m\n', ...MONEY }, ['svc/money.py']],
  ['a relative import', { [HANDLER]: 'from . import money\n', ...MONEY }, ['svc/money.py']],
  [
    'packages on the way, and what they import',
    {
      [HANDLER]: 'from svc.deep.er import leaf\n',
      'svc/__init__.py': 'from . import first\n',
      'svc/first.py': '',
      'svc/deep/__init__.py': 'import svc.money\n',
      'svc/deep/er/__init__.py': '',
      'svc/deep/er/leaf.py': 'from ... import last\n',
      'svc/last.py': '',
      ...MONEY,
    },
    [
      'svc/__init__.py',
      'svc/first.py',
      'svc/deep/__init__.py',
      'svc/money.py',
      'svc/deep/er/__init__.py',
      'svc/deep/er/leaf.py',
      'svc/last.py',
    ],
  ],
  [
    'a name that is not a module',
    { [HANDLER]: 'from svc.money import rate\n', ...MONEY, 'svc/money.py': 'rate = 1\n' },
    ['svc/money.py'],
  ],
  [
    'imports in functions, branches and try',
    {
      [HANDLER]:
        'import os\ntry:\n    import svc.gone\nexcept ImportError:\n    import svc.money\nif os.name == "nt":\n    from svc import win\ndef handler(event, context):\n    from svc import late\n',
      ...MONEY,
      'svc/late.py': '',
      'svc/win.py': '',
    },
    ['svc/money.py', 'svc/late.py', 'svc/win.py'],
  ],
  [
    'none for type checkers, but their else',
    {
      [HANDLER]:
        'from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from svc import unused\nelse:\n    from svc import money\n',
      ...MONEY,
    },
    ['svc/money.py'],
  ],
  [
    'literal names',
    {
      [HANDLER]:
        'import importlib\nimportlib.import_module("svc.money")\nimportlib.import_module(".b", __package__)\n__import__("svc.c")\n',
      ...MONEY,
      'svc/b.py': '',
      'svc/c.py': '',
    },
    ['svc/money.py', 'svc/b.py', 'svc/c.py'],
  ],
  [
    'names that another module imports',
    {
      [HANDLER]:
        'import logging.config\nlogging.config.dictConfig({"version": 1, "formatters": {"f": {"class": "svc.money.F"}}})\n',
      ...MONEY,
      'svc/money.py': 'import logging\nclass F(logging.Formatter): pass\n',
    },
    ['svc/money.py'],
  ],
  [
    'a file that is read as data',
    {
      [HANDLER]: 'import pathlib\npathlib.Path(__file__).with_name("money.py").read_text()\n',
      ...MONEY,
    },
    ['svc/money.py'],
  ],
  [
    'a package of data',
    {
      [HANDLER]:
        'from importlib import resources\nresources.files("texts").joinpath("a.txt").read_text()\n',
      'texts/__init__.py': 'import svc.money\n',
      'texts/a.txt': 'a',
      ...MONEY,
    },
    ['texts/__init__.py', 'svc/money.py'],
  ],
  [
    'cycles',
    {
      [HANDLER]: 'import svc.a\n',
      'svc/a.py': 'import svc.b\n',
      'svc/b.py': 'from svc import a, h\n',
    },
    ['svc/a.py', 'svc/b.py'],
  ],
  [
    'a package before the module of its name',
    {
      [HANDLER]: 'import svc.two\n',
      'svc/two.py': 'import svc.money\n',
      'svc/two/__init__.py': '',
      ...MONEY,
    },
    ['svc/two/__init__.py'],
  ],
  [
    'a module before the directory of its name',
    { [HANDLER]: 'import svc.two\n', 'svc/two.py': '', 'svc/two/x.py': '' },
    ['svc/two.py'],
  ],
  [
    'names that differ in case',
    { [HANDLER]: 'from svc import Money\n', 'svc/Money/__init__.py': '', ...MONEY },
    ['svc/Money/__init__.py'],
  ],
  [
    'namespace packages and modules at the top',
    {
      [HANDLER]: 'import space.inner.x\nimport top\n',
      'space/inner/x.py': 'import svc.money\n',
      'top.py': '',
      ...MONEY,
    },
    ['space/inner/x.py', 'top.py', 'svc/money.py'],
  ],
  [
    'a star that takes names, and one that takes modules',
    {
      [HANDLER]: 'from svc.plugins import *\nfrom svc.listed import *\n',
      ...PLUGINS,
      'svc/plugins/__init__.py': 'x = 1\n',
      'svc/listed/__init__.py': '__all__ = ["one", "name"]\nname = 1\n',
      'svc/listed/one.py': '',
      'svc/listed/two.py': '',
    },
    ['svc/plugins/__init__.py', 'svc/listed/__init__.py', 'svc/listed/one.py'],
  ],
  [
    'a module that is loaded when it is asked for',
    {
      [HANDLER]: 'import svc.lazy\ndef handler(event, context):\n    return svc.lazy.money\n',
      'svc/lazy/__init__.py':
        'import importlib\ndef __getattr__(name):\n    if name == "money":\n        return importlib.import_module("svc.money")\n    raise AttributeError(name)\n',
      ...MONEY,
    },
    ['svc/lazy/__init__.py', 'svc/money.py'],
  ],
  [
    'a name of many letters',
    { [HANDLER]: 'from svc import größe\n', 'svc/größe.py': '', ...MONEY },
    ['svc/größe.py'],
  ],
  [
    'a package that extends its path as pkgutil has it',
    {
      [HANDLER]: 'import svc.one.a, svc.two.a\n',
      'svc/one/__init__.py':
        "__path__ = __import__('pkgutil').extend_path(\n    __path__, __name__\n)\n",
      'svc/two/__init__.py':
        'from pkgutil import extend_path\n__path__ = extend_path(__path__, __name__)  # type: ignore\n',
      'svc/one/a.py': '',
      'svc/two/a.py': '',
      'svc/two/b.py': '',
      ...MONEY,
    },
    ['svc/one/__init__.py', 'svc/two/__init__.py', 'svc/one/a.py', 'svc/two/a.py'],
  ],
  [
    'what Python starts with',
    { [HANDLER]: '', 'sitecustomize.py': 'import svc.money\n', ...MONEY },
    ['sitecustomize.py', 'svc/money.py'],
  ],
];

/** What the text does not tell makes it everything, with the place and why. */
const UNTOLD: [source: string, why: string, more?: Service][] = [
  [
    'import importlib\nimportlib.import_module("svc.plugins." + "b")\n',
    '2 it computes the name of what it imports (`import_module`)',
  ],
  [
    'for name in ["b"]:\n    __import__(f"svc.plugins.{name}")\n',
    '2 it computes the name of what it imports (`__import__`)',
  ],
  [
    'import pkgutil, svc.plugins\nfor m in pkgutil.iter_modules(svc.plugins.__path__): pass\n',
    '2 it imports what it finds (`iter_modules`)',
  ],
  [
    'from pkgutil import extend_path\n__path__ = extend_path(__path__ + ["svc/plugins"], __name__)\n',
    '2 it changes what Python finds (`__path__`)',
  ],
  ['exec("import svc.plugins.b")\n', '1 it runs text as code (`exec`)'],
  [
    'import sys, os\nsys.path.insert(0, os.path.dirname(__file__) + "/plugins")\nimport b\n',
    '2 it changes what Python finds (`sys.path`)',
  ],
  [
    'import runpy\nrunpy.run_module("svc.plugins.b")\n',
    '1 it computes the name of what it imports (`runpy`)',
  ],
  [
    'from svc.star import *\n',
    '1 it takes all of `svc.star`, whose `__all__` is computed',
    { 'svc/star/__init__.py': '__all__ = list("xy")\n', 'svc/star/x.py': '', 'svc/star/y.py': '' },
  ],
  [
    'import svc.other\n',
    '3 it computes the name of what it imports (`import_module`)',
    {
      'svc/other.py':
        'from importlib import import_module\nname = "svc.plugins.b"\nimport_module(name)\n',
    },
  ],
  [
    'import importlib.metadata\nimportlib.metadata.entry_points(group="svc.plugins")\n',
    '2 it imports what entry points name (`entry_points`)',
  ],
];

it.each(TOLD)('%s', async (_, service, more) => {
  const { files, everything } = await reached(service);
  expect([...files.keys()].sort()).toEqual([...new Set([HANDLER, ...more])].sort());
  expect(everything).toEqual([]);
});

it.each(UNTOLD)('%j reaches everything', async (source, why, more = {}) => {
  const service = { [HANDLER]: source, ...PLUGINS, ...MONEY, ...more, 'svc/data.json': '' };
  const { files, everything } = await reached(service);
  expect(`${everything[0]?.line} ${everything[0]?.why}`).toBe(why);
  expect(files.size).toBe(Object.keys(service).length - 1);
});

it('is not everything because of entry points of others', async () => {
  const { everything } = await reached({ [HANDLER]: 'x = entry_points(group="flask.commands")\n' });
  expect(everything).toEqual([]);
});

it.each([
  ['a module that does not parse', { 'svc/a.py': 'def f(:\n' }, 'svc/a.py:1 it cannot be parsed'],
  ['a compiled module', { 'svc/a.abi3.so': '' }, 'svc/a.abi3.so:1 it is compiled'],
])('%s reaches everything', async (_, more, expected) => {
  const { everything } = await reached({
    [HANDLER]: 'import svc.a\n',
    ...MONEY,
    ...(more as Service),
  });
  expect(everything.map(({ file, line, why }) => `${file}:${line} ${why}`)).toEqual([expected]);
});

it("tells names that are not the service's own, and the way to each file", async () => {
  const reach = await reached({
    [HANDLER]: '\nimport json, svc.a\n',
    'svc/a.py': 'import requests.adapters\nfrom .money import x\n',
    ...MONEY,
  });
  expect([...reach.names]).toEqual([
    ['json', { file: HANDLER, line: 2 }],
    ['svc', { file: HANDLER, line: 2 }],
    ['requests', { file: 'svc/a.py', line: 1 }],
  ]);
  expect(chainTo('svc/money.py', reach)).toEqual([
    { file: HANDLER, line: 2 },
    { file: 'svc/a.py', line: 2 },
  ]);
});

it('tells the name of a namespace package that only relative imports take parts of', async () => {
  const { names } = await reached(
    {
      'company/a.py': 'from . import pay\n',
      [HANDLER]: 'handler = 1\n',
    },
    'company/a.py',
  );
  expect([...names.keys()]).toEqual(['company']);
});

it('reads each of 2,000 modules once, and no other', async () => {
  const names = Array.from({ length: 2000 }, (_, n) => n);
  const service = Object.fromEntries(
    names.map((n) => [`svc/m${n}.py`, `import svc.m${(n + 1) % 1000}, svc.m${(n * 7) % 1000}\n`]),
  );
  const { reach, parse } = await read(service, 'svc/m0.py');
  expect(reach.files.size).toBe(1000);
  expect(parse).toHaveBeenCalledTimes(1000);
});

describe("Python's imports", () => {
  /** Modules that import earlier and later ones in every way, as a seed decides. */
  function generated(seed: number): Service {
    let state = seed;
    const next = (limit: number): number => {
      state = (state * 1103515245 + 12345) % 2147483648;
      return Math.floor((state / 2147483648) * limit);
    };
    const packages = ['svc', 'svc/a', 'svc/a/b', 'lib', 'ns/deep'];
    const modules = Array.from({ length: 25 }, (_, n) => `${packages[next(5)]}/m${n}`);
    const initial = packages.filter((name) => name !== 'ns/deep').map((name) => `${name}/__init__`);
    const statement = (from: string): string => {
      const target = (modules[next(25)] ?? '').split('/');
      const [name = '', dotted] = [target.at(-1), target.join('.')];
      const parent = target.slice(0, -1).join('.');
      const ups = from.split('/').length;
      const ways = [
        `import ${dotted}`,
        `from ${parent} import ${name}`,
        `def f${next(9)}():\n    import ${dotted}`,
        `try:\n    from ${parent} import ${name} as x\nexcept ImportError:\n    import ${dotted}`,
        `if ${next(2)}:\n    import ${dotted}`,
        `__import__("${dotted}")`,
        `import importlib; importlib.import_module("${dotted}")`,
        target[0] === from.split('/')[0]
          ? `from ${'.'.repeat(ups - 1)}${target.slice(1, -1).join('.')} import ${name}`
          : '',
        `from ${dotted} import *`,
      ];
      return ways[next(ways.length)] ?? '';
    };
    return Object.fromEntries(
      [...modules, ...initial].map((path) => {
        const lines = Array.from({ length: next(3) }, () => statement(path));
        return [`${path}.py`, `${lines.join('\n')}\n`];
      }),
    );
  }

  const services: [string, Service, string[]][] = [
    ...TOLD.map(([name, service]) => [name, service, [HANDLER]] as [string, Service, string[]]),
    ...UNTOLD.map(
      ([source, , more]) =>
        [source, { [HANDLER]: source, ...PLUGINS, ...MONEY, ...more }, [HANDLER]] as [
          string,
          Service,
          string[],
        ],
    ),
    ...[1, 2, 3, 4, 5, 6].map((seed) => {
      const service = generated(seed);
      return [
        `seed ${seed}`,
        service,
        Object.keys(service)
          .filter((path) => /m\d+\.py$/.test(path))
          .slice(0, 4),
      ] as [string, Service, string[]];
    }),
  ];

  it.each(services)('open nothing outside of what is reached: %s', async (_, service, handlers) => {
    const root = temporaryDirectory();
    writeFiles(root, service);
    try {
      for (const handler of handlers) {
        const { files } = await reached(service, handler);
        const paths = openedModules(root, handler);
        expect(paths).toContain(handler);
        expect(paths.filter((path) => !files.has(path))).toEqual([]);
      }
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });
});
