/** The Nx versions that demo and e2e install: the newest of each supported major. */

export interface NxVersion {
  nx: string;
  /** `@nx/devkit` is released less often than `nx`. */
  devkit: string;
}

export const NX_24: NxVersion = { nx: '24.0.6', devkit: '24.0.0' };
export const NX_23: NxVersion = { nx: '23.3.2', devkit: '23.3.2' };
export const NX_22: NxVersion = { nx: '22.7.12', devkit: '22.7.12' };

export const NEWEST = NX_24;
export const SUPPORTED: readonly NxVersion[] = [NX_22, NX_23, NX_24];
