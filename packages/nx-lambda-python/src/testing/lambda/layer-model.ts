/** A layer as the state keeps it, and a layer version as a function keeps it. */

import type { FunctionCode } from './model';

export interface StoredLayer {
  name: string;
  region: string;
  /** Oldest first; deleted ones are gone, and their numbers are never given again. */
  versions: LayerVersion[];
  nextVersion: number;
}

export interface LayerVersion {
  version: number;
  code: FunctionCode;
  description: string;
  /** `2026-11-24T03:30:09.000+0000` */
  created: string;
  architectures?: string[];
  runtimes?: string[];
  licenseInfo?: string;
}

/**
 * What a function keeps of a layer version, so that it goes on working once that is deleted.
 * Source: AWS Lambda API reference, DeleteLayerVersion.
 */
export interface AttachedLayer {
  /** Of the version. */
  arn: string;
  /** Hex. */
  sha256: string;
  /** Bytes of the zip. */
  size: number;
}

/** A layer's document: the same name may exist once per region. */
export function layerId(region: string, name: string): string {
  return `${region}/${name}`;
}

export function layerArn(accountId: string, region: string, name: string): string {
  return `arn:aws:lambda:${region}:${accountId}:layer:${name}`;
}
