import { readFileSync } from 'node:fs';
import explain from '../executors/explain';
import type { BuildManifest } from '../packaging/manifest';
import type { ExplainExecutorSchema } from '../schemas/explain';
import { renderReach } from './reach';
import { MARKER, TestService } from './service.fixtures';

const SOURCES = {
  'svc/pyproject.toml': MARKER.replace('\n', '\nroot = "src"\n'),
  'svc/src/svc/handlers/refund.py':
    'import json\nfrom svc.shared import money\ndef handler(event, context):\n    import boto3\n',
  'svc/src/svc/handlers/all.py': 'import importlib\nimportlib.import_module(X)\nhandler = 1\n',
  'svc/src/svc/shared/money.py': 'from . import rates\n',
  'svc/src/svc/shared/rates.py': '',
  'svc/src/svc/unused.py': '',
};

let service: TestService;
beforeAll(() => (service = new TestService(SOURCES)));
afterAll(() => service.remove());

async function explained(schema: ExplainExecutorSchema): Promise<string> {
  service.printed = '';
  service.targets = {
    build: {
      executor: 'nx-lambda-python:build',
      options: { outputPath: 'dist/svc', engine: 'host' },
    },
  };
  await explain(schema, service.context('explain'));
  return service.printed;
}

it('lists what a handler reaches, as text and as JSON', async () => {
  const text = await explained({ handler: 'refund' });
  expect(text.replace(/[0-9a-f]{64}/, '<hex>')).toBe(
    `refund of svc reaches 3 of 5 modules, and all files that are not Python
digest: <hex>
modules:
  svc.handlers.refund  imported by Lambda
  svc.shared.money     svc/handlers/refund.py:2
  svc.shared.rates     svc/shared/money.py:1
not in the package, or not resolved yet:
  boto3  svc/handlers/refund.py:4
`,
  );
  const from = { file: 'svc/shared/money.py', line: 1 };
  expect(JSON.parse(await explained({ handler: 'refund', format: 'json' }))).toMatchObject({
    format: 2,
    handler: { name: 'refund', handler: 'svc.handlers.refund.handler' },
    reaches: {
      modules: [{}, {}, { name: 'svc.shared.rates', file: 'svc/shared/rates.py', from }],
      distributions: [],
      everything: [],
    },
  });
});

it('says which line makes it everything', async () => {
  const text = await explained({ handler: 'all' });
  expect(text).toMatch(/^all of svc reaches 5 of 5 modules/);
  expect(text).toContain(
    'svc/handlers/all.py:2 may import anything: it computes the name of what it imports (`import_module`)\n',
  );
});

it.each([
  [
    'svc.shared.rates',
    'refund reaches svc.shared.rates:\n  svc.handlers.refund.handler\n  svc/handlers/refund.py:2 → svc.shared.money\n  svc/shared/money.py:1 → svc.shared.rates\n',
  ],
  [
    'boto3',
    'refund reaches boto3:\n  svc.handlers.refund.handler\n  svc/handlers/refund.py:4 → boto3\n',
  ],
  ['svc.unused', 'refund does not reach svc.unused\n'],
])('prints the way to %s', async (why, text) => {
  expect(await explained({ handler: 'refund', why })).toBe(text);
});

it.each<[ExplainExecutorSchema, RegExp]>([
  [
    { handler: 'refnd' },
    /HANDLER_NOT_FOUND.*`svc` has no handler `refnd`[^]*did you mean `refund`\? run `npx nx explain svc --handler=refund`/,
  ],
  [
    { handler: 'refund', why: 'svc.shared.rate' },
    /OPTION_INVALID.*neither a module of the service[^]*did you mean `svc.shared.rates`/,
  ],
  [{ why: 'svc' }, /OPTION_INVALID.*no handler is named[^]*--handler=refund --why=svc/],
])('refuses %j', async (schema, message) => {
  expect(await explained(schema)).toMatch(message);
});

it('tells the digest that the next build puts into the manifest', async () => {
  const told = JSON.parse(await explained({ handler: 'refund', format: 'json' })) as object;
  expect(await service.build()).toBe(true);
  const manifest = readFileSync(service.path('dist/svc/manifest.json'), 'utf8');
  const { handlers } = JSON.parse(manifest) as BuildManifest;
  const reach = handlers.find(({ name }) => name === 'refund')?.reach;
  expect(told).toMatchObject({ digest: reach });
});

it('names distributions of the package with their versions', () => {
  const from = { file: 'svc/a.py', line: 1 };
  const text = renderReach({
    ...{
      project: 'svc',
      digest: null,
      handler: { name: 'a', file: 'svc/a.py', handler: 'svc.a.handler' },
    },
    reaches: {
      ...{ everything: [], modules: [], others: [] },
      distributions: [{ name: 'PyYAML', version: '6.0', modules: ['yaml'], from }],
    },
    modules: 1,
  });
  expect(text).toContain('distributions:\n  PyYAML 6.0  svc/a.py:1');
});
