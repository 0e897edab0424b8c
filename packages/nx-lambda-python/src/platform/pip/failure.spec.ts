import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RUNTIMES, type Runtime } from '../../service/runtimes';
import { pipFailure, type FailedPip } from './failure';
import type { Listing } from './failure/explain';
import { FAILURES, PUBLISHED, type Expected, type Failure } from './failure/failures.fixtures';

interface Recording {
  output: string[];
  /** What ask_index.py wrote, by the name that was asked for. */
  answer: Record<string, Listing>;
}

/** What pip 23.0 and 26.3 printed for each failure, without tracebacks and repetitions, and what indexes answered. */
const RECORDINGS = JSON.parse(
  readFileSync(join(__dirname, 'failure', 'recordings.json'), 'utf8'),
) as Record<string, Record<string, Recording>>;

/** Addresses of the servers that were recorded. */
const fill = (text: string) =>
  text
    .replaceAll('{index}', 'http://127.0.0.1:8080')
    .replaceAll('{closed}', '9')
    .replaceAll('{tls}', '8443');
const runtime = RUNTIMES.find(({ name }) => name === 'python3.11') as Runtime;
const failedPip = (output: string, place: FailedPip['place'] = 'container', text = '') => ({
  output,
  target: { runtime, architecture: 'x86_64' as const },
  place,
  files: new Map([['requirements.txt', text]]),
});
const noAnswer = () => Promise.resolve(new Map<string, Listing>());

test('every failure is recorded', () => {
  const expected = [...Object.keys(FAILURES), ...Object.keys(PUBLISHED)];
  expect(Object.keys(RECORDINGS).sort()).toEqual(expected.sort());
  expect(expected.length).toBeGreaterThan(40);
});

describe.each(Object.entries(RECORDINGS))('%s', (name, recordings) => {
  it.each(Object.entries(recordings))('%s', async (by, recorded) => {
    const output = fill(recorded.output.join('\n'));
    const answer = JSON.parse(fill(JSON.stringify(recorded.answer))) as Recording['answer'];
    const place = by.startsWith('host') ? 'host' : 'container';
    const { requirements = name, expected, host }: Partial<Failure> = FAILURES[name] ?? {};
    const [code, message, hint] = (
      place === 'host' ? host : (expected ?? PUBLISHED[name])
    ) as Expected;
    const askIndex = (names: readonly string[]) => {
      expect(Object.keys(answer)).toEqual(names);
      return Promise.resolve(new Map(Object.entries(answer)));
    };
    const error = await pipFailure(failedPip(output, place, requirements), askIndex);
    const [first = ''] = error.message.split('\n');
    for (const words of message) expect(first).toContain(fill(words));
    for (const words of hint) expect(error.hint).toContain(fill(words));
    expect(error.code).toBe(code);
    // Without the index, the distribution is named all the same.
    const { message: guess } = await pipFailure(failedPip(output, place), noAnswer);
    expect(guess).not.toContain('read pip');
  });
});

it.each([
  [
    "OSError('Tunnel connection failed: 407 Proxy Authentication Required')",
    'INDEX_ACCESS_DENIED',
    'proxy refuses',
    'HTTPS_PROXY',
  ],
  [
    'No ED25519 host key is known for [127.0.0.1]:2222 and you have requested strict checking.\nHost key verification failed.',
    'GIT_ACCESS_DENIED',
    'host key of [127.0.0.1]:2222',
    'ssh-keyscan -p 2222 127.0.0.1 >>',
  ],
  [
    'REMOTE HOST IDENTIFICATION HAS CHANGED!\nHost key for git.host has changed and you have requested strict checking.',
    'GIT_ACCESS_DENIED',
    'not the one in known_hosts',
    'ssh-keygen -R',
  ],
  [
    '  git@host: Permission denied (publickey).\n',
    'GIT_ACCESS_DENIED',
    'git@host does not accept any key',
    'ssh-add -l',
  ],
  [
    "fatal: Authentication failed for 'https://me:s3cret@host/a.git/'",
    'GIT_ACCESS_DENIED',
    'https://host/a.git/',
    '~/.netrc',
  ],
  ['OSError: [Errno 28] No space left on device', 'DISK_FULL', 'disk space', 'nx prune'],
])('tells what no index knows: %s', async (output, code, message, hint) => {
  expect(await pipFailure(failedPip(output), noAnswer)).toMatchObject({
    code,
    message: expect.stringContaining(message) as string,
    hint: expect.stringContaining(hint) as string,
  });
});

it('does not blame an index that pip got by without', async () => {
  const output = 'error: command gcc failed\nnx-lambda-python: host:443 answered 403\n';
  expect((await pipFailure(failedPip(output), noAnswer)).code).toBe('PIP_FAILED');
});

it.each([
  ['its own words', 'ERROR: Something new https://me:s3cret@host\nbye\n', 'Something new'],
  ['the end of a traceback', 'ERROR: Exception:\nTraceback\nKeyError: 1\n', 'KeyError: 1'],
])('repeats %s, without credentials, where it knows no more', async (_, words, expected) => {
  const output = `Looking in indexes: https://me:s3cret@host/simple\n${words}`;
  const { message } = await pipFailure(failedPip(output), noAnswer);
  expect(message).toContain(expected);
  expect(message).not.toContain('s3cret');
});

it('names what all versions of another require, and has no file that fits', async () => {
  const output = `The conflict is caused by:
    num2words 0.5.14 depends on docopt>=0.6.2
    num2words 0.5.13 depends on docopt>=0.6.2

Additionally, some packages in these conflicts have no matching distributions available for your environment:
    docopt
`;
  const listing = { files: [{ filename: 'docopt-0.6.2.tar.gz' }], failures: [] };
  const ask = () => Promise.resolve(new Map([['docopt', listing]]));
  expect(await pipFailure(failedPip(output, 'host'), ask)).toMatchObject({
    code: 'WHEEL_UNAVAILABLE',
    message: expect.stringContaining('`docopt>=0.6.2`, which `num2words` requires,') as string,
  });
});
