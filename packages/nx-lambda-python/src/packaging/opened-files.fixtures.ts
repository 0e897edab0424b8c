/** Which files Python opens below a directory when it imports a handler's module from there and calls its handler. */

import { execFileSync } from 'node:child_process';

const RUNNER = `
import os, sys
root, module = sys.argv[1:]
seen = set()
def hook(event, args):
    if event == "open" and isinstance(args[0], str) and args[0].startswith(root + os.sep):
        seen.add(os.path.relpath(args[0], root))
sys.path.insert(0, root)
sys.addaudithook(hook)
try:
    import importlib
    importlib.import_module("sitecustomize") if os.path.exists(root + "/sitecustomize.py") else None
    loaded = importlib.import_module(module)
    if hasattr(loaded, "handler"): loaded.handler({}, None)
except Exception as error:
    print(repr(error), file=sys.stderr)
print("\\n".join(sorted(seen)))
`;

/** @param handler file of its module, relative to `root` */
export function openedModules(root: string, handler: string): string[] {
  const module = handler.replace(/\.py$/, '').replaceAll('/', '.');
  const opened = execFileSync('python3', ['-I', '-B', '-c', RUNNER, root, module], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return opened.split('\n').filter((path) => path.endsWith('.py'));
}
