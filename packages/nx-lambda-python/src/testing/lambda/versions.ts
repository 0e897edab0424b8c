/** Versions: numbered, frozen copies of $LATEST. */

import type { AwsResponse, Context } from '../protocol';
import { hexToBase64 } from '../state/state';
import type { LambdaInput } from './input';
import { invalidParameter, text } from './input';
import { requireFunction, requireIdle, requireRevision, storeFunction } from './lookup';
import { checkCodeStorage } from './code-storage';
import type { FunctionVersion, StoredFunction } from './model';
import { newRevision, startUpdate } from './model';
import { configuration, json, listed, page } from './responses';

/**
 * Publishes $LATEST, or returns the newest version if nothing was updated since.
 * Source: Lambda API reference, PublishVersion.
 */
export function publishVersion(context: Context, { reference, body }: LambdaInput): AwsResponse {
  const stored = requireFunction(context, reference.name);
  const { latest } = stored;
  requireRevision(text(body, 'RevisionId'), latest.revisionId);
  requireIdle(context, stored);
  const expected = text(body, 'CodeSha256');
  const actual = hexToBase64(latest.code.sha256);
  if (expected !== undefined && expected !== '' && expected !== actual) {
    throw invalidParameter(
      `CodeSHA256 (${expected}) is different from current CodeSHA256 in $LATEST (${actual}). Please try again with the CodeSHA256 in $LATEST.`,
    );
  }
  const version = publish(context, stored, { description: text(body, 'Description') });
  storeFunction(context, stored);
  return json(201, configuration(context, stored, version, version.version));
}

export function listVersionsByFunction(
  context: Context,
  { reference, query }: LambdaInput,
): AwsResponse {
  const { name, latest, versions } = requireFunction(context, reference.name);
  const { items, ...next } = page([latest, ...versions], query);
  return json(200, {
    Versions: items.map((version) => listed(context, name, version, version.version)),
    ...next,
  });
}

/**
 * Adds the version to `stored`, which the caller then writes. A new version is Pending for as long
 * as an update takes; publishing gives $LATEST a new RevisionId.
 */
export function publish(
  context: Context,
  stored: StoredFunction,
  { description }: { description?: string | undefined },
): FunctionVersion {
  const newest = stored.versions.at(-1);
  if (stored.unchangedSincePublish && newest !== undefined) return newest;
  const { latest } = stored;
  checkCodeStorage(context, latest.code);
  const busy = latest.update.status === 'InProgress';
  const version: FunctionVersion = {
    ...latest,
    version: String(stored.nextVersion),
    settings: { ...latest.settings, description: description ?? latest.settings.description },
    revisionId: newRevision(),
    state: 'Pending',
    // With `Publish` on an update the version is ready when that update is.
    update: busy ? latest.update : startUpdate(context),
  };
  stored.versions = [...stored.versions, version];
  stored.nextVersion += 1;
  stored.unchangedSincePublish = true;
  stored.latest = { ...latest, revisionId: newRevision() };
  return version;
}
