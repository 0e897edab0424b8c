/** What a function runs: the plan reads it, records keep it, rollback restores it. */

/** How Lambda keeps code: its own copy, or the bucket's object itself. */
export type StorageMode = 'COPY' | 'REFERENCE';

export interface FunctionState {
  /** Base64 of the zip of $LATEST. */
  codeSha256: string | null;
  /** Of $LATEST. */
  storageMode: StorageMode;
  /** ARNs of the layer versions of $LATEST, in their order. */
  layers: string[];
  /** What the deploy's alias points to; null without an alias or before its first deploy. */
  alias: { name: string; version: string; codeSha256: string | null } | null;
}

/** A deployment package in S3. */
export interface PackageReference {
  /** Base64. */
  sha256: string;
  bucket: string;
  key: string;
  versionId: string | null;
}

export type OutcomeStatus = 'created' | 'updated' | 'unchanged' | 'skipped' | 'failed';

export interface DesiredFunction {
  /** In AWS. */
  name: string;
  /** The handler's name in the service. */
  handlerName: string;
  /** Lambda's `Handler`. */
  handler: string;
}

export function identityOf({ name, handlerName, handler }: DesiredFunction): DesiredFunction {
  return { name, handlerName, handler };
}

export interface FunctionOutcome extends DesiredFunction {
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
  /** What it runs now; null if it does not exist, absent if it was not seen at rest. */
  after?: FunctionState | null;
}
