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
