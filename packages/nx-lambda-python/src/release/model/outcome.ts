/** What became of one function in a deploy. */

import type { FunctionState } from './function-state';

export type OutcomeStatus = 'created' | 'updated' | 'unchanged' | 'skipped' | 'failed';

export interface FunctionOutcome {
  /** In AWS. */
  name: string;
  /** The handler's name in the service. */
  handlerName: string;
  /** Lambda's `Handler`. */
  handler: string;
  status: OutcomeStatus;
  /** From its first write, or wait, to its end; 0 where nothing was to do. */
  seconds: number;
  /** The published version, where one was published. */
  version?: string;
  /** Of an alias that pointed to $LATEST: the version that it was put on before anything else changed. */
  pinned?: string;
  /** What should be known of one that was left as it is. */
  detail?: string;
  /** Why it failed or was skipped. */
  error?: string;
  /** What it runs now; null where it does not exist, absent where nobody has seen it at rest. */
  after?: FunctionState | null;
}
