/** Locks of uv and Poetry that name libraries of the workspace. */

import { ROOT, SIX } from './requirement-forms';

const UV_LOCK = `version = 1
revision = 3
requires-python = ">=3.11"

[manifest]
members = ["common", "orders", "other"]

[[package]]
name = "common"
version = "1.0"
source = { editable = "libs/common" }
dependencies = [{ name = "other" }]

[[package]]
name = "iniconfig"
version = "2.1.0"
source = { registry = "https://index.invalid/simple" }
wheels = [
    { url = "https://files.invalid/iniconfig-2.1.0-py3-none-any.whl", hash = "sha256:9deba5723312380e77435581c6bf4935c94cbfab9b1ed33ef8d238ea168eb760", size = 6050 },
]

[[package]]
name = "orders"
version = "0"
source = { virtual = "services/orders" }
dependencies = [{ name = "common" }, { name = "six" }]

[package.dev-dependencies]
dev = [{ name = "iniconfig" }]

[[package]]
name = "other"
version = "1.0"
source = { editable = "libs/other" }

[[package]]
name = "six"
version = "1.17.0"
source = { registry = "https://index.invalid/simple" }
wheels = [
    { url = "https://files.invalid/six-1.17.0-py2.py3-none-any.whl", hash = "sha256:${SIX}", size = 11050 },
]
`;

/** @param required the library that the service requires */
export function uvWorkspace(required: string): Record<string, string> {
  return {
    'uv.lock': UV_LOCK.replace(
      '[{ name = "common" }, { name = "six" }]',
      `[{ name = "${required}" }, { name = "six" }]`,
    ),
    'pyproject.toml': '[tool.uv.workspace]\nmembers = ["libs/*", "services/*"]\n',
    [`${ROOT}/pyproject.toml`]: `[project]
name = "orders"
version = "0"
dependencies = ["${required}", "six"]
[tool.uv.sources]
${required} = { workspace = true }
[tool.nx-lambda-python]
package = "orders"
runtime = "python3.11"
`,
  };
}

export function poetryProject(): Record<string, string> {
  const poetry = (name: string, dependencies: string) => `[tool.poetry]
name = "${name}"
version = "1.0"
description = ""
authors = []
[tool.poetry.dependencies]
python = "^3.11"
${dependencies}
[build-system]
requires = ["poetry-core"]
build-backend = "poetry.core.masonry.api"
`;
  const locked = (name: string, more: string) => `[[package]]
name = "${name}"
optional = false
description = ""
python-versions = "*"
groups = ["main"]
${more}
`;
  const directory = (name: string, more = '') =>
    locked(
      name,
      `version = "1.0"
files = []
develop = true
${more}
[package.source]
type = "directory"
url = "../../libs/${name}"`,
    );
  return {
    'libs/first/pyproject.toml': poetry('first', 'second = { path = "../second" }'),
    'libs/first/first/__init__.py': '',
    'libs/second/pyproject.toml': poetry('second', ''),
    'libs/second/second/__init__.py': '',
    [`${ROOT}/pyproject.toml`]: `[tool.poetry]
package-mode = false
[tool.poetry.dependencies]
python = "^3.11"
first = { path = "../../libs/first", develop = true }
six = "1.17.0"
[tool.nx-lambda-python]
package = "orders"
runtime = "python3.11"
`,
    [`${ROOT}/poetry.lock`]: `${directory('first', '[package.dependencies]\nsecond = { path = "../second" }')}
${directory('second')}
${locked('six', `version = "1.17.0"\nfiles = [{ file = "six-1.17.0-py2.py3-none-any.whl", hash = "sha256:${SIX}" }]`)}
[metadata]
lock-version = "2.1"
python-versions = "^3.11"
content-hash = "50b20ef1e44dbf32d888c283fc207b3cdde3e4e7d85a6d90831079d985027ed7"
`,
  };
}
