/**
 * An upload that meets a fault, and the same command again: what has the package's name in the bucket is the
 * package, whole, and the second run ends well.
 */

import { describeMatrix, type Matrix } from './meets.fixtures';
import { Service } from './service.fixtures';

/** As many dependencies as S3 is asked to copy. */
const SHARED = 2 ** 24;

const upload: Pick<Matrix, 'command' | 'check'> = {
  command: (service) => service.upload(),
  async check(service, success) {
    if (success || (await service.stored()) !== null) await service.expectWhole();
    if (!success) expect(service.printed()).toContain('error[');
    expect(await service.upload()).toBe(true);
    await service.expectWhole();
  },
};

async function built(isUploaded: boolean): Promise<Service> {
  const service = await Service.start(false);
  if (isUploaded) {
    service.workspace.build(['create'], 'old', SHARED);
    expect(await service.upload()).toBe(true);
  }
  service.workspace.build(['create'], 'new', SHARED);
  return service;
}

describeMatrix('a first upload that meets', {
  calls: {
    once: ['GetCallerIdentity', 'HeadBucket'],
    twice: ['HeadObject', 'PutObject'],
  },
  also: ['GetObject'],
  prepare: () => built(false),
  ...upload,
});

describeMatrix('an upload of what is new that meets', {
  calls: {
    once: [
      ...['GetObject', 'PutObject'],
      ...['CreateMultipartUpload', 'UploadPartCopy', 'UploadPart', 'CompleteMultipartUpload'],
    ],
    twice: ['HeadObject'],
  },
  also: ['GetCallerIdentity', 'HeadBucket'],
  prepare: () => built(true),
  ...upload,
});
