import { CALLS, describeDeploy } from './deploy-meets.fixtures';
import { cases, OUTCOMES } from './fault-matrix.fixtures';
import type { Service } from './service.fixtures';

const options = { alias: 'live' };
const more = cases({ function: ['UpdateFunctionConfiguration'] }, OUTCOMES);
const LAYER = 'arn:aws:lambda:eu-west-1:000000000000:layer';
const VERSIONS: Record<string, string> = { old: '1', new: '2' };

/** All functions have our layer and somebody else's. */
async function withLayers(service: Service): Promise<void> {
  service.workspace.layer = '';
  await service.bring('old');
  await service.attachLayer('monitoring');
  expect(await service.deploy(options)).toBe(true);
}

describeDeploy('a release with another layer that meets', {
  calls: CALLS.layers,
  options,
  more,
  // Somebody else's stays; a lost answer has not made a third version of ours.
  layers: (content) => [`${LAYER}:monitoring:1`, `${LAYER}:svc-dependencies:${VERSIONS[content]}`],
  prepare: withLayers,
});

describeDeploy('a release without the layer that the last one had, which meets', {
  calls: CALLS.withoutLayer,
  options,
  more,
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
