import { collectRequirements } from './collect';
import { decidingVariables, RequirementSecrets } from './secrets';

const FILE = 'services/a/requirements.txt';
const protect = (text: string, environment: Record<string, string> = {}) => {
  const secrets = new RequirementSecrets(environment);
  return { secrets, text: secrets.protect(text, FILE) };
};

describe('RequirementSecrets', () => {
  it('carries each credential by a variable, once', () => {
    const { secrets, text } = protect(
      [
        '--index-url https://bob:s3cret@host/simple',
        '--extra-index-url https://bob:s3cret@other/simple',
        'a @ git+https://t0ken@git.host/a.git@v1',
      ].join('\n'),
    );
    expect(text).toBe(
      [
        '--index-url https://${NX_LAMBDA_PYTHON_CREDENTIALS_0}@host/simple',
        '--extra-index-url https://${NX_LAMBDA_PYTHON_CREDENTIALS_0}@other/simple',
        'a @ git+https://${NX_LAMBDA_PYTHON_CREDENTIALS_1}@git.host/a.git@v1',
      ].join('\n'),
    );
    expect(secrets.variables()).toEqual({
      NX_LAMBDA_PYTHON_CREDENTIALS_0: 'bob:s3cret',
      NX_LAMBDA_PYTHON_CREDENTIALS_1: 't0ken',
    });
    expect(secrets.userInfos()).toEqual(['bob:s3cret', 't0ken']);
  });

  it('expands what decides, and carries what does not', () => {
    const environment = { HOST: 'host', ME: 'bob', PW: 's3cret', PATH_TOKEN: 'abcd', lower: 'x' };
    const { secrets, text } = protect(
      '-i https://${ME}:${PW}@${HOST}/${PATH_TOKEN}/simple ${lower}',
      environment,
    );
    expect(text).toBe(
      '-i https://${NX_LAMBDA_PYTHON_CREDENTIALS_0}@host/${PATH_TOKEN}/simple ${lower}',
    );
    expect(secrets.variables()).toEqual({
      NX_LAMBDA_PYTHON_CREDENTIALS_0: 'bob:s3cret',
      PATH_TOKEN: 'abcd',
    });
    expect(secrets.values()).toEqual(['abcd']);
  });

  it('looks into a variable that holds a whole URL, whatever its name', () => {
    const environment = { INDEX_TOKEN_URL: 'https://bob:p@ss@host/simple' };
    const { secrets, text } = protect('--index-url=${INDEX_TOKEN_URL}', environment);
    expect(text).toBe('--index-url=https://${NX_LAMBDA_PYTHON_CREDENTIALS_0}@host/simple');
    expect(secrets.userInfos()).toEqual(['bob:p@ss']);
  });

  it("leaves ssh's user, and every line where it was, without comments", () => {
    const text =
      '# ${UNSET} https://bob:s3cret@host\na @ git+ssh://git@host/a.git \\\n  ; x # https://u:p@h\nb==1 \\\n# end\nc';
    expect(protect(text).text).toBe('\na @ git+ssh://git@host/a.git   ; x\n\nb==1\n\nc');
  });

  it('names a variable that is not set: at once, or for credentials when they are needed', () => {
    const error = {
      code: 'REQUIREMENTS_INVALID',
      message: expect.stringContaining(`\`${FILE}\` uses \`\${WHO}\``) as string,
      hint: expect.stringContaining('export WHO') as string,
    };
    expect(() => protect('-i https://${WHO}/simple')).toThrow(expect.objectContaining(error));
    const { secrets } = protect('-i https://${WHO}:x@host/simple');
    expect(() => secrets.variables()).toThrow(expect.objectContaining(error));
  });

  it('gives the same meaning for every token, and another one for another host', () => {
    const meaning = (environment: Record<string, string>) => {
      const secrets = new RequirementSecrets(environment);
      const lines = 'a\n--index-url https://me:${TOKEN}@${HOST}/${TOKEN}/simple\n';
      return collectRequirements({ requirements: ['r.txt'], constraints: [] }, () =>
        secrets.protect(lines, 'r.txt'),
      ).meaning;
    };
    const first = meaning({ HOST: 'one', TOKEN: 'secret-1' });
    expect(first.options).toEqual(['--index-url https://one/${TOKEN}/simple']);
    expect(meaning({ HOST: 'one', TOKEN: 'secret-2' })).toEqual(first);
    expect(meaning({ HOST: 'two', TOKEN: 'secret-1' })).not.toEqual(first);
  });
});

describe('decidingVariables', () => {
  it('finds those outside of credentials', () => {
    expect(
      decidingVariables('# ${NOT}\n-i https://${ME}:${PW}@${HOST}/${TOKEN}\na==${VERSION}'),
    ).toEqual(['HOST', 'VERSION']);
  });
});
