/** pip's installation report: what it would install, file by file. */

import { LambdaPythonError } from '../../errors';
import type { Pin } from './lock-file';
import { withoutCredentials } from './parse';

/** @see https://pip.pypa.io/en/stable/reference/installation-report/ */
interface Report {
  install: {
    is_direct: boolean;
    download_info: {
      url: string;
      vcs_info?: object;
      dir_info?: object;
      archive_info?: { hash?: string; hashes?: Record<string, string> };
    };
    metadata: { name: string; version: string };
  }[];
}

/** @throws REQUIREMENTS_INVALID for what no hash can pin, LOCK_FAILED where an index names no SHA-256 */
export function readReport(text: string): Pin[] {
  const { install } = JSON.parse(text) as Report;
  return install.map(({ is_direct: isDirect, download_info: info, metadata }) => {
    const { name, version } = metadata;
    const url = withoutCredentials(info.url);
    if (!info.archive_info) throw unhashable(name, url, info.dir_info !== undefined);
    // pip 22 has one `hash`, later ones a table.
    const sha256 =
      info.archive_info.hashes?.['sha256'] ??
      /^sha256=(.+)$/.exec(info.archive_info.hash ?? '')?.[1];
    if (sha256 === undefined) throw unnamed(name, version, url);
    return { name, version, url: isDirect ? url : undefined, hashes: [`sha256:${sha256}`] };
  });
}

function unhashable(name: string, url: string, isDirectory: boolean): LambdaPythonError {
  return new LambdaPythonError('REQUIREMENTS_INVALID', {
    message: `\`${name}\` comes from \`${url}\`, and no hash can pin ${isDirectory ? 'a directory' : 'what version control hands out'}`,
    hint: isDirectory
      ? 'leave it out of the input of lock, and name its own file beside an unlocked set: "requirements" on the build target'
      : `require its release archive, which has a hash: \`${name} @ https://…/archive/<commit>.tar.gz\``,
  });
}

function unnamed(name: string, version: string, url: string): LambdaPythonError {
  return new LambdaPythonError('LOCK_FAILED', {
    message: `pip reports no SHA-256 for \`${name} ${version}\` from \`${url}\``,
    hint: 'name an index that publishes SHA-256 hashes, or an image with a newer pip: "image": "<name>" on the build target',
  });
}
