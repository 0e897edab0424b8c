/** A certificate authority of one's own, and a certificate of it for 127.0.0.1. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface OwnCertificates {
  /** File of the authority's certificate. */
  authority: string;
  key: string;
  cert: string;
}

export function makeCertificates(directory: string): OwnCertificates {
  mkdirSync(directory, { recursive: true });
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { cwd: directory, stdio: 'ignore' });
  const request = ['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl(
    ...[...request, '-x509', '-days', '2', '-subj', '/CN=own authority'],
    ...['-addext', 'keyUsage=critical,keyCertSign', '-keyout', 'ca.key', '-out', 'ca.crt'],
  );
  openssl(...request, '-subj', '/CN=127.0.0.1', '-keyout', 'server.key', '-out', 'server.csr');
  writeFileSync(join(directory, 'names'), 'subjectAltName=IP:127.0.0.1\n');
  openssl(
    ...['x509', '-req', '-in', 'server.csr', '-CA', 'ca.crt', '-CAkey', 'ca.key'],
    ...['-CAcreateserial', '-days', '2', '-extfile', 'names', '-out', 'server.crt'],
  );
  const read = (name: string) => readFileSync(join(directory, name), 'utf8');
  return {
    authority: join(directory, 'ca.crt'),
    key: read('server.key'),
    cert: read('server.crt'),
  };
}
