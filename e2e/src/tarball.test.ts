/** What is published: the plugin, and nothing that only its tests need. */

import { execFileSync } from 'node:child_process';
import { TARBALL } from '../../tools/workspace-root';

describe('the tarball', () => {
  const paths = execFileSync('tar', ['-tzf', TARBALL], { encoding: 'utf8' }).trim().split('\n');

  it('has the plugin and its pages', () => {
    expect(paths).toEqual(
      expect.arrayContaining([
        'package/src/plugin.js',
        'package/executors.json',
        'package/docs/pip-differences.md',
      ]),
    );
  });

  it('has no specs, fixtures or hostile archives', () => {
    expect(
      paths.filter((path) => /\.(spec|fixtures)\.|\/corpus\/|\.(zip|whl)$/.test(path)),
    ).toEqual([]);
  });
});
