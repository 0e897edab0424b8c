import { cases, OUTCOMES } from './fault-matrix.fixtures';
import { aliasesOnLatest } from './lambda.fixtures';
import { describeMatrix } from './meets.fixtures';

const alias = { alias: 'live' };

describeMatrix('a release that meets', {
  name: 'alias',
  options: alias,
  more: cases(['UpdateFunctionCode', 'PublishVersion'], 'function', OUTCOMES),
  quick: [
    'lost-response at UpdateFunctionCode svc-create',
    'timeout at UpdateFunctionCode svc-create',
    'expired-credentials at UpdateFunctionCode svc-create',
    'update-failed at UpdateFunctionCode svc-create',
    'lost-response at PublishVersion svc-create',
    'expired-credentials at PublishVersion svc-create',
    'access-denied at UpdateAlias svc-create',
    'lost-response at PutObject number 2',
    'expired-credentials at PutObject number 2',
  ],
  async prepare(service) {
    await service.bring('old');
    expect(await service.deploy(alias)).toBe(true);
  },
});

describeMatrix('a first release that meets', {
  name: 'first',
  options: alias,
  quick: ['lost-response at CreateAlias svc-create'],
  prepare: async () => undefined,
});

describeMatrix('a release over aliases of $LATEST that meets', {
  name: 'latest',
  options: alias,
  more: cases(['PublishVersion'], 'function', OUTCOMES),
  quick: [
    'lost-response at PublishVersion svc-create',
    'lost-response at UpdateAlias svc-create',
    'access-denied at UpdateAlias svc-refund',
    'update-failed at PublishVersion svc-create',
  ],
  async prepare(service) {
    await service.bring('old');
    expect(await service.deploy({})).toBe(true);
    await aliasesOnLatest(service);
  },
});
