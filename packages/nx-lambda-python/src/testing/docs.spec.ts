/** The page's tables say what the code says. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MINISTACK_DIFFERENCES } from './conformance/ministack-differences.fixtures';
import { FAULT_KINDS } from './protocol/faults';
import { LAMBDA_OPERATIONS } from './lambda/route';
import { S3_OPERATIONS } from './s3/route';

const page = readFileSync(join(__dirname, '../../docs/simulated-account.md'), 'utf8');

/** Cells of the table under a heading, without its header and rule. */
function tableUnder(heading: string): string[][] {
  const section = page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

test('every kind of fault has its row', () => {
  const kinds = tableUnder('Faults').map(([kind]) => kind);
  expect(kinds).toEqual(FAULT_KINDS.map((kind) => `\`${kind}\``));
});

test('every difference of MiniStack has its row', () => {
  expect(tableUnder('How it is checked')).toEqual(
    MINISTACK_DIFFERENCES.map(({ check, instead, source }) => [check, instead, source]),
  );
});

test.each([
  ['S3', S3_OPERATIONS],
  ['Lambda', LAMBDA_OPERATIONS],
])('every operation of %s that is simulated is listed', (service, operations) => {
  const [, listed = ''] = new RegExp(`\\b${service}: ([^.]*)\\.`).exec(page) ?? [];
  const names = listed.replace(/ \(.*\)/, '').split(', ');
  expect([...names].sort()).toEqual([...operations].sort());
});
