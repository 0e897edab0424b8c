import { spawnSync } from 'node:child_process';
import { errorWith } from '../../errors.fixtures';
import {
  checkPipArguments,
  decidingVariables,
  PIP_SETTINGS,
  pipSetting,
  pipVariable,
} from './pip-settings';

/** Long options of the pip of this machine, as it lists them itself. */
const LIST = `
from pip._internal.commands import create_command
names = set()
for command in ("wheel", "download", "install"):
    parser = create_command(command).parser
    for option in parser.option_list_all:
        names.update(name[2:] for name in option._long_opts)
print(" ".join(sorted(names)))
`;

describe('the settings of pip', () => {
  it('has each name once', () => {
    const names = PIP_SETTINGS.flatMap(({ name, aliases }) => [name, ...aliases]);
    expect(names).toHaveLength(new Set(names).size);
  });

  it('knows every option of the pip on this machine', () => {
    const { stdout, status, stderr } = spawnSync('python3', ['-c', LIST], { encoding: 'utf8' });
    expect({ status, stderr }).toMatchObject({ status: 0 });
    const names = stdout.trim().split(' ');
    expect(names.length).toBeGreaterThan(40);
    expect(names.filter((name) => !pipSetting(name))).toEqual([]);
  });

  it('finds a setting however its name is written', () => {
    for (const name of ['no-binary', 'no_binary', 'NO_BINARY', '--no-binary']) {
      expect(pipSetting(name)).toMatchObject({ name: 'no-binary', class: 'deciding' });
    }
    expect(pipSetting('pypi-url')?.name).toBe('index-url');
    expect(pipSetting('tools-cache-dir')).toBeUndefined();
  });

  it('lists what Nx has to hash, other names included', () => {
    const variables = decidingVariables();
    expect(variables).toEqual([...variables].sort());
    expect(variables).toEqual(
      expect.arrayContaining([
        ...['PIP_BUILD_CONSTRAINT', 'PIP_CONFIG_FILE', 'PIP_CONSTRAINT', 'PIP_FIND_LINKS'],
        ...['PIP_INDEX_URL', 'PIP_NO_DEPENDENCIES', 'PIP_PRE', 'PIP_PYPI_URL'],
      ]),
    );
    expect(variables).not.toContain(pipVariable('proxy'));
  });
});

describe('pipArgs', () => {
  it.each([
    [['-r', '../../../more.txt'], '-r', '"requirements"'],
    [['-rmore.txt'], '-rmore.txt', '"requirements"'],
    [['--requirement=more.txt'], '--requirement=more.txt', '"requirements"'],
    [['-c', 'limits.txt'], '-c', '"constraints"'],
    [['--constr', 'limits.txt'], '--constr', '"constraints"'],
    [['-e', '../../../lib'], '-e', 'requirements file'],
    [['--target=/usr/lib'], '--target=/usr/lib', 'remove it'],
    [['-d/tmp'], '-d/tmp', 'remove it'],
  ])('refuses %j', (pipArguments, shown, hint) => {
    expect(() => checkPipArguments(pipArguments)).toThrow(
      errorWith('OPTION_INVALID', `\`${shown}\``, hint),
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
