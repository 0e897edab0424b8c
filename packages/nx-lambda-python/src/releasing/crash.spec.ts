import { describeCrash } from './crash.fixtures';
import type { Service } from './service.fixtures';

const LAYER = 'arn:aws:lambda:eu-west-1:000000000000:layer';
const VERSIONS: Record<string, string> = { old: '1', new: '2' };

describeCrash('a deploy', {
  command: 'deploy',
  // lock, record, 3 × code, record, lock
  writes: 7,
  async prepare(service) {
    await service.release('old');
    await service.bring('new');
  },
  began: 'old',
  ends: 'new',
});

describeCrash('a deploy with an alias', {
  command: 'deploy',
  alias: 'live',
  // lock, record, 3 × code, version and alias, record, lock
  writes: 13,
  async prepare(service) {
    await service.release('old', { alias: 'live' });
    await service.bring('new');
  },
  began: 'old',
  ends: 'new',
});

describeCrash('a deploy with another layer', {
  command: 'deploy',
  // lock, record, layer, 3 × layers and code, record, lock
  writes: 11,
  layers: (content) => [`${LAYER}:monitoring:1`, `${LAYER}:svc-dependencies:${VERSIONS[content]}`],
  async prepare(service) {
    service.workspace.layer = '';
    await service.bring('old');
    await service.attachLayer('monitoring');
    expect(await service.deploy({})).toBe(true);
    await service.bring('new');
  },
  began: 'old',
  ends: 'new',
});

describeCrash('a deploy with aliases on $LATEST', {
  command: 'deploy',
  alias: 'live',
  // lock, record, 3 × version and alias of what is there, 3 × code, version and alias, record, lock
  writes: 19,
  async prepare(service) {
    await service.release('old');
    await service.aliasesOnLatest();
    await service.bring('new');
  },
  began: 'old',
  ends: 'new',
});

const twice = (alias?: string) => async (service: Service) => {
  const options = alias === undefined ? {} : { alias };
  await service.release('old', options);
  await service.release('new', options);
};

describeCrash('a rollback', {
  command: 'rollback',
  // lock, record, 3 × code, record, lock
  writes: 7,
  prepare: twice(),
  began: 'new',
  ends: 'old',
});

describeCrash('a rollback of an alias', {
  command: 'rollback',
  alias: 'live',
  // lock, record, 3 × alias, record, lock
  writes: 7,
  prepare: twice('live'),
  began: 'new',
  ends: 'old',
});
