/** The simulated account: S3, Lambda and STS on one loopback address, for the real SDK. */

import { randomBytes } from 'node:crypto';
import type { RecordedRequest } from './dispatch';
import { dispatch, download } from './dispatch';
import type { Fault } from './protocol/faults';
import { FaultPlan } from './protocol/faults';
import { startServer } from './http';
import { pythonInvoker } from './lambda/python';
import type { AwsRequest } from './protocol/call';
import type { Quota } from './lambda/quota';
import { AWS_QUOTA } from './lambda/quota';
import type { Seeding } from './seeding';
import { seeding } from './seeding';
import type { Credentials } from './signature';
import { memoryStore, openDirectoryStore } from './state/stores';

export interface SimulatedAccountOptions {
  /** Where the state is kept, so that processes can share it; default: memory. */
  directory?: string;
  /** Twelve digits; default `000000000000`. */
  accountId?: string;
  /** Where the seeding methods put buckets and functions; default `us-east-1`. */
  region?: string;
  faults?: readonly Fault[];
  /** Calls a second; default AWS's 15 writes and 100 GetFunction. */
  quota?: Quota;
  /** Bytes of code that a region may keep; default AWS's 300 GB. */
  codeStorageBytes?: number;
  /** How long an update stays InProgress; default 250. */
  updateMilliseconds?: number;
  /** Milliseconds since the epoch; default Date.now. */
  now?: () => number;
  /** Default: any free one. */
  port?: number;
}

export interface SimulatedAccount extends Seeding {
  /** `http://127.0.0.1:<port>`, for every service: AWS_ENDPOINT_URL. */
  endpoint: string;
  region: string;
  accountId: string;
  /** New at each start; the account accepts no others. */
  credentials: Credentials;
  /** Every request so far, in the order in which they were answered. */
  requests: readonly RecordedRequest[];
  /** Adds a fault, counted from the next request on. */
  inject(fault: Fault): void;
  /** Removes every fault that was injected. */
  heal(): void;
  stop(): Promise<void>;
}

/** @throws LambdaPythonError STORE_UNUSABLE, DISK_FULL if the directory cannot be written to */
export async function startSimulatedAccount(
  options: SimulatedAccountOptions = {},
): Promise<SimulatedAccount> {
  const { directory, region = 'us-east-1', now = Date.now } = options;
  const store = directory === undefined ? memoryStore() : await openDirectoryStore(directory);
  const account = {
    accountId: options.accountId ?? '000000000000',
    endpoint: '',
    downloadToken: randomBytes(32).toString('hex'),
    updateMilliseconds: options.updateMilliseconds ?? 250,
    codeStorageBytes: options.codeStorageBytes,
  };
  const faults = new FaultPlan();
  options.faults?.forEach((fault) => faults.add(fault));
  const requests: RecordedRequest[] = [];
  const quota = options.quota ?? AWS_QUOTA;
  const invoker = pythonInvoker();
  // For this start only: the port is open to all users of the machine, and anyone who can sign a request can run code
  // as this user. Processes that share a directory have an endpoint each, and credentials each.
  const credentials = {
    accessKeyId: `AKIA${randomBytes(8).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString('base64'),
  };
  const dispatcher = { store, account, credentials, quota, faults, invoker, now };
  const server = await startServer(options.port ?? 0, async (request: AwsRequest) => {
    const response = await download(dispatcher, request);
    if (response !== undefined) return { kind: 'answer', response };
    const { record, reply } = await dispatch(dispatcher, request);
    requests.push(record);
    return reply;
  });
  account.endpoint = server.endpoint;
  return {
    endpoint: server.endpoint,
    region,
    accountId: account.accountId,
    credentials,
    requests,
    ...seeding(store, { accountId: account.accountId, region, now }),
    inject: (fault) => faults.add(fault),
    heal: () => faults.clear(),
    async stop() {
      await invoker.stop();
      await server.stop();
    },
  };
}
