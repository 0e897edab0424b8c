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
    expect(pipFailure({ output, target, place: 'container' }).message).toContain(
      'could not be reached',
    );
  });

  it("repeats pip's last words without credentials", () => {
    const output =
      'Looking in indexes: https://me:s3cret@host/simple\nERROR: Cannot install a and b: ResolutionImpossible https://me:s3cret@host\nbye\n';
    const { message } = pipFailure({ output, target, place: 'container' });
    expect(message).toContain('ResolutionImpossible');
    expect(message).not.toContain('s3cret');
  });
});
