/** Requirements from git whose commit the requirements key cannot see. */

/** Each such requirement's URL. A branch moves, and so may a tag; a shortened commit only looks like one. */
export function unpinnedRepositories(requirements: readonly string[]): string[] {
  return requirements.flatMap((requirement) => {
    const [url] = /\bgit\+[a-z]+:\/\/[^\s#;]+/i.exec(requirement) ?? [];
    if (!url) return [];
    const path = url.replace(/^[^:]+:\/\/[^/]*/, '');
    return /@([0-9a-f]{40}|[0-9a-f]{64})$/i.test(path) ? [] : [url];
  });
}

/** `git+https://host/repo.git@main` as `git ls-remote` takes it. */
export function remoteArguments(url: string): string {
  const [, place = '', path = ''] = /^git\+([a-z]+:\/\/[^/]*)(.*)$/i.exec(url) ?? [];
  const at = path.lastIndexOf('@');
  return at < 0 ? `${place}${path} HEAD` : `${place}${path.slice(0, at)} ${path.slice(at + 1)}`;
}
