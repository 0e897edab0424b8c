/** A simulated account in the test's own process, and the environment that leads nx to it. */

import type {
  RecordedRequest,
  SimulatedAccount,
} from '../../../packages/nx-lambda-python/src/testing';
import type { Environment, Workspace } from './workspace';

/** Standard AWS variables only, as CI has them. */
export function awsEnvironment(
  account: SimulatedAccount,
  endpoint: string = account.endpoint,
): Environment {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: account.region,
    AWS_ACCESS_KEY_ID: account.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: account.credentials.secretAccessKey,
  };
}

/** Requests that change something, carried out or not. */
export function writesIn(requests: readonly RecordedRequest[]): RecordedRequest[] {
  return requests.filter(({ operation }) => !/^(Get|Head|List)/.test(operation));
}

/** What was requested from the call of this on. */
export function recordFrom(account: SimulatedAccount): () => RecordedRequest[] {
  const { length } = account.requests;
  return () => account.requests.slice(length);
}

/** The functions that a service's manifest asks for, before anything was deployed to them. */
export async function createFunctions(
  account: SimulatedAccount,
  workspace: Workspace,
  projectRoot: string,
  nameOf: (handler: string) => string,
): Promise<string[]> {
  const { handlers, runtime, architecture } = workspace.manifest(projectRoot);
  for (const { name, handler } of handlers) {
    await account.createFunction({ name: nameOf(name), runtime, handler, architecture });
  }
  return handlers.map(({ name }) => nameOf(name));
}

/** CodeSha256 of each function, each digest once. */
export async function codeDigests(
  account: SimulatedAccount,
  names: readonly string[],
): Promise<string[]> {
  const states = await Promise.all(names.map((name) => account.readFunction(name)));
  return [...new Set(states.map((state) => state?.codeSha256 ?? 'no function'))];
}
