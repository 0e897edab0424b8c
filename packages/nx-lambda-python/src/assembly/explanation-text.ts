/** An explanation for people. */

import { nameOf } from '../packaging/requirements/sources';
import { componentName, renderChange } from '../packaging/requirements-key';
import type { ExplainedInputs, Explanation, Previous } from './explanation';

export function renderExplanation(explanation: Explanation): string {
  const { project, outcome, requirementsKey } = explanation;
  const lines = [
    `${project}: ${outcome}`,
    ...(requirementsKey === null ? [] : [`requirements key: ${requirementsKey}`]),
    consequence(explanation),
    renderSources(explanation.requirements),
    ...renderInputs(explanation.inputs),
    // On a hit, too: another build may have filled the store since.
    ...renderPrevious(explanation.previous),
  ];
  return lines.join('\n');
}

function renderSources({ taken, beside }: Explanation['requirements']): string {
  const read = `requirements: ${taken.map(nameOf).join(', ')}`;
  return beside.length === 0 ? read : `${read}; not read: ${beside.map(nameOf).join(', ')}`;
}

/** The JSON has all of their names. */
function renderInputs({ sources, ...inputs }: ExplainedInputs): string[] {
  const { files, directories, variables, unseen } = inputs;
  const names = [...files, ...directories.map((path) => `${path}/`), ...variables];
  const count = sources.length === 1 ? '1 file' : `${sources.length} files`;
  return [
    `decided by: ${[`${count} of the service`, ...names].join(', ')}`,
    ...unseen.map(({ what, why }) => `Nx does not see ${what}: ${why}; the build is not cached`),
  ];
}

function consequence({ outcome, engine, image, lock, startsContainer }: Explanation): string {
  const where = engine === null || engine === 'host' || engine === 'none' ? null : engine;
  if (outcome === 'unknown') {
    return `the build image \`${image}\` is not on this machine: a build would pull it, and its digest is part of the key`;
  }
  if (outcome === 'hit') {
    if (engine === 'none') return 'nothing is required: no container would be started';
    const from = where ? `by ${where} in ${image}` : 'by pip on a machine without a container';
    return `its dependencies are in the wheel store, resolved ${from}; no container would be started`;
  }
  const place = startsContainer ? `${where ?? 'a container'}, ${image},` : 'pip on this machine';
  if (!lock) return `${place} would resolve all requirements`;
  const stored = `${lock.stored} of ${lock.distributions} locked wheels are in the wheel store`;
  if (lock.missing.length === 0) return `${stored}: no container would be started`;
  return `${stored}; ${place} would fetch ${lock.missing.join(', ')}`;
}

function renderPrevious({ requirementsKey, unknown, changes }: Previous): string[] {
  if (unknown === 'no build') {
    return ['there is no earlier build to compare with: its output directory has no manifest'];
  }
  if (unknown === 'not in the store') {
    return [
      `the last build has the key ${requirementsKey}, of which this wheel store knows nothing: it was built elsewhere`,
    ];
  }
  if (changes.length === 0) return ['nothing changed since the last build'];
  return [
    'changed since the last build:',
    ...changes.map((change) => `  ${componentName(change.component)}: ${renderChange(change)}`),
  ];
}
