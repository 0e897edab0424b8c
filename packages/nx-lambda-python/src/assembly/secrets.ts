/** The credentials of one build: where they come from, and who must not see them. */

import type { RequirementSecrets } from '../packaging/requirements/secrets';
import type { PipConfiguration } from '../platform/pip/configuration';
import { readNetrc } from '../platform/pip/netrc';
import type { PipSecrets } from '../platform/pip/request';
import { redactor, userInfosIn, type Redact } from '../platform/process/redact';

export interface BuildSecrets {
  /** For pip; see `ResolveRequest.secrets`. */
  forPip: () => PipSecrets;
  redact: Redact;
}

/** A proxy may want a password, and programs repeat its URL when it fails. */
const PROXIES = /^(https?|all|ftp)_proxy$/i;

/**
 * @param inFiles those of the requirements files
 * @param texts protected requirements files, for their hosts
 */
export function buildSecrets(
  inFiles: RequirementSecrets,
  texts: Iterable<string>,
  { deciding, connecting, constraints }: PipConfiguration,
  environment: NodeJS.ProcessEnv = process.env,
): BuildSecrets {
  const settings = [...Object.values(deciding), ...Object.values(connecting)];
  const proxies = Object.entries(environment).flatMap(([name, value]) =>
    PROXIES.test(name) && value ? [value] : [],
  );
  const configured = constraints?.files.values() ?? [];
  const netrc = readNetrc(hostsIn([...texts, ...configured, ...settings]), environment);
  return {
    forPip: () => ({ variables: inFiles.variables(), netrc: netrc.text }),
    redact: redactor({
      userInfos: [
        ...[...settings, ...proxies].flatMap(userInfosIn),
        ...inFiles.userInfos(),
        ...netrc.userInfos,
      ],
      values: inFiles.values(),
    }),
  };
}

/** Hosts of all URLs, without ports, as a netrc lists them. */
function hostsIn(texts: readonly string[]): string[] {
  return texts.flatMap((text) =>
    [...text.matchAll(/https?:\/\/(?:[^/\s]*@)?(\[[^\]\s]+\]|[^/\s:?#'"]+)/gi)].map(
      ([, host = '']) => host.replace(/^\[|\]$/g, '').toLowerCase(),
    ),
  );
}
