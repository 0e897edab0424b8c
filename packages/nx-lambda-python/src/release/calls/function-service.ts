/** What deploy needs of Lambda. */

import type { Architecture } from '../../service/runtimes';
import type { AwsResult } from '../model/aws-failure';
import type { StorageMode } from '../model/function-state';
import type { RemoteFunction } from '../model/remote-function';

export interface CodeUpdate {
  name: string;
  /** Always sent: AWS falls back to x86_64 where it is left out. */
  architecture: Architecture;
  /** Always sent: AWS falls back to COPY. */
  storageMode: StorageMode;
  bucket: string;
  key: string;
  versionId?: string;
  /** Sent wherever the function has one: AWS falls back to a key of its own. */
  sourceKmsKeyArn?: string;
  revisionId?: string;
}

export interface LayersUpdate extends Pick<CodeUpdate, 'name' | 'revisionId'> {
  layers: readonly string[];
}

export interface AliasUpdate {
  name: string;
  alias: string;
  version: string;
  /** Version → share of the calls, 0 to 1; those of earlier shifts are gone where it is empty. */
  weights: Readonly<Record<string, number>>;
}

/** A function that does not exist yet; what is absent is left to AWS. */
export interface FunctionCreation {
  role: string;
  /** MB. */
  memory?: number;
  /** Seconds. */
  timeout?: number;
  /** May be secret: never shown, never recorded. */
  environment?: Readonly<Record<string, string>>;
}

export interface CreateRequest extends FunctionCreation, Omit<CodeUpdate, 'revisionId'> {
  runtime: string;
  handler: string;
  layers: readonly string[];
}

export interface Invocation {
  /** `Unhandled` or `Handled`, where the function itself failed. */
  functionError?: string;
  payload: string;
}

export interface FunctionService {
  /** @param qualifier a version or an alias; $LATEST without */
  get(name: string, qualifier?: string): Promise<AwsResult<RemoteFunction>>;
  /** Answers when AWS has accepted the code, which is before it runs: poll `get` for the outcome. */
  updateCode(update: CodeUpdate): Promise<AwsResult<RemoteFunction>>;
  updateLayers(update: LayersUpdate): Promise<AwsResult<RemoteFunction>>;
  /** The same version again where nothing has changed since it was published; `precondition` for other code. */
  publish(name: string, codeSha256: string): Promise<AwsResult<RemoteFunction>>;
  /** Version → share of the calls, which GetFunction does not tell. */
  aliasWeights(name: string, alias: string): Promise<AwsResult<Readonly<Record<string, number>>>>;
  createAlias(alias: AliasUpdate): Promise<AwsResult<unknown>>;
  updateAlias(alias: AliasUpdate): Promise<AwsResult<unknown>>;
  create(request: CreateRequest): Promise<AwsResult<RemoteFunction>>;
  /** @param payload JSON */
  invoke(name: string, payload: string, qualifier?: string): Promise<AwsResult<Invocation>>;
  /** Bytes of code that the account may keep in this region, and keeps. */
  codeStorage(): Promise<AwsResult<{ limit: number; used: number }>>;
}

export interface LayerVersion {
  /** With its version's number. */
  arn: string;
  /** Base64. */
  sha256: string;
}

interface LayerPublication extends Pick<CodeUpdate, 'name' | 'bucket' | 'key' | 'architecture'> {
  runtime: string;
}

export interface LayerService {
  /** Null if there is no such layer. */
  newest(name: string): Promise<AwsResult<LayerVersion | null>>;
  publish(layer: LayerPublication): Promise<AwsResult<LayerVersion>>;
}
