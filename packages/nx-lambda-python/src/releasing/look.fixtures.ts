/** What functions run, as Lambda itself says it. */

import { connectFunctions } from '../platform/aws/connect';
import type { SimulatedAccount } from '../testing';

/** Of one function; absent where there is none, or where the alias is not there. */
export interface Seen {
  name: string;
  latest?: Running;
  live?: Running;
}

export interface Running {
  code: string;
  layers: readonly string[];
}

/** $LATEST, and what callers of the alias reach. */
export async function lookAt(
  { endpoint, region, credentials }: SimulatedAccount,
  names: readonly string[],
  alias?: string,
): Promise<Seen[]> {
  const { functions, close } = await connectFunctions({ endpoint, region, credentials });
  const read = async (name: string, qualifier?: string): Promise<Running | undefined> => {
    const found = await functions.get(name, qualifier);
    if (!found.ok) return undefined;
    const { codeSha256 = '', layers } = found.value;
    return { code: codeSha256, layers };
  };
  const all = names.map(async (name): Promise<Seen> => {
    const latest = await read(name);
    const live = alias === undefined ? undefined : await read(name, alias);
    return { name, ...(latest && { latest }), ...(live && { live }) };
  });
  const seen = await Promise.all(all);
  close();
  return seen;
}
