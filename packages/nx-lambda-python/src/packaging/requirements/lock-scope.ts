/**
 * What a lock was resolved for. Its lines have that as markers, so a lock for another Python would install nothing,
 * without an error from pip, uv or Poetry.
 */

import { LambdaPythonError } from '../../errors';
import { RUNTIMES, type Architecture, type Runtime } from '../../service/runtimes';
import { poetrySpecifiers } from './poetry-versions';
import {
  evaluateMarker,
  parseRequirement,
  runtimeEnvironment,
  supportsPython,
} from './requirement';
import type { LockKind } from './lock';
import { parseToml, stringOf, stringsOf, tableOf, type TomlTable } from './toml';
import { parseSpecifier } from '../wheel/versions';

export interface Target {
  runtime: Runtime;
  architecture: Architecture;
}

interface LockScope {
  /** As the lock writes it: `>=3.13`, `^3.13`. */
  python: string | undefined;
  /** One of these markers must hold; empty if the lock is for every system. */
  environments: readonly string[];
}

/**
 * @param text of the lock
 * @throws REQUIREMENTS_INVALID for a lock of another Python or another system
 */
export function checkLockScope(
  { path, kind }: { path: string; kind: LockKind },
  text: string,
  { runtime, architecture }: Target,
): void {
  const { python, environments } = readScope(text, path, kind);
  if (python !== undefined && excludes(python, kind, { runtime, architecture })) {
    throw otherPython(path, kind, python, runtime);
  }
  const environment = runtimeEnvironment(runtime, architecture);
  const isNone = environments.every((marker) => evaluateMarker(marker, environment) === false);
  if (environments.length === 0 || !isNone) return;
  throw new LambdaPythonError('REQUIREMENTS_INVALID', {
    message: `\`${path}\` is locked only for ${environments.map((marker) => `\`${marker}\``).join(', ')}, but the service runs on ${runtime.name} ${architecture} on Linux`,
    hint:
      kind === 'uv'
        ? 'add "sys_platform == \'linux\'" to `environments` under [tool.uv] and run `uv lock`'
        : 'generate the lock again for Linux, for example with `uv export --format pylock.toml -o pylock.toml`',
  });
}

/**
 * A warning that no requirement is for the runtime. That may be intended, as with `tomli ; python_version < "3.11"`,
 * so it is not an error.
 * @param lines without comments and credentials
 * @param path of the first of their files
 */
export function skippedAll(
  lines: readonly string[],
  path: string,
  { runtime, architecture }: Target,
): string {
  const others = RUNTIMES.filter(({ name }) => name !== runtime.name)
    .map((other) => ({ other, count: takenBy(lines, { runtime: other, architecture }) }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count);
  const [best] = others;
  const instead = best
    ? `; ${best.count} of ${lines.length} are for ${best.other.name}: change them for ${runtime.name}, or set runtime = "${best.other.name}" under [tool.nx-lambda-python]`
    : '';
  return `the package has no distributions: no requirement of \`${path}\` is for ${runtime.name} ${architecture}${instead}`;
}

function takenBy(lines: readonly string[], { runtime, architecture }: Target): number {
  const environment = runtimeEnvironment(runtime, architecture);
  return lines.filter((text) => {
    const { marker } = parseRequirement(text) ?? {};
    return marker !== undefined && evaluateMarker(marker, environment) === true;
  }).length;
}

/** A lock may have megabytes of packages; its scope comes before them, or has its own table. */
function readScope(text: string, path: string, kind: LockKind): LockScope {
  // It says the one Python that it is for, which its reader compares.
  if (kind === 'pipenv') return { python: undefined, environments: [] };
  if (kind === 'poetry') {
    const [, section = ''] = /^\[metadata\][ \t]*\r?\n([^]*?)(?=^\[|(?![^]))/m.exec(text) ?? [];
    return { python: stringOf(parsed(section, path)['python-versions']), environments: [] };
  }
  const [head = ''] = text.split(/^\[/m, 1);
  const table = parsed(head, path);
  return {
    python: stringOf(table['requires-python']),
    environments: stringsOf(table[kind === 'uv' ? 'supported-markers' : 'environments']),
  };
}

/** Invalid TOML is reported when the whole lock is read. */
function parsed(text: string, path: string): TomlTable {
  try {
    return tableOf(parseToml(text, path));
  } catch (error) {
    if (error instanceof LambdaPythonError) return {};
    throw error;
  }
}

/** True if they accept no patch version of the runtime's Python; what cannot be decided is not excluded. */
function excludes(python: string, kind: LockKind, { runtime, architecture }: Target): boolean {
  const environment = runtimeEnvironment(runtime, architecture);
  const alternatives = kind === 'poetry' ? poetrySpecifiers(python) : [python];
  return alternatives.every((specifier) => {
    const clauses = parseSpecifier(specifier);
    return clauses !== undefined && supportsPython(clauses, environment) === false;
  });
}

function otherPython(
  path: string,
  kind: LockKind,
  python: string,
  runtime: Runtime,
): LambdaPythonError {
  const own = runtime.python.join('.');
  const fitting = RUNTIMES.find(
    (other) => !excludes(python, kind, { runtime: other, architecture: 'x86_64' }),
  );
  const steps = {
    uv: `set \`requires-python = ">=${own}"\` in its pyproject.toml and run \`uv lock\``,
    poetry: `set \`python = "^${own}"\` in pyproject.toml and run \`poetry lock\``,
    pipenv: 'run `pipenv lock`',
    pylock: `set \`requires-python = ">=${own}"\` in pyproject.toml and generate it again: \`uv lock && uv export --format pylock.toml -o pylock.toml\``,
  };
  const other = fitting && `, or set \`runtime = "${fitting.name}"\` under [tool.nx-lambda-python]`;
  return new LambdaPythonError('REQUIREMENTS_INVALID', {
    message: `\`${path}\` is locked for Python \`${python}\`, but the service's runtime is ${runtime.name}: nothing in it would be installed`,
    hint: `${steps[kind]}${other ?? ''}`,
  });
}
