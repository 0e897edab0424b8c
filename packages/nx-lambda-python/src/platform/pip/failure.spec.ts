import { pipFailure } from './failure';

const target = 'python3.13 x86_64';

describe('pipFailure', () => {
  const missing =
    'Collecting nope==9\nERROR: Could not find a version that satisfies the requirement nope==9 (from versions: none)\nERROR: No matching distribution found for nope==9\n';

  it('names the distribution that needs a container', () => {
    expect(pipFailure({ output: missing, target, place: 'host' })).toMatchObject({
      code: 'WHEEL_UNAVAILABLE',
      message: expect.stringContaining('`nope==9`'),
    });
  });

  it('names the distribution that does not exist', () => {
    expect(pipFailure({ output: missing, target, place: 'container' })).toMatchObject({
      code: 'PIP_FAILED',
      message: expect.stringContaining('`nope==9` for python3.13 x86_64'),
    });
  });

  it('tells an unreachable index from a wrong name', () => {
    const output = `WARNING: Retrying ... NameResolutionError("x")\n${missing}`;
    for (const place of ['container', 'host'] as const) {
      expect(pipFailure({ output, target, place })).toMatchObject({
        code: 'PIP_FAILED',
        message: expect.stringContaining('could not be reached: NameResolutionError') as string,
        hint: expect.stringContaining('HTTPS_PROXY') as string,
      });
    }
  });

  it.each([
    [
      `ERROR: x\nnx-lambda-python: host:443 answered 401\n${missing}`,
      'INDEX_ACCESS_DENIED',
      'index at host:443 wants other credentials',
      'PIP_INDEX_URL',
    ],
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
      'git@host accepts none',
      'ssh-add -l',
    ],
    [
      "fatal: Authentication failed for 'https://me:s3cret@host/a.git/'",
      'GIT_ACCESS_DENIED',
      'https://host/a.git/',
      '~/.netrc',
    ],
  ])('tells who refused: %s', (output, code, message, hint) => {
    expect(pipFailure({ output, target, place: 'container' })).toMatchObject({
      code,
      message: expect.stringContaining(message) as string,
      hint: expect.stringContaining(hint) as string,
    });
  });

  it('does not blame an index that pip got by without', () => {
    const output = 'error: command gcc failed\nnx-lambda-python: host:443 answered 403\n';
    expect(pipFailure({ output, target, place: 'container' }).code).toBe('PIP_FAILED');
  });

  it("repeats pip's last words without credentials", () => {
    const output =
      'Looking in indexes: https://me:s3cret@host/simple\nERROR: Cannot install a and b: ResolutionImpossible https://me:s3cret@host\nbye\n';
    const { message } = pipFailure({ output, target, place: 'container' });
    expect(message).toContain('ResolutionImpossible');
    expect(message).not.toContain('s3cret');
  });
});
