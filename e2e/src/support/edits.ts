/** Services and libraries of one workspace, and edits of them with what each must reach. */

import { HANDLER, serviceFiles, type Workspace } from './workspace';

const SETUPTOOLS =
  '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n';

function library(name: string, more: string, code: string): Record<string, string> {
  return {
    [`libs/${name}/project.json`]: JSON.stringify({ name }),
    [`libs/${name}/pyproject.toml`]: `${SETUPTOOLS}[project]\nname = "acme-${name}"\nversion = "1"\n${more}[tool.setuptools.packages.find]\nwhere = ["src"]\n`,
    [`libs/${name}/src/acme_${name}/__init__.py`]: code,
  };
}

const using = (imports: string): string => `${imports}\n\n\n${HANDLER}`;

/** Of six. */
const HASH = '4721f391ed90541fddacab5acf947aa0d3dc7d27b2e1e8eda2be8970586c3274';
const lock = (comment: string): string => `# ${comment}\nsix==1.17.0 --hash=sha256:${HASH}\n`;

/**
 * `orders` requires `common`, which requires `base`; it has the code of `shared` by a root, and imports `tools`, which
 * nothing else says. `billing` is alone.
 */
export const EDITED_WORKSPACE: Readonly<Record<string, string>> = {
  ...library('base', '', 'RATE = 1\n'),
  ...library(
    'common',
    'dependencies = ["acme-base"]\n[tool.uv.sources]\nacme-base = { path = "../base" }\n',
    'from acme_base import RATE\n',
  ),
  ...library('tools', '', 'TOOL = 1\n'),
  'shared/project.json': '{ "name": "shared" }',
  'shared/src/money.py': 'CENT = 1\n',
  ...serviceFiles(
    'services/orders',
    'package = "orders"\nroots = [".", "../../shared/src"]\nruntime = "python3.11"\n',
    {
      'orders/handlers/create.py': using('from acme_common import RATE\nfrom orders import texts'),
      'orders/handlers/refund.py': using('import money'),
      'orders/handlers/purge.py': using(
        'import contextlib\n\nwith contextlib.suppress(ImportError):\n    import acme_tools',
      ),
      'orders/texts.py': 'HELLO = "hello"\n',
      'tests/test_create.py': 'def test(): pass\n',
      'README.md': '# Orders\n',
      'requirements.txt': '../../libs/common\nsix==1.16.0\n',
    },
  ),
  ...serviceFiles('services/billing', 'package = "billing"\nruntime = "python3.11"\n', {
    'billing/handlers/charge.py': HANDLER,
    'requirements.txt': lock('of a tool'),
  }),
};

export const SERVICES = ['orders', 'billing'] as const;
type Service = (typeof SERVICES)[number];

export interface Edit {
  path: string;
  /** What stands there then. */
  text: string | ((before: string) => string);
  /** Services that are affected. */
  affects: readonly Service[];
  /** Those of them whose package is built again: the others come from the cache. */
  builds: readonly Service[];
  /** Handlers that can behave differently: the names of each service are its own. */
  reaches: readonly string[];
}

const ORDERS: readonly Service[] = ['orders'];

export const EDITS: Readonly<Record<string, Edit>> = {
  handler: {
    path: 'services/orders/orders/handlers/refund.py',
    text: using('import money  # edited'),
    ...{ affects: ORDERS, builds: ORDERS, reaches: ['refund'] },
  },
  'shared module': {
    path: 'services/orders/orders/texts.py',
    text: 'HELLO = "good morning"\n',
    ...{ affects: ORDERS, builds: ORDERS, reaches: ['create'] },
  },
  library: {
    path: 'libs/common/src/acme_common/__init__.py',
    text: 'from acme_base import RATE  # edited\n',
    ...{ affects: ORDERS, builds: ORDERS, reaches: ['create', 'purge', 'refund'] },
  },
  'library of a library': {
    path: 'libs/base/src/acme_base/__init__.py',
    text: 'RATE = 2\n',
    ...{ affects: ORDERS, builds: ORDERS, reaches: ['create', 'purge', 'refund'] },
  },
  'library by import': {
    path: 'libs/tools/src/acme_tools/__init__.py',
    text: 'TOOL = 2\n',
    ...{ affects: ORDERS, builds: ORDERS, reaches: [] },
  },
  root: {
    path: 'shared/src/money.py',
    text: 'CENT = 100\n',
    ...{ affects: ORDERS, builds: ORDERS, reaches: ['refund'] },
  },
  test: {
    path: 'services/orders/tests/test_create.py',
    text: 'def test_more(): pass\n',
    ...{ affects: ORDERS, builds: [], reaches: [] },
  },
  README: {
    path: 'services/orders/README.md',
    text: '# All orders\n',
    ...{ affects: ORDERS, builds: [], reaches: [] },
  },
  'comment in requirements': {
    path: 'services/orders/requirements.txt',
    text: '# pinned\n../../libs/common\nsix==1.16.0\n',
    ...{ affects: ORDERS, builds: ORDERS, reaches: [] },
  },
  pin: {
    path: 'services/orders/requirements.txt',
    text: '../../libs/common\nsix==1.17.0\n',
    ...{ affects: ORDERS, builds: ORDERS, reaches: ['create', 'purge', 'refund'] },
  },
  lock: {
    path: 'services/billing/requirements.txt',
    text: lock('of another tool'),
    ...{ affects: ['billing'], builds: ['billing'], reaches: [] },
  },
  'option in nx.json': {
    path: 'nx.json',
    text: (before) => before.replace('"engine": "host"', '"engine": "host", "imports": "error"'),
    ...{ affects: SERVICES, builds: SERVICES, reaches: [] },
  },
  'another service': {
    path: 'services/billing/billing/handlers/charge.py',
    text: using('import json'),
    ...{ affects: ['billing'], builds: ['billing'], reaches: ['charge'] },
  },
};

/** Writes an edit, and takes it back after `work`. */
export function withEdit<T>(
  workspace: Workspace,
  { path, text }: Pick<Edit, 'path' | 'text'>,
  work: () => T,
): T {
  const before = workspace.read(path);
  workspace.write(path, typeof text === 'string' ? text : text(before));
  try {
    return work();
  } finally {
    workspace.write(path, before);
  }
}
