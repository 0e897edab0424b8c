import { cases, OUTCOMES } from './fault-matrix.fixtures';
import { describeMatrix } from './meets.fixtures';

const alias = { alias: 'live' };
const LAYER = 'arn:aws:lambda:eu-west-1:000000000000:layer';

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
    service.workspace.layer = '';
    await service.bring('old');
    await service.attachLayer('monitoring');
    expect(await service.deploy(alias)).toBe(true);
    service.workspace.layer = null;
  },
});
