/** UpdateFunctionCode, and where code comes from: the request itself or an object in S3. */

import { AwsError } from '../aws-error';
import type { AwsResponse, Context } from '../protocol';
import { objectId } from '../s3/model';
import { sha256Hex } from '../state/state';
import { checkArchive } from './archive';
import { checkTotalSize } from './attached-layers';
import { checkCodeStorage } from './code-storage';
import type { JsonObject, LambdaInput } from './input';
import { flag, invalidParameter, text, validation } from './input';
import { requireFunction, requireIdle, requireRevision, storeFunction } from './lookup';
import type { FunctionCode, StoredFunction } from './model';
import { lambdaDate, newRevision, startUpdate } from './model';
import { configuration, json } from './responses';
import { readArchitectures } from './settings';
import { publish } from './versions';

/**
 * Takes the new code even if it equals the old: Lambda does not compare, so a RevisionId changes
 * and `Publish` makes a new version. Source: getmoto/moto#8379, verified there against AWS.
 */
export function updateFunctionCode(
  context: Context,
  { reference, body }: LambdaInput,
): AwsResponse {
  const stored = requireFunction(context, reference.name);
  requireRevision(text(body, 'RevisionId'), stored.latest.revisionId);
  requireIdle(context, stored);
  requireTakesZip(stored);
  const code = takeCode(context, body);
  checkTotalSize(context, code, stored.latest.settings.attachedLayers);
  const updated: StoredFunction = {
    ...stored,
    unchangedSincePublish: false,
    latest: {
      ...stored.latest,
      settings: { ...stored.latest.settings, architectures: readArchitectures(body) },
      code,
      revisionId: newRevision(),
      lastModified: lambdaDate(context.now),
      update: startUpdate(context),
    },
  };
  if (flag(body, 'DryRun')) {
    // It "will do all necessary computation and validation", returns the CodeSha256 and stores nothing.
    const latest = { ...stored.latest, code };
    return json(200, configuration(context, stored, latest));
  }
  checkCodeStorage(context, code, stored.latest.code);
  const version = flag(body, 'Publish') ? publish(context, updated, {}) : updated.latest;
  storeFunction(context, updated);
  return json(200, configuration(context, updated, version));
}

/** Sources: Lambda API reference, UpdateFunctionCode, InvalidParameterValueException and CodeVerificationFailedException. */
function requireTakesZip({ name, latest: { settings } }: StoredFunction): void {
  if (settings.image) {
    throw invalidParameter(
      `Please don't provide S3Bucket, S3Key or ZipFile when updating the function ${name} with packageType Image.`,
    );
  }
  if (!settings.codeSigning) return;
  throw new AwsError(
    400,
    'CodeVerificationFailedException',
    'Lambda cannot deploy the function. The function or layer might be signed using a signature that the client is not configured to accept.',
  );
}

/**
 * The code that `ZipFile`, or `S3Bucket` and `S3Key`, name; its bytes are in the state afterwards.
 * @throws AwsError 400 or 403 as Lambda words it when there is none or it may not be used
 */
export function takeCode(context: Context, source: JsonObject): FunctionCode {
  const code = takeBytes(context, source);
  // Without it Lambda goes back to a key of its own. Source: Lambda API reference, UpdateFunctionCode.
  const sourceKmsKeyArn = text(source, 'SourceKMSKeyArn') || undefined;
  if (sourceKmsKeyArn === undefined) return code;
  if (/^arn:aws[a-zA-Z-]*:[a-z0-9.-]+:.*$/.test(sourceKmsKeyArn))
    return { ...code, sourceKmsKeyArn };
  throw validation(`Value '${sourceKmsKeyArn}' at 'sourceKMSKeyArn' failed to satisfy constraint`);
}

function takeBytes(context: Context, source: JsonObject): FunctionCode {
  const zipFile = text(source, 'ZipFile');
  const bucket = text(source, 'S3Bucket');
  const key = text(source, 'S3Key');
  if (zipFile !== undefined && bucket === undefined && key === undefined) {
    return takeInline(context, Buffer.from(zipFile, 'base64'));
  }
  if (zipFile === undefined && bucket !== undefined && key !== undefined) {
    return takeObject(context, source, bucket, key);
  }
  throw invalidParameter('Please provide a source for function code.');
}

function takeInline({ state }: Context, zip: Buffer): FunctionCode {
  if (zip.length === 0) throw invalidParameter('Uploaded file must be a non-empty zip');
  const sha256 = sha256Hex(zip);
  state.writeBytes(sha256, zip);
  return { sha256, size: checkArchive(state, sha256).size };
}

function takeObject(
  context: Context,
  source: JsonObject,
  bucket: string,
  key: string,
): FunctionCode {
  const byReference = text(source, 'S3ObjectStorageMode') === 'REFERENCE';
  const content = readObject(context, bucket, key, {
    versionId: text(source, 'S3ObjectVersion'),
    anyRegion: byReference,
  });
  const { size } = checkArchive(context.state, content.sha256);
  const code = { sha256: content.sha256, size };
  if (!byReference) return code;
  const versionId = text(source, 'S3ObjectVersion');
  if (versionId === undefined || versionId === 'null') {
    throw invalidParameter(
      'S3ObjectVersion of a versioned bucket is required when S3ObjectStorageMode is REFERENCE',
    );
  }
  return { ...code, reference: { bucket, key, versionId } };
}

/** What Lambda does in S3 with the caller's permissions; S3's refusal is quoted in Lambda's. */
function readObject(
  { state, region, account }: Context,
  bucketName: string,
  key: string,
  { versionId, anyRegion }: { versionId: string | undefined; anyRegion: boolean },
): { sha256: string } {
  const bucket = state.read('buckets', bucketName);
  if (bucket === undefined) throw s3Refusal('NoSuchBucket', 'The specified bucket does not exist');
  if (bucket.owner !== account.accountId) {
    throw new AwsError(
      403,
      'AccessDeniedException',
      `Your access has been denied by S3, please make sure your request credentials have permission to GetObject for ${bucketName}/${key}. S3 Error Code: AccessDenied. S3 Error Message: Access Denied`,
    );
  }
  // Source: Lambda developer guide, "Self-managed S3 code storage", cross-Region usage.
  if (bucket.region !== region && !anyRegion) {
    throw s3Refusal(
      'PermanentRedirect',
      `The bucket is in this region: ${bucket.region}. Please use this region to retry the request`,
    );
  }
  const versions = state.read('objects', objectId(bucketName, key))?.versions ?? [];
  const version =
    versionId === undefined
      ? versions.at(-1)
      : versions.find((candidate) => candidate.versionId === versionId);
  if (version?.content !== undefined) return version.content;
  throw versionId === undefined
    ? s3Refusal('NoSuchKey', 'The specified key does not exist.')
    : s3Refusal('NoSuchVersion', 'The specified version does not exist.');
}

function s3Refusal(code: string, message: string): AwsError {
  return invalidParameter(
    `Error occurred while GetObject. S3 Error Code: ${code}. S3 Error Message: ${message}`,
  );
}
