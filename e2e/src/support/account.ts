/** A simulated account in the test's own process, and the environment that leads nx to it. */

import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
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

/** What a test looks at and changes behind the plugin's back; the caller destroys it. */
export function lambdaClient({ endpoint, region, credentials }: SimulatedAccount): LambdaClient {
  return new LambdaClient({ endpoint, region, credentials });
}

/** What callers of a function, or of an alias of it, are answered. */
export async function answerOf(
  lambda: LambdaClient,
  name: string,
  qualifier?: string,
): Promise<unknown> {
  const command = new InvokeCommand({ FunctionName: name, Qualifier: qualifier });
  const { Payload, FunctionError } = await lambda.send(command);
  const text = Buffer.from(Payload ?? []).toString();
  if (FunctionError !== undefined) throw new Error(`${name}: ${text}`);
  return JSON.parse(text) as unknown;
}

/** Requests that change something, carried out or not. */
export function writesIn(requests: readonly RecordedRequest[]): RecordedRequest[] {
  return requests.filter(({ operation }) => !/^(Get|Head|List)/.test(operation));
}

/** Of them, all but those of the release's lock and record, and of manifests: `PublishVersion shop-a`. */
export function packageWrites(requests: readonly RecordedRequest[]): string[] {
  return writesIn(requests)
    .filter(({ target }) => !target.includes('/releases/') && !target.endsWith('.manifest.json'))
    .map(({ operation, target, service }) =>
      service === 's3' ? operation : `${operation} ${target}`,
    );
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
