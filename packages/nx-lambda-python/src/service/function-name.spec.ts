import { errorWith } from '../errors.fixtures';
import { functionName } from './function-name';

describe('functionName', () => {
  const values = { project: 'svc', handler: 'create', package: 'company.orders' };

  it('fills every placeholder', () => {
    expect(functionName('{project}-{handler}', values)).toBe('svc-create');
    expect(functionName('{stage}_{package}-{handler}', { ...values, stage: 'dev' })).toBe(
      'dev_company-orders-create',
    );
    expect(functionName('legacy', values)).toBe('legacy');
  });

  it.each([
    ['[object Object]-{handler}', /was changed by Nx/],
    ['{project}-{hander}', /unknown placeholder `\{hander\}`; did you mean `handler`/],
    ['{stage}-x', /`\{stage\}`, which is not set/],
    ['{project}.{handler}', /`svc\.create`.*other characters/],
    ['a'.repeat(65), /has 65 characters/],
    ['', /other characters/],
    ['{project', /other characters/],
  ])('refuses %s', (template, message) => {
    expect(() => functionName(template, values)).toThrow(message);
    expect(() => functionName(template, values)).toThrow(errorWith('FUNCTION_NAME_INVALID'));
  });
});
