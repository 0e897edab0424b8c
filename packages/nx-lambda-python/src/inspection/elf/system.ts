/** What Lambda's systems bring for compiled code: shared libraries, and the newest symbols in them. */

import { machineOf } from '../../packaging/wheel/names';
import type { Architecture, Runtime } from '../../service/runtimes';

type Version = readonly number[];

export interface System {
  /** `Amazon Linux 2` */
  name: string;
  /** As ELF files name it. */
  machine: string;
  libraries: ReadonlySet<string>;
  /** Newest version by the prefix of symbol versions: `GLIBC` → 2.26. */
  newest: Readonly<Record<VersionedPrefix, Version>>;
}

const PREFIXES = ['GLIBC', 'GLIBCXX', 'CXXABI'] as const;
export type VersionedPrefix = (typeof PREFIXES)[number];

// glibc, libgcc, libstdc++ and zlib, which Python itself needs. Sources: packages of the `amazonlinux:2` and
// `amazonlinux:2023-minimal` images. Build images have more than the runtimes: Lambda's image of Python 3.12 has
// libexpat.so.1, the runtime lacks it (developmentseed/eoapi-cdk, pull request 182).
const ALWAYS =
  words(`libc.so.6 libm.so.6 libmvec.so.1 libdl.so.2 librt.so.1 libpthread.so.0 libutil.so.1
  libresolv.so.2 libanl.so.1 libBrokenLocale.so.1 libthread_db.so.1 libnss_compat.so.2 libnss_dns.so.2
  libnss_files.so.2 libgcc_s.so.1 libstdc++.so.6 libz.so.1`);
const LOADERS: Readonly<Record<Architecture, string>> = {
  x86_64: 'ld-linux-x86-64.so.2',
  arm64: 'ld-linux-aarch64.so.1',
};

/** By the glibc of a runtime. */
const SYSTEMS: Readonly<
  Record<string, Pick<System, 'name'> & { more: readonly string[]; cxx: [Version, Version] }>
> = {
  // gcc 7.3: libstdc++.so.6.0.24. /lib64 of python3.8: awslabs/aws-media-replay-engine, issue 13.
  '2.26': {
    name: 'Amazon Linux 2',
    more: words('libcrypt.so.1 libnsl.so.1 libssl.so.10 libcrypto.so.10'),
    cxx: [
      [3, 4, 24],
      [1, 3, 11],
    ],
  },
  // gcc 11: libstdc++.so.6.0.29. libxcrypt and OpenSSL 3 are dependencies of its minimal image.
  '2.34': {
    name: 'Amazon Linux 2023',
    more: words('libcrypt.so.2 libssl.so.3 libcrypto.so.3'),
    cxx: [
      [3, 4, 29],
      [1, 3, 13],
    ],
  },
};

export function systemOf({ glibc, python }: Runtime, architecture: Architecture): System {
  const version = glibc.join('.');
  const system = SYSTEMS[version];
  if (!system) throw new Error(`no system is known for glibc ${version}`);
  const { name, more, cxx } = system;
  const own = [`libpython${python.join('.')}.so.1.0`, 'libpython3.so', LOADERS[architecture]];
  return {
    name,
    machine: machineOf(architecture),
    libraries: new Set([...ALWAYS, ...more, ...own]),
    newest: { GLIBC: glibc, GLIBCXX: cxx[0], CXXABI: cxx[1] },
  };
}

/** Prefix and number of `GLIBC_2.17`; undefined for names that are not ordered (`GLIBC_PRIVATE`, `CXXABI_TM_1`). */
export function orderedVersion(
  name: string,
): { prefix: VersionedPrefix; version: number[] } | undefined {
  const [, word = '', number = ''] = /^([A-Z]+)_(\d+(?:\.\d+)*)$/.exec(name) ?? [];
  const prefix = PREFIXES.find((one) => one === word);
  return prefix && { prefix, version: number.split('.').map(Number) };
}

function words(text: string): string[] {
  return text.split(/\s+/);
}
