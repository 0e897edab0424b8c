/** Why pip failed: what it printed, with what its indexes have of the distribution at fault, as one error. */

import { LambdaPythonError } from '../../errors';
import { parseRequirements, withoutCredentials } from '../../packaging/requirements/parse';
import { parseRequirement } from '../../packaging/requirements/requirement';
import { accessFailure, unreachable } from './failure/access';
import { explain, namesToAsk, type Listing } from './failure/explain';
import { readOutput } from './failure/output';
import { describeTarget, type PipInput, type Target } from './pip';

export interface FailedPip {
  output: string;
  target: Target;
  place: 'container' | 'host';
  files: PipInput['files'];
}

/** Asks pip's indexes; what cannot be found out is left out. */
export type AskIndex = (names: readonly string[]) => Promise<ReadonlyMap<string, Listing>>;

export async function pipFailure(
  { output, target, place, files }: FailedPip,
  askIndex: AskIndex,
): Promise<LambdaPythonError> {
  const text = withoutCredentials(output);
  if (NO_SPACE.test(text)) return diskFull(describeTarget(target), place);
  const refused = accessFailure(text);
  if (refused) return refused;
  const finding = readOutput(text);
  const names = namesToAsk(finding);
  const listings = names.length > 0 ? await askIndex(names) : new Map<string, Listing>();
  return explain(finding, {
    target,
    place,
    listings,
    required: requiredNames(files),
    // pip names its indexes unless it has only the default one.
    indexes: /^Looking in indexes: (.+)$/m.exec(text)?.[1] ?? 'https://pypi.org/simple',
    unreached: unreachable(text),
  });
}

function requiredNames(files: PipInput['files']): string[] {
  return [...files.values()].flatMap(parseRequirements).flatMap((line) => {
    const name = line.kind === 'requirement' ? parseRequirement(line.text)?.name : undefined;
    return name === undefined ? [] : [name];
  });
}

const NO_SPACE = /No space left on device|Disk quota exceeded/;
function diskFull(target: string, place: FailedPip['place']): LambdaPythonError {
  const where =
    place === 'host'
      ? 'the wheel store, the temporary directory or the home directory'
      : 'the wheel store or, for what is compiled, of the engine';
  return new LambdaPythonError('DISK_FULL', {
    message: `pip ran out of disk space while resolving the requirements for ${target}; nothing in the wheel store was changed`,
    hint: `free some space on the disk of ${where} (\`nx prune <service>\` removes what builds no longer use), or set NX_LAMBDA_PYTHON_CACHE_DIRECTORY to a larger disk; then run the same command again`,
  });
}
