import { checkNames, foldName } from './clashes';

const COMPOSED = 'caf\u00e9';
const DECOMPOSED = 'cafe\u0301';

describe('checkNames', () => {
  it.each([
    ['case', ['orders/a.py', 'orders/A.py'], '`orders/a.py`, which differs only in case'],
    ['case of a directory', ['orders/a.py', 'Orders/b.py'], 'differs only in case'],
    ['case of a file and a directory', ['orders/util/x.py', 'orders/Util'], 'only in case'],
    ['Unicode form', [`o/${COMPOSED}.py`, `o/${DECOMPOSED}.py`], '(NFC, NFD)'],
    ['Unicode form of a directory', [`${DECOMPOSED}/a.py`, `${COMPOSED}/b.py`], '(NFC, NFD)'],
    ['both', [`o/${COMPOSED}.py`, `o/${DECOMPOSED.toUpperCase()}.py`], 'only in case'],
  ])('refuses names that differ in %s only', (_, paths, words) => {
    expect(() => checkNames(paths)).toThrow(
      expect.objectContaining({ code: 'ENTRY_COLLISION', message: expect.stringContaining(words) }),
    );
  });

  it('takes any other names', () => {
    const paths = [
      'a.py',
      'a/b.py',
      'a/c.py',
      'b/a.py',
      `${DECOMPOSED}.py`,
      'cafe.py',
      'straße.py',
    ];
    expect(() => checkNames(paths)).not.toThrow();
  });
});

it('folds what some file system takes for one name', () => {
  expect(foldName(`O/${DECOMPOSED}.PY`)).toBe(`o/${COMPOSED}.py`);
  expect(foldName('plain.py')).toBe('plain.py');
});
