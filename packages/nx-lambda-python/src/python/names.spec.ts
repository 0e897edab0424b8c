import { importPackageFor, isImportPackage, isPythonIdentifier } from './names';
import { hidesPythonModule } from './stdlib';

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
