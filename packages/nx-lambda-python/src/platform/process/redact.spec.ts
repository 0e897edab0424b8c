import { LambdaPythonError } from '../../errors';
import type { Exec } from './exec';
import { redactCredentials, redactedError, redactingExec, redactor, userInfosIn } from './redact';

const redact = redactor({
  userInfos: ['bob:p%40ss%2Fw0rd', 'tok3n-alone'],
  values: ['path-t0ken'],
});

describe('redactor', () => {
  it.each([
    ['as a URL has it', 'https://bob:p%40ss%2Fw0rd@host/x', 'https://host/x'],
    ['in the plain', 'password is p@ss/w0rd.', 'password is ****.'],
    ['encoded', 'got p%40ss%2Fw0rd', 'got ****'],
    ['as basic authentication', `Basic ${btoa('bob:p@ss/w0rd')}`, 'Basic ****'],
    ['a lone token', 'tok3n-alone', '****'],
    ['a lone token as basic authentication', btoa('tok3n-alone:'), '****'],
    ['in a path', 'https://host/path-t0ken/simple', 'https://host/****/simple'],
    ['of a URL nobody told it', 'see http://a:b@c@host', 'see http://host'],
  ])('%s', (_, text, clean) => expect(redact(text)).toBe(clean));

  it('leaves words alone that merely stand beside a secret', () => {
    const one = redactor({ userInfos: ['__token__:x', 'git'], values: ['', 'abc'] });
    expect(one('git says __token__ abc x')).toBe('git says __token__ abc x');
  });
});

describe('redactingExec', () => {
  it('cleans lines, output and stderr, and leaves stdout to the program that reads it', async () => {
    const exec: Exec = (_, __, options) => {
      options?.onLine?.('line path-t0ken');
      const text = 'path-t0ken';
      return Promise.resolve({
        ...{ exitCode: 0, notFound: false },
        ...{ stdout: text, stderr: text, output: text },
      });
    };
    const lines: string[] = [];
    const onLine = (line: string) => lines.push(line);
    expect(await redactingExec(exec, redact)('x', [], { onLine })).toMatchObject({
      stdout: 'path-t0ken',
      stderr: '****',
      output: '****',
    });
    expect(lines).toEqual(['line ****']);
  });
});

it('redactedError cleans message and hint', () => {
  const error = new LambdaPythonError('PIP_FAILED', {
    message: 'path-t0ken',
    hint: 'https://u:p@h',
  });
  expect(redactedError(error, redact)).toMatchObject({
    code: 'PIP_FAILED',
    message: '****',
    hint: 'https://h',
  });
});

it('userInfosIn finds each', () => {
  expect(userInfosIn('--proxy=http://a:b@c x https://d@e/f git+ssh://git@h')).toEqual([
    'a:b',
    'd',
    'git',
  ]);
});

describe('redactCredentials', () => {
  it('takes credentials out of whatever holds them', () => {
    const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
    const text = `AKIAIOSFODNN7EXAMPLE ${secret} http://user:pass@host/x?X-Amz-Signature=abc&a=b`;
    const clean = redactCredentials(text, { AWS_SECRET_ACCESS_KEY: secret });
    expect(clean).toBe(
      '[redacted] [redacted] http://[redacted]@host/x?X-Amz-Signature=[redacted]&a=b',
    );
  });

  it('leaves words alone', () => {
    expect(redactCredentials('a test of access', { AWS_SECRET_ACCESS_KEY: 'test' })).toBe(
      'a test of access',
    );
  });
});
