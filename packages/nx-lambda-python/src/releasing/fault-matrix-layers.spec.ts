import { cases, OUTCOMES } from './fault-matrix.fixtures';
import { describeMatrix } from './meets.fixtures';
import type { Service } from './service.fixtures';

const alias = { alias: 'live' };
const LAYER = 'arn:aws:lambda:eu-west-1:000000000000:layer';
const VERSIONS: Record<string, string> = { old: '1', new: '2' };

/** All functions have our layer and somebody else's. */
async function withLayers(service: Service): Promise<void> {
  service.workspace.layer = '';
  await service.bring('old');
  await service.attachLayer('monitoring');
  expect(await service.deploy(alias)).toBe(true);
}

describeMatrix('a release with another layer that meets', {
  name: 'layers',
  options: alias,
  more: cases(['UpdateFunctionConfiguration'], 'function', OUTCOMES),
  quick: [
    'lost-response at PublishLayerVersion',
    'access-denied at PublishLayerVersion',
    'timeout at UpdateFunctionConfiguration svc-create',
    'expired-credentials at UpdateFunctionConfiguration svc-create',
  ],
  // Somebody else's stays; a lost answer has not made a third version of ours.
  layers: (content) => [`${LAYER}:monitoring:1`, `${LAYER}:svc-dependencies:${VERSIONS[content]}`],
  prepare: withLayers,
});

describeMatrix('a release without the layer that the last one had, which meets', {
  name: 'alias',
  options: alias,
  more: [
    ...cases(['UpdateFunctionConfiguration'], 'function'),
    ...cases(['UpdateFunctionConfiguration'], 'function', OUTCOMES),
  ],
  quick: [
    'lost-response at UpdateFunctionConfiguration svc-create',
    'access-denied at UpdateFunctionConfiguration svc-create',
    'timeout at UpdateFunctionCode svc-create',
  ],
  // Somebody else's stays.
  layers: (content) => [
    `${LAYER}:monitoring:1`,
    ...(content === 'old' ? [`${LAYER}:svc-dependencies:1`] : []),
  ],
  async prepare(service) {
    await withLayers(service);
    service.workspace.layer = null;
  },
});
