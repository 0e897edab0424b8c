import { functionName, importPackageFor, isImportPackage, isPythonIdentifier } from './names';
import { nearest } from '../report/nearest';
import { hidesPythonModule } from '../python/stdlib';

describe('Python names', () => {
  it.each(['a', '_x', 'größe', '变量', 'match', 'type', 'x1'])('%s is an identifier', (name) =>
    expect(isPythonIdentifier(name)).toBe(true),
  );
  it.each(['', '1x', 'a-b', 'a.b', 'a b', 'class', 'async', 'None', 'a😀'])('%s is none', (name) =>
    expect(isPythonIdentifier(name)).toBe(false),
  );

  it('tells dotted packages', () => {
    expect(isImportPackage('company.orders')).toBe(true);
    expect(isImportPackage('company.')).toBe(false);
  });

  it.each([
    ['my-orders', 'my_orders'],
    ['@scope/My-Orders', 'my_orders'],
    ['orders.v2', 'orders_v2'],
    ['-x-', 'x'],
    ['2fa', undefined],
    ['class', undefined],
  ])('%s becomes the package %s', (project, expected) =>
    expect(importPackageFor(project)).toBe(expected),
  );

  it('knows what a package would hide', () => {
    expect(['json', 'email', 'boto3', 'tomllib'].every(hidesPythonModule)).toBe(true);
    expect(['orders', 'users', '', 'handlers'].some(hidesPythonModule)).toBe(false);
  });
});

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
    expect(() => functionName(template, values)).toThrow(
      expect.objectContaining({ code: 'FUNCTION_NAME_INVALID' }),
    );
  });
});

describe('nearest', () => {
  it('suggests what is close, nearest first, and nothing else', () => {
    expect(nearest('creat_order', ['create_order', 'create_orders', 'refund'])).toEqual([
      'create_order',
      'create_orders',
    ]);
    expect(nearest('x', ['orders'])).toEqual([]);
  });
});
