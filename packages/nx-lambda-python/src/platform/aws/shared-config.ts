/** Reads AWS's two configuration files for what the SDK does not tell. */

import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

type Section = Record<string, string | undefined>;
export type Sections = Map<string, Section>;

export interface SharedConfig {
  profiles: Sections;
  services: Sections;
}

/** The credentials file wins, key by key. What the SDK finds wrong with a file, the SDK says. */
export function readSharedConfig(environment: NodeJS.ProcessEnv): SharedConfig {
  const home = join(environment['HOME'] || environment['USERPROFILE'] || homedir(), '.aws');
  const shared: SharedConfig = { profiles: new Map(), services: new Map() };
  addFile(environment['AWS_CONFIG_FILE'] || join(home, 'config'), shared);
  addFile(environment['AWS_SHARED_CREDENTIALS_FILE'] || join(home, 'credentials'), shared);
  return shared;
}

/**
 * The `endpoint_url` of a profile that an option names: the SDK looks only into the one of AWS_PROFILE,
 * and would send to AWS what the profile sends elsewhere. Undefined where the SDK decides rightly by itself.
 */
export function profileEndpoint(
  profile: string | undefined,
  service: 'lambda' | 's3' | 'sts',
  environment: NodeJS.ProcessEnv = process.env,
): string | undefined {
  if (!profile || environment['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'] === 'true') return undefined;
  if (environment['AWS_ENDPOINT_URL']) return undefined;
  if (environment[`AWS_ENDPOINT_URL_${service.toUpperCase()}`]) return undefined;
  const { profiles, services } = readSharedConfig(environment);
  const section = profiles.get(profile);
  const ofService = services.get(section?.['services'] ?? '')?.[`${service}.endpoint_url`];
  return ofService ?? section?.['endpoint_url'];
}

function addFile(file: string, { profiles, services }: SharedConfig): void {
  let section: Section = {};
  let parent = '';
  for (const line of readText(file).split(/\r?\n/)) {
    const text = line.split(/(?:^|\s)[;#]/)[0] ?? '';
    const header = /^\s*\[([^\]]+)\]/.exec(text)?.[1]?.trim();
    if (header !== undefined) {
      parent = '';
      section = sectionOf(header, profiles, services);
      continue;
    }
    const [, indent, key, value] = /^(\s*)([^\s=]+)\s*=\s*(.*?)\s*$/.exec(text) ?? [];
    if (key === undefined) continue;
    // Indented lines belong to the setting above them, which is empty.
    if (indent === '') parent = value === '' ? key : '';
    if (value !== '') section[parent === '' ? key : `${parent}.${key}`] = value;
  }
}

function sectionOf(header: string, profiles: Sections, services: Sections): Section {
  const [, prefix, name] = /^(\S+)\s+["']?(.+?)["']?$/.exec(header) ?? [];
  // `[sso-session x]` is neither.
  if (name !== undefined && prefix !== 'profile' && prefix !== 'services') return {};
  const sections = prefix === 'services' ? services : profiles;
  const key = name ?? header;
  const section = sections.get(key) ?? {};
  sections.set(key, section);
  return section;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
