import { makeElf } from './elf.fixtures';
import { ElfError, isElf, readElf } from './read';

const WHOLE = {
  needed: ['libc.so.6', 'libz.so.1'],
  soname: 'libx.so.1',
  rpath: '$ORIGIN/../x.libs:/usr/lib',
  versions: { 'libc.so.6': ['GLIBC_2.17', 'GLIBC_2.34'], 'libz.so.1': ['ZLIB_1.2.9'] },
};

describe('an ELF file', () => {
  it('tells what the loader reads of it', () => {
    const version = (library: string, name: string) => ({ library, name, isWeak: false });
    expect(readElf(makeElf(WHOLE))).toEqual({
      machine: 'x86_64',
      dynamic: {
        needed: ['libc.so.6', 'libz.so.1'],
        soname: 'libx.so.1',
        rpath: ['$ORIGIN/../x.libs', '/usr/lib'],
        runpath: [],
        versions: [
          version('libc.so.6', 'GLIBC_2.17'),
          version('libc.so.6', 'GLIBC_2.34'),
          version('libz.so.1', 'ZLIB_1.2.9'),
        ],
      },
    });
  });

  it.each([
    ['aarch64', {}, 183],
    ['machine 40 (64-bit)', {}, 40],
    ['machine 3 (32-bit)', { 4: 1 }, 3],
    ['machine 8 (big-endian)', { 5: 2 }, 0x0800],
  ])('is for %s', (machine, bytes: Record<number, number>, number) => {
    const file = makeElf({ machine: number });
    for (const [at, value] of Object.entries(bytes)) file[Number(at)] = value;
    expect(readElf(file).machine).toBe(machine);
  });

  // What a hostile or damaged file may hold: every length, and every byte and word at its extremes.
  it('is read or refused, whatever it holds', () => {
    const file = makeElf(WHOLE);
    let refused = 0;
    const attempt = (bytes: Buffer): void => {
      try {
        readElf(bytes);
      } catch (error) {
        if (!(error instanceof ElfError)) throw error;
        refused += 1;
      }
    };
    for (let at = 0; at < file.length; at += 1) {
      attempt(file.subarray(0, at));
      for (const value of [0, 1, 16, 0x7f, 0xff]) {
        const byte = Buffer.from(file);
        byte[at] = value;
        attempt(byte);
        if (at + 8 > file.length) continue;
        const words = Buffer.from(file);
        words.fill(value, at, at + 8);
        attempt(words);
      }
    }
    expect(refused).toBeGreaterThan(file.length);
  });

  it('is recognised by its first bytes', () => {
    expect(isElf(makeElf())).toBe(true);
    expect(isElf(Buffer.from('#!/bin/sh\n# not compiled'))).toBe(false);
    expect(isElf(Buffer.from('\x7fELF', 'latin1'))).toBe(false);
  });
});
