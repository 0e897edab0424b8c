/** What pip's output says: which distribution failed, and at what. */

import { parseRequirement } from '../../../packaging/requirements/requirement';
import { versionsOf } from '../../../packaging/requirements/listing';
import { lackOf, type Lack } from './build';

/** A distribution as pip was asked for it. */
export interface Subject {
  /** `lower>=0.6` */
  requirement: string;
  name: string;
  /** The distribution that requires it, unless the user's files do. */
  parent: string | undefined;
}

/** Who asks for what: `{ by: 'one 1.0', requires: 'shared<2' }`; without `by`, the requirements files do. */
export interface Demand {
  by: string | undefined;
  requires: string;
}

export type Finding =
  | { kind: 'unmatched'; subject: Subject }
  /** @param version that pip tried to build, if it says so */
  | { kind: 'build'; subject: Subject; version: string | undefined; lack: Lack | undefined }
  /** @param unmatched what pip says has no file that fits, which may be wrong */
  | { kind: 'conflict'; demands: readonly Demand[]; unmatched: Subject | undefined }
  | { kind: 'hash'; file: string; expected: string; got: string }
  | { kind: 'unhashed'; requirement: string }
  | { kind: 'url'; url: string; reason: string }
  | { kind: 'other'; words: string };

/** @param text without credentials */
export function readOutput(text: string): Finding {
  return (
    readHash(text) ??
    readUnhashed(text) ??
    readUrl(text) ??
    readConflict(text) ??
    readBuild(text) ??
    readUnmatched(text) ?? { kind: 'other', words: lastWords(text) }
  );
}

function subjectOf(text: string, parent?: string): Subject {
  const requirement = text.trim();
  return { requirement, name: parseRequirement(requirement)?.name ?? requirement, parent };
}

function readUnmatched(text: string): Finding | undefined {
  const requirement = /^\s*ERROR: No matching distribution found for (.+?)(?: \(from .*)?$/m.exec(
    text,
  )?.[1];
  if (requirement === undefined) return undefined;
  const parent = /satisfies the requirement .+? \(from ([\w.-]+)\)/.exec(text)?.[1];
  return { kind: 'unmatched', subject: subjectOf(requirement, parent) };
}

/** What stands at the margin is this pip's; the pip that installs build requirements is indented. */
const COLLECTING =
  /^(?:Collecting|Processing) (?:\S*\/input\/)?(.+?)(?: \(from (?:([\w.-]+)[^)\n]*->)?.*)?$/gm;
const NAMED =
  /^\s{0,2}ERROR: Failed building wheel for (\S+)|^ERROR: Failed to build '([^']+)'|generating package metadata\.\n╰─> (?!See above)(\S+)/m;

function readBuild(text: string): Finding | undefined {
  const start = text.search(/^ {0,2}error: subprocess-exited-with-error/m);
  const named = NAMED.exec(text)?.slice(1).find(Boolean);
  if (start < 0 && named === undefined) return undefined;
  const collected = [...text.matchAll(COLLECTING)].map(([, requirement = '', parent]) =>
    subjectOf(requirement, parent),
  );
  const subject =
    named === undefined
      ? collected.at(-1)
      : (collected.find(({ name }) => name === subjectOf(named).name) ?? subjectOf(named));
  if (!subject) return undefined;
  const lack = lackOf(text.slice(Math.max(start, 0)));
  return { kind: 'build', subject, version: fetchedVersion(text, subject.name), lack };
}

function fetchedVersion(text: string, name: string): string | undefined {
  const fetched = text.matchAll(/^\s+(?:Downloading|Using cached) (?:\S*\/)?([^\s/]+?)(?: \(|$)/gm);
  const files = [...fetched].map(([, filename = '']) => ({ filename }));
  return versionsOf(name, files)[0]?.version;
}

function readConflict(text: string): Finding | undefined {
  const causes = /The conflict is caused by:\s*\n((?: +\S.*\n?)+)/.exec(text)?.[1];
  if (causes === undefined) return undefined;
  const demands = causes.split('\n').flatMap((line): Demand[] => {
    const [, by, requires] = /^\s*(.+?) depends on (.+)$/.exec(line) ?? [];
    const [, asked] = /The user requested (.+)$/.exec(line) ?? [];
    const found = requires ?? asked;
    return found === undefined ? [] : [{ by, requires: found.trim() }];
  });
  const required = new Set(demands.map(({ requires }) => requires));
  const [only = ''] = required;
  // Every version of what requires it was tried in vain, and nothing contradicts them.
  if (required.size === 1 && demands[0]?.by !== undefined) {
    const parents = new Set(demands.map(({ by = '' }) => by.split(' ')[0]));
    const [parent] = parents.size === 1 ? parents : [];
    return { kind: 'unmatched', subject: subjectOf(only, parent) };
  }
  const named = /have no matching distributions available for your environment:\s+(\S+)/.exec(
    text,
  )?.[1];
  return {
    kind: 'conflict',
    demands,
    unmatched: named === undefined ? undefined : subjectOf(named),
  };
}

function readHash(text: string): Finding | undefined {
  const found =
    / from (\S+?)(?:#\S*)?(?: \(from [^\n]*)?:?\n\s+Expected (sha\d+) ([0-9a-f]+)[^]*?\n\s+Got\s+([0-9a-f]+)/.exec(
      text,
    );
  if (!found) return undefined;
  const [, url = '', algorithm = '', expected = '', got = ''] = found;
  const short = (digest: string) => `${algorithm} \`${digest.slice(0, 12)}…\``;
  return {
    kind: 'hash',
    file: url.split('/').at(-1) ?? url,
    expected: short(expected),
    got: short(got),
  };
}

function readUnhashed(text: string): Finding | undefined {
  const found =
    /In --require-hashes mode, all requirements must have their versions pinned[^]*?\n\s+(\S+)|missing from some requirements[^]*?\n\s+(\S+) --hash=/.exec(
      text,
    );
  const requirement = found?.[1] ?? found?.[2];
  return requirement === undefined ? undefined : { kind: 'unhashed', requirement };
}

function readUrl(text: string): Finding | undefined {
  const [, status, url] = /HTTP error (\d+) while getting (\S+)/.exec(text) ?? [];
  if (url !== undefined) return { kind: 'url', url, reason: `the server answered ${status}` };
  const newer = /Failed to connect to \S+ while fetching (\S+)\s*\n\s*╰─> (.+)$/m.exec(text);
  if (newer) return { kind: 'url', url: newer[1] ?? '', reason: newer[2] ?? '' };
  // pip before 26 ends with a traceback.
  const older =
    /(?:ConnectionError|SSLError|ProxyError|ConnectTimeout|ReadTimeout): (HTTPS?)ConnectionPool\(host='([^']+)', port=(\d+)\): (?:Max retries exceeded with url: (\S+) )?(.*)$/m.exec(
      text,
    );
  if (!older) return undefined;
  const [, scheme = '', host = '', port = '', path = '', reason = ''] = older;
  const standard = scheme === 'HTTPS' ? '443' : '80';
  const place = port === standard ? host : `${host}:${port}`;
  return { kind: 'url', url: `${scheme.toLowerCase()}://${place}${path}`, reason };
}

/** pip's errors if it marked any, the end of its traceback, else its last lines. */
function lastWords(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const errors = lines.filter(
    (line) => /^\s*(ERROR|error):/.test(line) && !/ERROR: Exception:/.test(line),
  );
  const isTraceback = lines.some((line) => /ERROR: Exception:/.test(line));
  const last = isTraceback ? lines.slice(-1) : lines.slice(-5);
  return (errors.length > 0 ? errors.slice(-5) : last).map((line) => `  ${line.trim()}`).join('\n');
}
