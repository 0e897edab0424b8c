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

  it('names the one that a published wheel requires, and which that is', () => {
    const transitive =
      'ERROR: Could not find a version that satisfies the requirement docopt>=0.6.2 (from num2words) (from versions: none)\nERROR: No matching distribution found for docopt>=0.6.2 (from num2words)\n';
    expect(pipFailure({ output: transitive, target, place: 'host' })).toMatchObject({
      code: 'WHEEL_UNAVAILABLE',
      message: expect.stringContaining(
        '`docopt>=0.6.2`, which `num2words` requires, fits',
      ) as string,
    });
    const own = missing.replace(
      '(from versions',
      '(from -r /x/requirements.txt (line 1)) (from versions',
    );
    expect(pipFailure({ output: own, target, place: 'host' }).message).not.toContain('requires');
  });

  describe('after pip tried all versions of what requires it', () => {
    const conflict = (causes: string, more = '') =>
      `ERROR: Cannot install -r /x/requirements.txt (line 1) because these package versions have conflicting dependencies.\n\nThe conflict is caused by:\n${causes}\n${more}To fix this you could try to:\n1. loosen the range of package versions you've specified\n\nERROR: ResolutionImpossible: for help visit https://pip.pypa.io\n`;
    const alike =
      '    num2words 0.5.14 depends on docopt>=0.6.2\n    num2words 0.5.13 depends on docopt>=0.6.2\n';
    const named =
      'Additionally, some packages in these conflicts have no matching distributions available for your environment:\n    docopt\n\n';

    it.each([
      ['older pip', conflict(alike), '`docopt>=0.6.2`'],
      ['newer pip', conflict(alike, named), '`docopt`'],
    ])('names it, %s', (_, output, expected) => {
      expect(pipFailure({ output, target, place: 'host' })).toMatchObject({
        code: 'WHEEL_UNAVAILABLE',
        message: expect.stringContaining(`no published wheel of ${expected} fits`) as string,
      });
      expect(pipFailure({ output, target, place: 'container' }).code).toBe('PIP_FAILED');
    });

    it('leaves a real conflict to pip', () => {
      const output = conflict(
        '    The user requested six==1.16.0\n    a 1.0 depends on six==1.17.0\n',
      );
      expect(pipFailure({ output, target, place: 'host' }).code).toBe('PIP_FAILED');
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
      'index at host:443 requires different credentials',
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
      'git@host does not accept any key',
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
