/**
 * An upload that meets a fault, and the same command again: what has the package's name in the bucket is the
 * package, whole, and the second run ends well.
 */

import './short-waits.fixtures';
import { meeting } from './socket.fixtures';
import { cases, chosen } from './fault-matrix.fixtures';
import { Service } from './service.fixtures';

/** As many dependencies as S3 is asked to copy. */
const SHARED = 2 ** 24;

describe.each([
  {
    title: 'a first upload',
    isFirst: true,
    calls: {
      once: ['GetCallerIdentity', 'HeadBucket', 'GetObject'],
      call: ['HeadObject', 'PutObject'],
    },
    quick: ['lost-response at PutObject number 1', 'timeout at PutObject number 1'],
  },
  {
    title: 'an upload of what is new',
    isFirst: false,
    calls: {
      once: [
        ...['GetCallerIdentity', 'HeadBucket', 'GetObject', 'PutObject'],
        ...['CreateMultipartUpload', 'UploadPartCopy', 'UploadPart', 'CompleteMultipartUpload'],
      ],
      call: ['HeadObject'],
    },
    quick: [
      'lost-response at CompleteMultipartUpload',
      'timeout at UploadPartCopy',
      '412 at CompleteMultipartUpload',
    ],
  },
])('$title that meets', ({ isFirst, calls, quick }) => {
  let service: Service;
  beforeEach(async () => {
    service = await Service.start(false);
    service.workspace.build(['create'], 'old', SHARED);
    if (!isFirst) expect(await service.upload()).toBe(true);
    service.workspace.build(['create'], 'new', SHARED);
  });
  afterEach(() => service.stop());

  const met = (start: number) =>
    service.account.requests.slice(start).map(({ operation }) => operation);

  const all = [...cases(calls.once, 'once'), ...cases(calls.call, 'call')];
  it.each(chosen(all, quick))('%s', async (_, fault) => {
    const start = service.account.requests.length;
    const success = await meeting(service.account, fault, () => service.upload());
    expect(met(start)).toContain(fault.operation);

    if (success || (await service.stored()) !== null) await service.expectWhole();
    if (!success) expect(service.printed()).toContain('error[');
    expect(await service.upload()).toBe(true);
    await service.expectWhole();
  });

  it('makes no call that is not in the matrix, and all that are said to be met here', async () => {
    const start = service.account.requests.length;
    expect(await service.upload()).toBe(true);
    expect([...new Set(met(start))].sort()).toEqual([...calls.once, ...calls.call].sort());
  });
});
