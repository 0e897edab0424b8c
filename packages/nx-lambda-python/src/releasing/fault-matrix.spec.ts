import { CALLS, describeDeploy } from './deploy-meets.fixtures';
import { cases, OUTCOMES, type Case } from './fault-matrix.fixtures';

const options = { alias: 'live' };

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

describeDeploy('a release that meets', {
  calls: CALLS.alias,
  options,
  more: [...cases({ function: ['UpdateFunctionCode', 'PublishVersion'] }, OUTCOMES), OTHER_CODE],
  prepare: (service) => service.release('old', options),
});

describeDeploy('a first release that meets', {
  calls: CALLS.first,
  options,
  prepare: async () => undefined,
});

describeDeploy('a release over aliases of $LATEST that meets', {
  calls: CALLS.latest,
  options,
  more: cases({ function: ['PublishVersion'] }, OUTCOMES),
  async prepare(service) {
    await service.release('old');
    await service.aliasesOnLatest();
  },
});

const reached = { ...options, updates: 'reached' } as const;

describeDeploy('a release of what is reached that meets', {
  calls: CALLS.reached,
  options: reached,
  keep: ['cancel'],
  async prepare(service) {
    service.workspace.reach = {};
    await service.release('old', reached);
    service.workspace.reach = { create: 'edited', refund: 'edited' };
  },
});
