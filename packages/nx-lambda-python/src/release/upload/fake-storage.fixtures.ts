/** S3 for the specs of release: objects that can be neither read nor written on demand. */

import type { AwsFailure, AwsResult } from '../model/aws-failure';
import type { ObjectStorage, PutRequest, StoredObject } from './object-storage';
import { failure } from '../release.fixtures';

/** S3 in memory; each operation first uses up the failures that are queued for it. */
export class FakeStorage implements ObjectStorage {
  readonly objects = new Map<string, StoredObject>();
  readonly calls: string[] = [];
  readonly puts: PutRequest[] = [];
  private readonly failures: Record<string, AwsFailure[]> = {};
  /** Runs when a PUT has been refused or lost: what others, or the lost write itself, did meanwhile. */
  afterFailedPut: (request: PutRequest) => void = () => undefined;

  fail(operation: 'HeadBucket' | 'HeadObject' | 'PutObject', ...failures: AwsFailure[]): this {
    this.failures[operation] = failures;
    return this;
  }

  async checkBucket(): Promise<AwsResult<unknown>> {
    return this.answer('HeadBucket', () => undefined);
  }

  async head({ key }: { key: string }): Promise<AwsResult<StoredObject>> {
    const object = this.objects.get(key);
    if (!object && !this.failures['HeadObject']?.length) {
      this.calls.push('HeadObject');
      return { ok: false, failure: failure('not-found', 'HeadObject') };
    }
    return this.answer('HeadObject', () => object ?? {});
  }

  async put(request: PutRequest): Promise<AwsResult<StoredObject>> {
    this.puts.push(request);
    const { key } = request.location;
    if (!this.failures['PutObject']?.length && this.objects.has(key)) {
      this.calls.push('PutObject');
      return { ok: false, failure: failure('precondition', 'PutObject') };
    }
    const answer = this.answer('PutObject', () => {
      const object = { sha256: request.sha256, size: request.size, versionId: 'v1' };
      this.objects.set(key, object);
      return object;
    });
    if (!answer.ok) this.afterFailedPut(request);
    return answer;
  }

  private answer<T>(operation: string, succeed: () => T): AwsResult<T> {
    this.calls.push(operation);
    const failed = this.failures[operation]?.shift();
    return failed ? { ok: false, failure: failed } : { ok: true, value: succeed() };
  }
}
