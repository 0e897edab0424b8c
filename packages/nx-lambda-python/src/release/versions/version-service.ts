/** What the removal of old versions needs of Lambda. */

import type { AwsResult } from '../model/aws-failure';

export interface PublishedVersion {
  /** A number in digits; `$LATEST` is never among them. */
  version: string;
  /** Bytes of its zip. */
  size: number;
  /** Base64. */
  codeSha256: string | null;
  /** Executions may run on it for a year. */
  isDurable?: true;
}

export interface FunctionAlias {
  name: string;
  /** What it points to, also by weight; may be `$LATEST`. */
  versions: string[];
}

export interface VersionsPage {
  /** Of the function; absent where AWS left it out. */
  arn?: string;
  versions: PublishedVersion[];
  /** Where the next page begins. */
  marker?: string;
}

export interface AliasesPage {
  aliases: FunctionAlias[];
  marker?: string;
}

/** A page for each call: every one of them takes from the same 15 a second as the writes of deploys. */
export interface VersionService {
  listVersions(name: string, marker?: string): Promise<AwsResult<VersionsPage>>;
  listAliases(name: string, marker?: string): Promise<AwsResult<AliasesPage>>;
  /** Whether a durable execution runs on that version. */
  hasRunningExecution(name: string, version: string): Promise<AwsResult<boolean>>;
  /** `conflict` where an alias points to it. */
  deleteVersion(name: string, version: string): Promise<AwsResult<undefined>>;
}
