import { cases, OUTCOMES, type Case } from './fault-matrix.fixtures';
import { describeMatrix } from './meets.fixtures';

const alias = { alias: 'live' };

/** As AWS refuses to publish code that is another by its own, perhaps older, view. */
const OTHER_CODE: Case = [
  'other code at PublishVersion svc-create',
  {
    operation: 'PublishVersion',
    target: 'svc-create',
    kind: 'invalid-parameter',
    reason: 'CodeSHA256 (A=) is different from current CodeSHA256 in $LATEST (B=).',
  },
];

describeMatrix('a release that meets', {
  name: 'alias',
  options: alias,
  more: [...cases(['UpdateFunctionCode', 'PublishVersion'], 'function', OUTCOMES), OTHER_CODE],
  quick: [
    OTHER_CODE[0],
    'lost-response at UpdateFunctionCode svc-create',
    'timeout at UpdateFunctionCode svc-create',
    'expired-credentials at UpdateFunctionCode svc-create',
    'update-failed at UpdateFunctionCode svc-create',
    'lost-response at PublishVersion svc-create',
    'expired-credentials at PublishVersion svc-create',
    'access-denied at UpdateAlias svc-create',
    'lost-response at PutObject number 2',
    'expired-credentials at PutObject number 2',
    'passing-400 at PutObject number 1',
    'passing-400 at UpdateFunctionCode svc-create',
    'clock-skew at UpdateFunctionCode svc-create',
    'clock-skew at PutObject number 2',
    'clock-skew at HeadObject',
  ],
  async prepare(service) {
    await service.release('old', alias);
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
    await service.release('old');
    await service.aliasesOnLatest();
  },
});
