/**
 * A command that meets a fault, each call of it each kind in its turn. To be imported before any executor: waits
 * are short, and a call that nobody answers ends at once, as it does after a minute.
 */

import './short-waits.fixtures';
import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import type * as Settings from '../platform/aws/settings';
import type { Fault, SimulatedAccount } from '../testing';
import { cases, chosen, type Calls, type Case } from './fault-matrix.fixtures';
import type { Service } from './service.fixtures';

jest.mock('../platform/aws/settings', () => {
  const actual = jest.requireActual<typeof Settings>('../platform/aws/settings');
  return {
    ...actual,
    clientConfiguration: async (...given: Parameters<typeof actual.clientConfiguration>) => {
      const { requestHandler, ...rest } = await actual.clientConfiguration(...given);
      // Of more than 6 s the SDK begins to hear after 3 s.
      return { ...rest, requestHandler: { ...requestHandler, socketTimeout: 5_900 } };
    },
  };
});

export interface Matrix {
  /** All that the command sends. */
  calls: Calls;
  /** What it sends, too, and meets its faults at in another matrix. */
  also?: readonly string[];
  /** Cases besides those of the calls. */
  more?: readonly Case[];
  /** Just before the command. */
  prepare: () => Promise<Service>;
  command: (service: Service) => Promise<boolean>;
  /** What is true once the command has met the fault, and after it is repeated. */
  check: (service: Service, success: boolean, fault: Fault) => Promise<void>;
}

export function describeMatrix(title: string, matrix: Matrix): void {
  const { calls, also = [], more = [], command, check } = matrix;

  describe(title, () => {
    let service: Service;
    beforeEach(async () => {
      service = await matrix.prepare();
    });

    it.each(chosen([...cases(calls), ...more]))('%s', async (_, fault) => {
      const { account } = service;
      const start = account.requests.length;
      const success = await meeting(account, fault, () => command(service));
      const met = account.requests
        .slice(start)
        .filter(({ operation }) => operation === fault.operation)
        .filter(({ target }) => (fault.target ?? target) === target);
      expect(met.length).toBeGreaterThanOrEqual(fault.nth ?? 1);
      await check(service, success, fault);
    });

    it('makes no call that is not in the matrix, and all that are said to be met here', async () => {
      const start = service.account.requests.length;
      expect(await command(service)).toBe(true);
      const made = new Set(service.account.requests.slice(start).map((one) => one.operation));
      const own = Object.values(calls as Record<string, string[]>).flat();
      for (const operation of made) expect([...own, ...also]).toContain(operation);
      for (const operation of own) expect(made).toContain(operation);
    });
  });
}

/** Requests of this process that wait for their answers. */
const waiting = new Set<ClientRequest>();
subscribe('http.client.request.start', (message) => {
  const { request } = message as { request: ClientRequest };
  waiting.add(request);
  request.once('close', () => waiting.delete(request));
});

/** What `work` does while the account has this fault. */
async function meeting<T>(
  account: SimulatedAccount,
  fault: Fault,
  work: () => Promise<T>,
): Promise<T> {
  const start = account.requests.length;
  account.inject(fault);
  const watch = setInterval(() => {
    const isSilent = account.requests.slice(start).some(({ status }) => status === undefined);
    // All others are answered: the one that is left is that one.
    if (fault.kind !== 'timeout' || !isSilent || waiting.size !== 1) return;
    for (const { socket } of waiting) socket?.emit('timeout');
    clearInterval(watch);
  }, 5);
  try {
    return await work();
  } finally {
    clearInterval(watch);
    account.heal();
  }
}
