/** Which handlers an edit changes, and that what Nx hashes for the build has each file that changes one. */

import { readFileSync } from 'node:fs';
import type { BuildManifest } from '../packaging/manifest';
import { buildOptionsOf } from '../targets/build-target';
import { presentInputs } from './explain';
import { MARKER, TestService } from './service.fixtures';
import { readMarker } from './service';

const HANDLER = 'def handler(event, context): ...\n';
let service: TestService;
beforeAll(() => {
  service = new TestService({
    'svc/pyproject.toml': `${MARKER}roots = [".", "../libs/common/src"]\n`,
    'svc/svc/handlers/one.py': `from svc import shared\n${HANDLER}`,
    'svc/svc/handlers/two.py': `import common.money\n${HANDLER}`,
    'svc/svc/handlers/three.py': HANDLER,
    'svc/svc/shared.py': 'import common.rates\n',
    'libs/common/src/common/money.py': 'from . import rates\n',
    'libs/common/src/common/rates.py': '',
  });
});
afterAll(() => service.remove());

async function reaches(): Promise<Map<string, string | undefined>> {
  service.targets = {
    build: { executor: 'nx-lambda-python:build', options: { outputPath: 'dist/svc' } },
  };
  expect(await service.build()).toBe(true);
  const manifest = readFileSync(service.path('dist/svc/manifest.json'), 'utf8');
  const { handlers } = JSON.parse(manifest) as BuildManifest;
  return new Map(handlers.map(({ name, reach }) => [name, reach]));
}

it.each<[what: string, path: string, text: string, handlers: string[]]>([
  ['a handler', 'svc/svc/handlers/three.py', `${HANDLER}X = 1\n`, ['three']],
  ['a shared module', 'svc/svc/shared.py', 'import common.rates\nX = 1\n', ['one']],
  ['a root', 'libs/common/src/common/money.py', 'from . import rates\nX = 1\n', ['two']],
  ['what a root imports', 'libs/common/src/common/rates.py', 'X = 1\n', ['one', 'two']],
  ['a data file', 'svc/svc/data.json', '{}', ['one', 'three', 'two']],
  ['a test', 'svc/tests/test_one.py', 'X = 1\n', []],
  ['a README', 'svc/README.md', 'svc\n', []],
  ['a comment in the requirements', 'svc/requirements.txt', '# nothing\n', []],
  ['another service', 'other/other/handlers/one.py', HANDLER, []],
])('%s', async (_, path, text, handlers) => {
  const before = await reaches();
  service.write({ [path]: text });
  const after = await reaches();
  const changed = [...after].flatMap(([name, reach]) => (before.get(name) === reach ? [] : name));
  expect(changed.sort()).toEqual(handlers);
  const options = buildOptionsOf(service.context(), 'build');
  const { sources } = presentInputs(options, readMarker(options.service));
  if (handlers.length > 0) expect(sources.real).toContain(path);
});
