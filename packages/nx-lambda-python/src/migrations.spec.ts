/** The table of migrations as `nx migrate` reads it. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import migrations from '../migrations.json';
import manifest from '../package.json';

const ROOT = join(__dirname, '..');
const entries = Object.entries(migrations.generators);

it('is named in package.json and exported', () => {
  const path = manifest['nx-migrations'].migrations;
  expect(existsSync(join(ROOT, path))).toBe(true);
  expect(Object.values(manifest.exports)).toContain(path);
});

it('has the oldest version first', () => {
  const order = (version: string) => version.replace(/\d+/g, (digits) => digits.padStart(6, '0'));
  const versions = entries.map(([, { version }]) => version);
  for (const version of versions) expect(version).toMatch(/^\d+\.\d+\.\d+(-[a-z]+\.\d+)?$/);
  expect(versions).toEqual([...versions].sort((a, b) => (order(a) < order(b) ? -1 : 1)));
});

it.each(entries)('%s has a description and an implementation', async (_, entry) => {
  expect(entry.description).toMatch(/^[A-Z].*\.$/);
  const [path = '', name = 'default'] = entry.implementation.split('#');
  const module = (await import(join(ROOT, path))) as Record<string, unknown>;
  expect(typeof module[name]).toBe('function');
});
