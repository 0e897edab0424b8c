/** The requirements key: a digest of everything that decides the dependencies, and of nothing else. */

import type { Architecture } from '../service/runtimes';
import { digestOf, type Json } from './canonical-json';
import type { RequirementsMeaning } from './requirements/collect';
import { withoutCredentials } from './requirements/parse';

/** Raised when the same components would now give other wheels or another wheel set. */
export const REQUIREMENTS_FORMAT = 2;

export interface KeyComponents {
  meaning: RequirementsMeaning;
  runtime: string;
  architecture: Architecture;
  /** Whether wheels are spliced or pip installs: the packages differ in some files. */
  dependencies: 'wheels' | 'install';
  /** Where wheels are resolved. Which engine runs the container makes no difference to them. */
  place: 'container' | 'host';
  /** Digest of the build image, `sha256:…`; null on the host. */
  imageDigest: string | null;
  /** What the user changed in the container, of which no value is secret. */
  container?: { volumes: readonly string[]; environment: Readonly<Record<string, string>> };
  pipArguments: readonly string[];
  /** pip's environment variables that choose wheels, by name. */
  pipEnvironment: Readonly<Record<string, string>>;
}

/** What is digested: every component, without credentials, so that it may be kept and shown. */
export interface KeyContent {
  readonly [component: string]: Json;
}

export function keyContent(components: KeyComponents): KeyContent {
  const { meaning, pipArguments, pipEnvironment, container } = components;
  return {
    format: REQUIREMENTS_FORMAT,
    requirements: meaning.requirements,
    constraints: meaning.constraints,
    options: meaning.options,
    ...(meaning.content ? { content: meaning.content } : {}),
    runtime: components.runtime,
    architecture: components.architecture,
    dependencies: components.dependencies,
    place: components.place,
    imageDigest: components.imageDigest,
    pipArguments: pipArguments.map(withoutCredentials),
    pipEnvironment: cleaned(pipEnvironment),
    ...(container
      ? { volumes: [...container.volumes].sort(), environment: cleaned(container.environment) }
      : {}),
  };
}

/** Hex, 64 characters. Credentials in URLs leave no trace in it. */
export function requirementsKey(components: KeyComponents): string {
  return digestOf(keyContent(components));
}

function cleaned(environment: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [name, withoutCredentials(value)]),
  );
}
