import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import lock from '../executors/lock';
import build from '../executors/build';

const PYPROJECT = `[project]
name = "svc"
dependencies = []
[tool.nx-lambda-python]
package = "svc"
runtime = "python3.11"
`;

let root: string;
let warnings: string[];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'old-locks-'));
  mkdirSync(join(root, 'svc/svc/handlers'), { recursive: true });
  writeFileSync(join(root, 'svc/pyproject.toml'), PYPROJECT);
  writeFileSync(join(root, 'svc/svc/handlers/one.py'), 'def handler(event, context): ...\n');
  process.env['NX_LAMBDA_PYTHON_CACHE_DIRECTORY'] = join(root, 'store');
  warnings = [];
  jest.spyOn(console, 'log').mockImplementation(() => undefined);
  jest.spyOn(console, 'warn').mockImplementation((text: string) => void warnings.push(text));
});
afterEach(() => {
  jest.restoreAllMocks();
  delete process.env['NX_LAMBDA_PYTHON_CACHE_DIRECTORY'];
  rmSync(root, { recursive: true });
});

const data = { root: 'svc', targets: { build: { options: {} } } };
const context = {
  projectName: 'svc',
  targetName: 'lock',
  projectsConfigurations: { projects: { svc: data } },
  projectGraph: { nodes: { svc: { data } } },
};
const run = async () => {
  warnings = [];
  const { success } = await build({ outputPath: 'dist' }, { ...context, root } as never);
  return { success, warnings };
};

it('warns of a lock whose pyproject.toml was changed afterwards, until it is written again', async () => {
  expect(await lock({}, { ...context, root } as never)).toEqual({ success: true });
  const text = readFileSync(join(root, 'svc/requirements.txt'), 'utf8');
  expect(text).toContain('# Input: {"format":1,');
  expect(await run()).toEqual({ success: true, warnings: [] });

  const pyproject = join(root, 'svc/pyproject.toml');
  writeFileSync(pyproject, PYPROJECT.replace('= []', '= ["six"]'));
  expect(await run()).toEqual({
    success: true,
    warnings: [
      'warning: `svc/requirements.txt` is an old lock: `svc/pyproject.toml` means something else now; the package gets what the lock says until `nx lock svc`',
    ],
  });

  writeFileSync(pyproject, `${PYPROJECT}# A comment.\n`);
  expect(await run()).toEqual({ success: true, warnings: [] });
  // A lock of before has no digest.
  writeFileSync(pyproject, PYPROJECT.replace('= []', '= ["six"]'));
  writeFileSync(join(root, 'svc/requirements.txt'), text.replace(/^# Input: .*\n/m, ''));
  expect((await run()).warnings.join()).not.toContain('is an old lock');
});
