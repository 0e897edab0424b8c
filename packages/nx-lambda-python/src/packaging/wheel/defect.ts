/** Why a sound archive is not a valid wheel: one reason per broken rule of the wheel specification. */

import { LambdaPythonError } from '../../errors';

export type WheelDefect =
  | 'filename-malformed'
  | 'dist-info-missing'
  | 'dist-info-duplicate'
  | 'dist-info-mismatch'
  | 'wheel-file-missing'
  | 'wheel-file-malformed'
  | 'wheel-version-unsupported'
  | 'metadata-missing'
  | 'metadata-malformed'
  | 'metadata-mismatch'
  | 'record-missing'
  | 'record-malformed'
  | 'record-duplicate'
  | 'record-not-listed'
  | 'record-file-missing'
  | 'record-hash-missing'
  | 'record-hash-weak'
  | 'record-hash-mismatch'
  | 'record-size-mismatch'
  | 'data-foreign'
  | 'data-key-unknown'
  | 'data-overwrites'
  | 'entry-point-invalid';

/** WHEEL_INVALID with the broken rule as `reason`. */
export class WheelError extends LambdaPythonError {
  /** @param filename of the wheel, as published. */
  constructor(
    readonly reason: WheelDefect,
    filename: string,
    detail: string,
    hint = 'pin another version of the distribution in the requirements file, or build it from source with `--no-binary`',
  ) {
    super('WHEEL_INVALID', {
      message: `\`${filename}\` is not a valid wheel (${reason}): ${detail}`,
      hint,
    });
  }
}
