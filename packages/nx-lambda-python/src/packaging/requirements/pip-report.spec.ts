import { readReport } from './pip-report';

const one = (name: string, download: object, isDirect = false) => ({
  is_direct: isDirect,
  download_info: { url: `https://me:token@host/${name}-1.0.zip`, ...download },
  metadata: { name, version: '1.0' },
});
const report = (...install: object[]) => JSON.stringify({ version: '1', install });

describe('readReport', () => {
  it('reads the hash of each file, of old and new pips', () => {
    expect(
      readReport(
        report(
          one('a', { archive_info: { hash: 'sha256=aa', hashes: { sha256: 'aa' } } }),
          one('b', { archive_info: { hash: 'sha256=bb' } }),
          one('c', { archive_info: { hashes: { sha256: 'cc' } } }, true),
        ),
      ),
    ).toEqual([
      { name: 'a', version: '1.0', url: undefined, hashes: ['sha256:aa'] },
      { name: 'b', version: '1.0', url: undefined, hashes: ['sha256:bb'] },
      { name: 'c', version: '1.0', url: 'https://host/c-1.0.zip', hashes: ['sha256:cc'] },
    ]);
  });

  it.each([
    [{ vcs_info: { vcs: 'git' } }, 'REQUIREMENTS_INVALID', 'version control', 'release archive'],
    [{ dir_info: {} }, 'REQUIREMENTS_INVALID', 'a directory', '"requirements"'],
    [{ archive_info: { hash: 'md5=aa' } }, 'LOCK_FAILED', 'no SHA-256', 'index'],
  ])('%j is %s', (download, code, words, hint) => {
    expect(() => readReport(report(one('a', download)))).toThrow(
      expect.objectContaining({
        code,
        message: expect.stringContaining(words),
        hint: expect.stringContaining(hint),
      }),
    );
  });
});
