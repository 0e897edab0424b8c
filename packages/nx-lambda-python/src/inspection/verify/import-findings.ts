/** What the imports of the handlers say of the package. */

import { isLambdas } from '../../python/stdlib';
import { groupBy } from '../../report/document';
import { counted, oneLine } from '../../report/text';
import type { Handler } from '../../service/discover';
import type { PackagedFile } from '../contents';
import type { Finding } from '../finding';
import type { ImportFault, ImportOutcome } from './import-run';

/** Source: AWS Lambda developer guide, "Lambda quotas": 1,024 file descriptors; half of them are taken before any call. */
const MANY_DESCRIPTORS = 512;

export interface ImportLimits {
  /** Seconds. */
  timeout: number;
  maxInitMs: number | undefined;
  /** Where package and layer are for the process, which differs from machine to machine. */
  roots: readonly [task: string, ...layers: string[]];
}

/** One for each fault, however many handlers have it: it names the first of them. */
export function importFindings(
  handlers: readonly Pick<Handler, 'name'>[],
  outcomes: readonly ImportOutcome[],
  files: readonly Pick<PackagedFile, 'path' | 'distribution'>[],
  limits: ImportLimits,
): Finding[] {
  const owners = new Map(files.map(({ path, distribution }) => [path, distribution?.name]));
  const faults = handlers.flatMap(({ name }, index) => {
    const outcome = outcomes[index];
    return [...(outcome ? faultsOf(outcome, limits) : [])].map((fault) => ({
      ...fault,
      handler: name,
    }));
  });
  const groups = groupBy(faults, ({ kind, what }) => `${kind}\0${what}`);
  return [...groups.values()].flatMap(([first, ...others]) => {
    if (!first) return [];
    const { what, handler, file, ...fault } = first;
    const distribution = file === undefined ? undefined : owners.get(file);
    const more = others.length === 0 ? '' : ` (and ${counted(others.length, 'more handler')})`;
    return {
      ...{ ...fault, handler },
      ...(distribution !== undefined && { distribution }),
      ...(file !== undefined && { file }),
      message: `\`${handler}\`${more} ${what}`,
    };
  });
}

type Fault = Omit<Finding, 'message' | 'handler'> & { what: string };

function* faultsOf(outcome: ImportOutcome, limits: ImportLimits): Generator<Fault> {
  const { error, code, writes, binary, ms, descriptors = 0 } = outcome;
  if (outcome.timedOut) yield hung(outcome, limits);
  else if (ms === undefined) yield died(code, outcome.stacks, limits);
  else if (error) yield failed(error, writes, limits);
  else if (writes.length > 0) {
    const what = `wants to write \`${writes[0]}\` when it is imported, and goes on without`;
    yield {
      level: 'warning',
      kind: 'writes-own-directory',
      file: writes[0] ?? '',
      what,
      hint: WRITE_TO_TMP,
    };
  }
  if (binary) {
    yield {
      ...{ level: 'warning', kind: 'prints-binary' },
      what: 'prints bytes that are not text when it is imported: CloudWatch shows them mangled',
      hint: 'write them to a file in /tmp, or as Base64',
    };
  }
  if (descriptors > MANY_DESCRIPTORS) {
    yield {
      ...{ level: 'warning', kind: 'many-descriptors' },
      what: `has more than ${MANY_DESCRIPTORS} open files once it is imported, of the 1,024 that Lambda allows`,
      hint: 'open them when they are needed, and close them',
    };
  }
  const { maxInitMs } = limits;
  if (maxInitMs !== undefined && ms !== undefined && ms > maxInitMs) {
    yield {
      ...{ level: 'error', kind: 'over-budget' },
      what: `takes longer to import than \`maxInitMs\`, ${maxInitMs} ms`,
      hint: 'import what only some calls need where they need it; the table of distributions shows what takes longest',
    };
  }
}

const WRITE_TO_TMP = 'write to /tmp: the directory of the code is read-only in Lambda';

function failed(
  { type, message, chain }: ImportFault,
  writes: readonly string[],
  { roots: [task] }: ImportLimits,
): Fault {
  const places = chain.map(({ file, line }) => `${file}:${line}`);
  const through = places.length === 0 ? '' : `, through ${places.join(' → ')}`;
  const file = chain.at(-1)?.file;
  const text = oneLine(message).replaceAll(task, '/var/task');
  const at = file === undefined ? {} : { file };
  const [, module = ''] = /^No module named '([^'.]+)/.exec(message) ?? [];
  if (type === 'HandlerNotFound') {
    return {
      level: 'error',
      kind: 'handler-missing',
      ...at,
      what: `cannot be called: ${text}`,
      hint: 'define it, or correct `handler` in pyproject.toml',
    };
  }
  if (type === 'SystemExit') {
    return {
      level: 'error',
      kind: 'exits-at-import',
      ...at,
      what: `ends the process when it is imported: sys.exit(${text})${through}`,
      hint: 'put it below `if __name__ == "__main__":`',
    };
  }
  if (/partially initialized module/.test(message)) {
    return {
      level: 'error',
      kind: 'import-cycle',
      ...at,
      what: `imports in a circle: ${text}${through}`,
      hint: 'move what both modules need into a third, or one of the imports into the function that needs it',
    };
  }
  if (writes.length > 0 && /read-only file system/i.test(message)) {
    return {
      level: 'error',
      kind: 'writes-own-directory',
      ...at,
      what: `writes \`${writes[0]}\` when it is imported${through}`,
      hint: WRITE_TO_TMP,
    };
  }
  if (type === 'ModuleNotFoundError' && isLambdas(module)) {
    return {
      level: 'note',
      kind: 'runtime-module-missing',
      ...at,
      what: `imports \`${module}\`, which Lambda's runtime has and this Python has not, so what follows is not verified${through}`,
      hint: `require \`${module}\`, or run in AWS's own build image`,
    };
  }
  const hint =
    type === 'ModuleNotFoundError'
      ? `require what has \`${module}\`, or put the import below \`try: … except ImportError:\``
      : type === 'KeyError'
        ? 'if it is a variable of the environment, set it: --envFile=<file of NAME=value>'
        : 'correct it, or try it with `nx invoke <service>`';
  return {
    level: 'error',
    kind: 'import-failed',
    ...at,
    what: `cannot be imported: ${type}: ${text}${through}`,
    hint,
  };
}

/** @param code negative for a signal */
function died(code: number | null, stacks: string, { roots }: ImportLimits): Fault {
  const place = placeIn(stacks, roots);
  const at = place ? `, at ${place}` : '';
  if (code !== null && code >= 0) {
    return {
      level: 'error',
      kind: 'exits-at-import',
      what: `ends the process with exit status ${code} when it is imported${at}`,
      hint: 'remove the call of os._exit, or put it below `if __name__ == "__main__":`',
    };
  }
  return {
    level: 'error',
    kind: 'import-crashes',
    what: `crashes when it is imported: signal ${-(code ?? 0)}${at}`,
    hint: 'see the findings about compiled files; require another version of the distribution that crashes',
  };
}

function hung({ stacks }: ImportOutcome, { timeout, roots }: ImportLimits): Fault {
  const place = placeIn(stacks.slice(stacks.lastIndexOf('\nThread ')), roots);
  const threads = (stacks.match(/^(?:Current thread|Thread) /gm)?.length ?? 1) - 1;
  const beside = threads > 0 ? `, with ${counted(threads, 'thread')} that it has started` : '';
  return {
    ...{ level: 'error', kind: 'import-hangs' },
    what: `takes longer than ${timeout} s to import${place ? `: it waits at ${place}` : ''}${beside}`,
    hint: 'start threads, connections and loops in the handler, not when the module is imported; or raise `importTimeoutSeconds`',
  };
}

/** The innermost line of the package, as faulthandler writes stacks. */
function placeIn(stacks: string, roots: readonly string[]): string | undefined {
  for (const [, file = '', line] of stacks.matchAll(/File "([^"]+)", line (\d+)/g)) {
    const root = roots.find((one) => file.startsWith(`${one}/`));
    if (root !== undefined) return `${file.slice(root.length + 1)}:${line}`;
  }
  return undefined;
}
