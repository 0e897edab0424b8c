/**
 * A rollback that meets a fault, and the same command again: functions run one of the two packages all the
 * while, and in the end the one before, all of them.
 */

import { describeMatrix } from './meets.fixtures';
import { all, Service } from './service.fixtures';

const ALL = {
  function: ['GetFunction', 'UpdateFunctionCode'],
  thrice: ['PutObject', 'GetObject'],
  once: ['GetCallerIdentity', 'HeadObject', 'ListObjectsV2'],
};

describe.each([
  { title: 'a rollback of code that meets', options: {}, calls: ALL },
  {
    title: 'a rollback of aliases that meets',
    options: { alias: 'live' },
    calls: { function: ['UpdateAlias'] },
  },
])('', ({ title, options, calls }) => {
  let old: string;
  let fresh: string;

  /** The same command, with the lock's own way where it is still held. */
  const again = async (service: Service) => {
    service.printed();
    if (await service.rollback()) return true;
    if (!service.printed().includes('error[RELEASE_LOCKED]')) return false;
    return service.rollback({ forceUnlock: true });
  };

  describeMatrix(title, {
    calls,
    also: Object.values(ALL).flat(),
    async prepare() {
      const service = await Service.start();
      service.workspace.targets['deploy'] = { options };
      old = await service.release('old', options);
      fresh = await service.release('new', options);
      return service;
    },
    command: (service) => service.rollback(),
    async check(service, success) {
      for (const code of await service.codes(options.alias)) expect([old, fresh]).toContain(code);
      if (!success) expect(await again(service)).toBe(true);
      expect(await service.codes(options.alias)).toEqual(all(old));
      const told = service.printed();
      const [newest] = await service.records();
      expect(newest?.kind).toBe('rollback');
      if (newest?.status === 'succeeded' && (await service.lock())?.state === 'free') return;
      // Functions are what counts: that their record has no end is told, and in nobody's way.
      expect(told).toMatch(/warning: release \d+ stays recorded as started/);
      expect(await service.deployAgain(options)).toBe(true);
    },
  });
});
