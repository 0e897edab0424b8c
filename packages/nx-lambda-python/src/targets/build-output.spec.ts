import type { ExecutorContext } from '@nx/devkit';
import { normalizeOptions } from '../assembly/normalize';
import { buildOptionsOf } from './build-target';
import { buildOutput } from './build-output';

function context(outputPath: string | undefined): ExecutorContext {
  const targets = { build: { executor: 'nx-lambda-python:build', options: { outputPath } } };
  const project = { root: 'services/orders', targets };
  return {
    root: '/workspace',
    projectName: 'orders',
    projectGraph: { nodes: { orders: { data: project } } },
    projectsConfigurations: { version: 2, projects: { orders: project } },
  } as unknown as ExecutorContext;
}

/** Where build, explain and upload (with it deploy, rollback and prune-versions) have the package. */
const places = (outputPath: string | undefined) => [
  normalizeOptions({ outputPath }, context(outputPath)).outputPath,
  buildOptionsOf(context(outputPath)).outputPath,
  buildOutput(context(outputPath)).displayed,
];

it.each([
  ['out/orders', 'out/orders'],
  ['./out/../out/orders/', 'out/orders'],
  [undefined, 'dist/services/orders'],
])('is one place for all that use outputPath %s', (outputPath, expected) => {
  expect(places(outputPath)).toEqual([expected, expected, expected]);
  expect(buildOutput(context(outputPath)).directory).toBe(`/workspace/${expected}`);
});

it.each(['/elsewhere/orders', '/workspace/dist/orders', '../orders'])(
  'is refused by all of them: %s',
  (outputPath) => {
    const all = [
      () => normalizeOptions({ outputPath }, context(outputPath)),
      () => buildOptionsOf(context(outputPath)),
      () => buildOutput(context(outputPath)),
    ];
    for (const read of all) expect(read).toThrow(`\`outputPath\` is \`${outputPath}\``);
  },
);
