import { LambdaPythonError } from '../../errors';
import { renderError } from '../../report/error-text';
import type { ReleaseRecord } from '../records/record';
import { HOSTILE } from './documents.fixtures';
import { renderReleases } from './release-list';

/** What a terminal obeys, or shows as something else; ends of lines may be there. */
const COMMANDS = /[\0-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069]/;

/** Whoever can write to the bucket can write this. */
const RECORD: ReleaseRecord = {
  ...{ format: 1, number: 1, kind: 'deploy', of: null, status: 'succeeded' },
  ...{ service: HOSTILE, stage: null, region: HOSTILE, account: null, alias: null },
  by: { user: HOSTILE, host: HOSTILE, run: HOSTILE },
  startedAt: HOSTILE,
  endedAt: HOSTILE,
  source: { commit: HOSTILE, dirty: true },
  ...{ runtime: HOSTILE, architecture: 'arm64', package: null },
  functions: [
    {
      ...{ name: HOSTILE, handlerName: HOSTILE, handler: HOSTILE, status: HOSTILE as never },
      ...{ before: null, beforePackage: null, goal: null, after: null },
    },
  ],
};

describe('renderReleases', () => {
  it.each(['table', 'markdown', 'json'] as const)(
    'lets nothing of a record command the terminal as %s',
    (format) => {
      const facts = { subject: `\`svc\` ${HOSTILE}`, place: 'eu-west-1', format };
      const text = renderReleases([RECORD, { ...RECORD, number: 2, endedAt: null }], facts);
      expect(text).not.toMatch(COMMANDS);
      // One record, one line.
      if (format === 'table') expect(text.split('\n')).toHaveLength(5);
      if (format === 'markdown') expect(text).not.toMatch(/<b>|[^\\]\| `x`/);
      if (format === 'json') expect(JSON.parse(text).releases[1]).toEqual(RECORD);
    },
  );
});

it.each([
  new LambdaPythonError('RELEASE_NOT_FOUND', { message: HOSTILE, hint: HOSTILE }),
  new TypeError(HOSTILE),
  HOSTILE,
])('lets nothing that an error quotes command the terminal', (error) => {
  expect(renderError(error)).not.toMatch(COMMANDS);
});
