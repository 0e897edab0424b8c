/** The one error that users see: a code to look up, what happened, and the next thing to type. */

export type ErrorCode =
  // service
  | 'MARKER_MISSING'
  | 'MARKER_INVALID'
  | 'RUNTIME_UNKNOWN'
  | 'PACKAGE_DIRECTORY_MISSING'
  | 'HANDLER_NOT_FOUND'
  | 'HANDLER_SYNTAX'
  | 'HANDLER_NAME_INVALID'
  | 'HANDLER_DUPLICATE'
  | 'HANDLER_EXISTS'
  | 'NO_HANDLERS'
  | 'PROJECT_NOT_FOUND'
  | 'PROJECT_EXISTS'
  | 'FILE_NOT_WRITABLE'
  // requirements and wheels
  | 'REQUIREMENTS_MISSING'
  | 'REQUIREMENTS_INVALID'
  | 'PIP_FAILED'
  | 'INDEX_ACCESS_DENIED'
  | 'GIT_ACCESS_DENIED'
  | 'SSH_AGENT_MISSING'
  | 'LOCK_FAILED'
  | 'WHEEL_UNAVAILABLE'
  | 'WHEEL_INVALID'
  | 'WHEEL_INCOMPATIBLE'
  | 'ARCHIVE_INVALID'
  // package
  | 'IMPORT_NOT_FOUND'
  | 'ENTRY_COLLISION'
  | 'ENTRY_INVALID'
  | 'PACKAGE_TOO_LARGE'
  | 'BUDGET_EXCEEDED'
  | 'FINDINGS_FOUND'
  | 'PACKAGE_NOT_BUILT'
  | 'PACKAGE_OF_OTHER_SOURCES'
  | 'DISK_FULL'
  | 'STORE_UNUSABLE'
  | 'REF_INVALID'
  | 'SOURCE_DIRTY'
  | 'SOURCE_CHANGED'
  // engines
  | 'ENGINE_UNAVAILABLE'
  | 'IMAGE_UNAVAILABLE'
  | 'CONTAINER_FAILED'
  | 'HOST_PYTHON_MISSING'
  // serve
  | 'PORT_TAKEN'
  // AWS
  | 'BUCKET_NOT_SET'
  | 'BUCKET_MISSING'
  | 'BUCKET_FORBIDDEN'
  | 'BUCKET_WRONG_REGION'
  | 'REGION_NOT_SET'
  | 'CREDENTIALS_MISSING'
  | 'CREDENTIALS_EXPIRED'
  | 'CREDENTIALS_INVALID'
  | 'ACCOUNT_UNKNOWN'
  | 'ACCESS_DENIED'
  | 'OBJECT_CONFLICT'
  | 'PACKAGE_NOT_UPLOADED'
  | 'FUNCTION_MISSING'
  | 'FUNCTION_MISMATCH'
  | 'FUNCTION_NOT_CREATABLE'
  | 'CODE_STORAGE_FULL'
  | 'BUCKET_NOT_VERSIONED'
  | 'CHANGES_FOUND'
  | 'FUNCTION_NAME_INVALID'
  | 'RELEASE_LOCKED'
  | 'RELEASE_NOT_FOUND'
  | 'RECORDS_UNSUPPORTED'
  | 'ROLLBACK_IMPOSSIBLE'
  | 'AWS_UNREACHABLE'
  | 'AWS_REQUEST_FAILED'
  // running functions
  | 'FUNCTION_FAILED'
  // any command
  | 'CONFIGURATION_UNKNOWN'
  | 'TARGET_TAKEN'
  | 'OPTION_INVALID'
  | 'UNEXPECTED';

export interface ErrorDetails {
  /** Subject, got, expected: one sentence without a final full stop. */
  message: string;
  /** What to do next, as an imperative that names the exact option or command. */
  hint: string;
  cause?: unknown;
}

/** Anything a user can cause or must act on. Every other error is a defect of this plugin, shown as UNEXPECTED. */
export class LambdaPythonError extends Error {
  override readonly name = 'LambdaPythonError';
  readonly hint: string;

  constructor(
    readonly code: ErrorCode,
    { message, hint, cause }: ErrorDetails,
  ) {
    super(message, { cause });
    this.hint = hint;
  }
}
