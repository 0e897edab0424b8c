/** What request handlers take and give: HTTP as plain values, so that they need no sockets. */

import type { CallResult, FunctionCall } from '../../runtime/function-call';
import type { CallSubject, Fault } from './faults';
import type { State } from '../state/model';

export interface AwsRequest {
  method: string;
  /** As sent: percent-encoded, without the query. */
  path: string;
  query: URLSearchParams;
  /** Lower-case names. */
  headers: Readonly<Record<string, string>>;
  body: Buffer;
  /** Hex digest of `body`, computed once. */
  bodySha256: string;
}

export interface AwsResponse {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

/** What the HTTP server does: answer, close the connection, or leave the client waiting. */
export type Reply =
  { kind: 'answer'; response: AwsResponse } | { kind: 'reset' } | { kind: 'silence' };

/** What takes time and goes on after the state is released. */
export interface LaterResponse {
  later: () => Promise<AwsResponse>;
}

/** Fields of a request, named as AWS names them; none that may hold a secret. */
export type CallInput = Readonly<Record<string, unknown>>;

export interface AccountFacts {
  /** Twelve digits. */
  accountId: string;
  /** `http://127.0.0.1:4571` */
  endpoint: string;
  /** In the URLs of code, which need no signature; new at each start, like the credentials. */
  downloadToken: string;
  /** Set by a test: how much code the region may keep. */
  codeStorageBytes?: number | undefined;
  /** How long an update stays InProgress, and a new function Pending. */
  updateMilliseconds: number;
}

export interface Context {
  state: State;
  account: AccountFacts;
  /** The region that the request was signed for. */
  region: string;
  /** Milliseconds since the epoch. */
  now: number;
  /** Runs functions' code. */
  invoker: Invoker;
  /** The injected fault of this request, for faults that take effect in the handler. */
  fault: Fault | undefined;
}

/** One call of an operation, routed but not yet run. */
export interface Call extends CallSubject {
  input?: CallInput;
  run(context: Context): AwsResponse | LaterResponse;
}

/** A zip. */
export interface CodeFile {
  /** Hex. */
  sha256: string;
  bytes: Buffer;
}

export interface Invocation {
  code: CodeFile;
  layers: CodeFile[];
  /** `python3.13`: that Python is preferred to others. */
  runtime: string;
  region: string;
  accountId: string;
  call: FunctionCall;
}

export interface Invoker {
  /** @returns undefined if this machine has no Python to run it */
  run(invocation: Invocation): Promise<CallResult | undefined>;
  /** Ends what still runs. */
  stop(): Promise<void>;
}

export function emptyResponse(status: number, headers: Record<string, string> = {}): AwsResponse {
  return { status, headers, body: Buffer.alloc(0) };
}
