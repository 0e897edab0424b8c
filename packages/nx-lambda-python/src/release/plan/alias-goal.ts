/** Whether an alias is where it shall be: by the code that its calls reach, or by its version where it goes back. */

import type { RemoteAlias, RemoteFunction } from '../calls/function-service';
import { wantedLayers, type FunctionGoal } from './next-step';

interface AliasGoal extends Pick<FunctionGoal, 'package' | 'layers'> {
  /** The version to go back to; null: whichever has the package. */
  aliasTo: string | null;
}

/** Only a number names the same code for ever, and can share calls with another. */
export function isNumbered(version: string): boolean {
  return /^\d+$/.test(version);
}

/** Whether the alias points to what this function shall run, or sends the share there that it shall send. */
export function isAliasRight(
  { aliasTo, package: source, layers }: AliasGoal,
  { alias }: Pick<RemoteFunction, 'alias'>,
  aliasWeight: number | null = null,
): boolean {
  if (!alias || !isNumbered(alias.version)) return false;
  const { shift = null } = alias;
  // What goes back goes wholly.
  if (aliasTo !== null) return alias.version === aliasTo && shift === null;
  const isRight = (one: Pick<RemoteAlias, 'codeSha256' | 'layers'>): boolean =>
    one.codeSha256 === source?.sha256 &&
    wantedLayers(layers, one.layers).join() === one.layers.join();
  return isRight(alias) || (shift !== null && shift.weight === aliasWeight && isRight(shift));
}

/** In words: `points to version 3 and sends 10 % to 4` */
export function whereIs(alias: RemoteAlias | null | undefined): string {
  if (!alias) return 'does not exist';
  const { version, shift } = alias;
  const share = shift ? ` and sends ${percent(shift.weight)} % to ${shift.version}` : '';
  return `points to ${isNumbered(version) ? 'version ' : ''}${version}${share}`;
}

function percent(share: number): number {
  return Number((share * 100).toFixed(2));
}
