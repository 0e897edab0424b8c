/** Secrets that are found again, in whatever form they leak. */

import { randomBytes } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';

export class Canaries {
  private readonly forms = new Map<string, string>();

  /** A new secret of that name. It changes when it is URL-encoded. */
  create(name: string): string {
    const secret = `cnry+${randomBytes(9).toString('hex')}=${name}`;
    this.add(name, secret);
    return secret;
  }

  add(name: string, secret: string): void {
    for (const form of [secret, encodeURIComponent(secret), ...base64Cores(secret)]) {
      this.forms.set(form, name);
    }
  }

  /** `<where>: <name of the secret>` for each that is there. */
  inText(where: string, text: string): string[] {
    return this.inBytes(where, Buffer.from(text));
  }

  /** In every file below, in what archives hold, and in the names of both. */
  inFiles(directory: string): string[] {
    const paths = readdirSync(directory, { recursive: true, encoding: 'utf8' });
    return [
      ...this.inText(directory, paths.join('\n')),
      ...paths.flatMap((path) => {
        const file = join(directory, path);
        const stats = lstatSync(file, { throwIfNoEntry: false });
        return stats?.isFile() ? this.inBytes(file, readFileSync(file)) : [];
      }),
    ];
  }

  private inBytes(where: string, bytes: Buffer): string[] {
    const found = [...this.forms].filter(([form]) => bytes.includes(form));
    return [
      ...new Set(found.map(([, name]) => `${where}: ${name}`)),
      ...this.inArchive(where, bytes),
    ];
  }

  private inArchive(where: string, bytes: Buffer): string[] {
    if (bytes.toString('latin1', 0, 4) !== 'PK\x03\x04') return [];
    return Object.entries(unzipSync(bytes)).flatMap(([path, content]) => [
      ...this.inText(where, path),
      ...this.inBytes(`${where}!${path}`, Buffer.from(content)),
    ]);
  }
}

/** What of a text is the same in base64 whatever stands before and after it. */
function base64Cores(text: string): string[] {
  return [0, 1, 2].map((before) => {
    const encoded = Buffer.from(`${'x'.repeat(before)}${text}`)
      .toString('base64')
      .replace(/=+$/, '');
    return encoded.slice(before === 0 ? 0 : before + 1, -2);
  });
}
