import { checkPipArguments } from './pip-arguments';

describe('pipArgs', () => {
  it.each([
    [['-r', '../../../more.txt'], '-r', '"requirements"'],
    [['-rmore.txt'], '-rmore.txt', '"requirements"'],
    [['--requirement=more.txt'], '--requirement=more.txt', '"requirements"'],
    [['-c', 'limits.txt'], '-c', '"constraints"'],
    [['--constr', 'limits.txt'], '--constr', '"constraints"'],
    [['--build-constraint', 'limits.txt'], '--build-constraint', 'PIP_BUILD_CONSTRAINT'],
    [['-e', '../../../lib'], '-e', 'requirements file'],
    [['--target=/usr/lib'], '--target=/usr/lib', 'take it out'],
    [['-d/tmp'], '-d/tmp', 'take it out'],
  ])('refuses %j', (pipArguments, shown, hint) => {
    expect(() => checkPipArguments(pipArguments)).toThrow(
      expect.objectContaining({
        code: 'OPTION_INVALID',
        message: expect.stringContaining(`\`${shown}\``) as string,
        hint: expect.stringContaining(hint) as string,
      }),
    );
  });

  it.each([
    [['--pre', '-v', '--no-deps', '--python-version=3.11', '--require-hashes']],
    [['--find-links', 'wheels', '-f', 'more', '-i', 'https://index', '--config-settings=a=b']],
    [['--no-cache-dir', '--only-binary=:all:', '--prefer-binary', '-C', 'a=b']],
  ])('takes %j', (pipArguments) => {
    expect(() => checkPipArguments(pipArguments)).not.toThrow();
  });
});
