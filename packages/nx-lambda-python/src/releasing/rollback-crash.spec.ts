import { describeCrash } from './crash.fixtures';
import type { Service } from './service.fixtures';

const twice = (alias?: string) => async (service: Service) => {
  const options = alias === undefined ? {} : { alias };
  await service.bring('old');
  expect(await service.deploy(options)).toBe(true);
  await service.bring('new');
  expect(await service.deploy(options)).toBe(true);
};

describeCrash('a rollback', {
  command: 'rollback',
  // lock, record, 3 × code, record, lock
  writes: 7,
  quick: ['4 after'],
  interrupted: ['4 after'],
  prepare: twice(),
  began: 'new',
  ends: 'old',
});

describeCrash('a rollback of an alias', {
  command: 'rollback',
  alias: 'live',
  // lock, record, 3 × alias, record, lock
  writes: 7,
  quick: ['4 before'],
  interrupted: ['4 before'],
  prepare: twice('live'),
  began: 'new',
  ends: 'old',
});
