/** What deploy needs of Lambda. */

import type { Architecture } from '../service/runtimes';
import type { AwsResult } from './aws-failure';

/** A function as GetFunction or UpdateFunctionCode describes it; absent means that AWS left it out. */
export interface RemoteFunction {
  name: string;
  arn: string;
  /** Absent for container images. */
  runtime?: string;
  handler?: string;
  architecture: string;
  packageType: string;
  /** ARNs of its layers' versions. */
  layers: readonly string[];
  /** Base64. */
  codeSha256?: string;
  state?: string;
  lastUpdateStatus?: string;
  lastUpdateStatusReason?: string;
  /** Where this very answer is about a published version. */
  version?: string;
}

export interface CodeUpdate {
  name: string;
  /** Always sent: AWS falls back to x86_64 where it is left out. */
  architecture: Architecture;
  bucket: string;
  key: string;
  versionId?: string;
}

export interface FunctionService {
  get(name: string): Promise<AwsResult<RemoteFunction>>;
  /** Answers when AWS has accepted the code, which is before it runs: poll `get` for the outcome. */
  updateCode(update: CodeUpdate): Promise<AwsResult<RemoteFunction>>;
}
