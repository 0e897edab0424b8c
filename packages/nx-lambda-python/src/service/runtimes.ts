/** Lambda's Python runtimes as data: what wheels must fit, and which image builds them. */

export type Architecture = 'x86_64' | 'arm64';
export const ARCHITECTURES: readonly Architecture[] = ['x86_64', 'arm64'];

export interface Runtime {
  /** As Lambda names it: `python3.13`. */
  readonly name: string;
  /** `[3, 13]` */
  readonly python: readonly [major: number, minor: number];
  /** Newest glibc a wheel may need: Amazon Linux 2 has 2.26, Amazon Linux 2023 has 2.34. */
  readonly glibc: readonly [major: number, minor: number];
  /** The day on which AWS stops patching it, ISO 8601; null if none is announced. */
  readonly deprecated: string | null;
}

// Source: AWS Lambda developer guide, "Lambda runtimes" (read 2026-11).
export const RUNTIMES: readonly Runtime[] = [
  { name: 'python3.9', python: [3, 9], glibc: [2, 26], deprecated: '2025-12-15' },
  { name: 'python3.10', python: [3, 10], glibc: [2, 26], deprecated: '2026-10-31' },
  { name: 'python3.11', python: [3, 11], glibc: [2, 26], deprecated: '2027-06-30' },
  { name: 'python3.12', python: [3, 12], glibc: [2, 34], deprecated: '2028-10-31' },
  { name: 'python3.13', python: [3, 13], glibc: [2, 34], deprecated: '2029-06-30' },
  { name: 'python3.14', python: [3, 14], glibc: [2, 34], deprecated: '2029-06-30' },
];

export const DEFAULT_RUNTIME = 'python3.13';

export function findRuntime(name: string): Runtime | undefined {
  return RUNTIMES.find((runtime) => runtime.name === name);
}

/** AWS's own build image: the runtime's system with compilers, git, the AWS CLI and pip. */
export function defaultBuildImage(runtime: Runtime, architecture: Architecture): string {
  return `public.ecr.aws/sam/build-${runtime.name}:latest-${architecture}`;
}

/** Path of Python in Lambda and in the build images: what the first line of a script must name. */
export function interpreterPath({ python: [major, minor] }: Runtime): string {
  return `/var/lang/bin/python${major}.${minor}`;
}
