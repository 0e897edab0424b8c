"""Imports each handler module in a process of its own, several at a time, and tells what became of it.

usage: import_handlers.py request.json            runs all, writes what `output` of the request names
       import_handlers.py request.json N result   imports the Nth handler in this process
"""

import json
import os
import subprocess
import sys
import time
from threading import Lock, Thread

MISFIT = 64
SHOWN = 4096


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        request = json.load(file)
    if len(sys.argv) > 2:
        return import_one(request, int(sys.argv[2]), sys.argv[3])
    if list(sys.version_info[:2]) != request["python"]:
        print("it has Python %d.%d" % sys.version_info[:2])
        return MISFIT
    results = [None] * len(request["handlers"])
    waiting = list(range(len(results)))
    lock = Lock()

    def work():
        while True:
            with lock:
                if not waiting:
                    return
                index = waiting.pop(0)
            results[index] = run_one(request, index)

    workers = [Thread(target=work) for _ in range(request["workers"])]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    with open(request["output"], "w", encoding="utf-8") as file:
        json.dump({"handlers": results, "libraries": system_libraries()}, file)
    return 0


def run_one(request, index):
    root = os.path.join(request["directory"], str(index))
    os.makedirs(os.path.join(root, "tmp"))
    result, log, stacks = (os.path.join(root, name) for name in ("result", "log", "stacks"))
    handler = request["handlers"][index]
    # Lambda's, and nothing of this machine's.
    environment = dict(handler["environment"])
    environment["TMPDIR"] = os.path.join(root, "tmp")
    environment["_NX_LAMBDA_PYTHON_STACKS"] = stacks
    command = [sys.executable, "-s", "-S", os.path.abspath(__file__), sys.argv[1], str(index), result]
    with open(log, "wb") as output:
        process = subprocess.Popen(
            command, cwd=request["task"], env=environment, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=output, stderr=output,
        )
        try:
            code = process.wait(request["timeout"])
            timed_out = False
        except subprocess.TimeoutExpired:
            timed_out = True
            code = None
        # What it has started must not outlive it.
        try:
            os.killpg(process.pid, 9)
        except OSError:
            pass
        process.wait()
    found = read_json(result) or {"modules": [], "writes": []}
    found.update(code=code, timedOut=timed_out, stacks=read_text(stacks), **read_log(log))
    return found


def read_log(path):
    with open(path, "rb") as file:
        head = file.read(65536)
    try:
        text, binary = head.decode("utf-8"), b"\0" in head
    except UnicodeDecodeError as error:
        # A character may be cut at the end.
        binary = error.start < len(head) - 4 or b"\0" in head
        text = head.decode("utf-8", "replace")
    return {"binary": binary, "log": text[-SHOWN:]}


def read_text(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(SHOWN)
    except OSError:
        return ""


def read_json(path):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        return None


def system_libraries():
    names = set()
    for top in ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/var/lang/lib", "/var/runtime/lib"):
        # Debian has them one directory below.
        for directory in [top] + [entry.path for entry in scan(top) if entry.name.endswith("-linux-gnu")]:
            names.update(entry.name for entry in scan(directory) if ".so" in entry.name)
    return sorted(names)


def scan(directory):
    try:
        return list(os.scandir(directory))
    except OSError:
        return []


def import_one(request, index, result):
    import faulthandler
    import importlib

    handler = request["handlers"][index]
    task = request["task"]
    stacks = open(os.environ.pop("_NX_LAMBDA_PYTHON_STACKS"), "w", encoding="utf-8")
    faulthandler.enable(stacks)
    faulthandler.dump_traceback_later(max(request["timeout"] - 0.5, 0.5), file=stacks)
    writes = []
    refuse_writes(task, writes)
    sys.path[:] = search_path(request, sys.path)
    tracer = Tracer(request["paths"])
    sys.meta_path.insert(0, tracer)
    sys.meta_path.append(RuntimeModules(request["runtimeModules"]))
    before = resident()
    started = time.perf_counter()
    found = {}
    try:
        module = importlib.import_module(handler["module"])
        if not hasattr(module, handler["name"]):
            found["error"] = {
                "type": "HandlerNotFound",
                "message": "the module has no `%s`" % handler["name"],
                "chain": [],
            }
    except SystemExit as error:
        found["error"] = failure(error, "SystemExit", request["paths"])
    except BaseException as error:
        found["error"] = failure(error, type(error).__name__, request["paths"])
    found["ms"] = (time.perf_counter() - started) * 1000
    found["kilobytes"] = max(resident() - before, 0)
    found["modules"] = tracer.modules
    found["writes"] = sorted(set(writes))
    found["descriptors"] = len(scan("/proc/self/fd"))
    sys.stdout.flush()
    sys.stderr.flush()
    with open(result + ".part", "w", encoding="utf-8") as file:
        json.dump(found, file)
    os.rename(result + ".part", result)
    # Threads that it has started would be waited for.
    os._exit(0)


def search_path(request, standard):
    """As Lambda has it: the package, layers, the runtime, then Python itself."""
    own = [request["task"]] + request["layers"]
    here = os.path.dirname(os.path.abspath(__file__))
    return own + [path for path in standard if path != here and path not in own]


class RuntimeModules:
    """What Lambda's runtime brings is taken from the image, and nothing else that is installed there."""

    def __init__(self, names):
        self.names = set(names)

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in self.names:
            return None
        from importlib.machinery import PathFinder
        import sysconfig

        return PathFinder.find_spec(name, path or ["/var/runtime", sysconfig.get_paths()["purelib"]])


class Tracer:
    """Finds nothing itself: it measures what the finders after it find, each module without those that it imports."""

    def __init__(self, paths):
        self.paths = paths
        self.modules = []
        self.children = []

    def find_spec(self, name, path=None, target=None):
        for finder in sys.meta_path:
            find = None if finder is self else getattr(finder, "find_spec", None)
            spec = find(name, path, target) if find else None
            if spec is not None:
                self.measure(spec)
                return spec
        return None

    def measure(self, spec):
        loader = spec.loader
        # Built-in and frozen modules have classes for loaders.
        if loader is None or isinstance(loader, type):
            return
        for step in ("create_module", "exec_module"):
            try:
                setattr(loader, step, self.timed(spec, getattr(loader, step)))
            except AttributeError:
                return

    def timed(self, spec, step):
        def run(argument):
            started, before = time.perf_counter(), resident()
            self.children.append([0.0, 0])
            try:
                return step(argument)
            finally:
                ms, kilobytes = (time.perf_counter() - started) * 1000, resident() - before
                inner = self.children.pop()
                if self.children:
                    self.children[-1][0] += ms
                    self.children[-1][1] += kilobytes
                file = relative(spec.origin, self.paths)
                if file is not None:
                    self.modules.append([file, round(ms - inner[0], 3), kilobytes - inner[1]])

        return run


def relative(path, roots):
    """A path of the package or a layer as the package has it; None for any other."""
    for root in roots:
        if path and path.startswith(root + "/"):
            return path[len(root) + 1 :]
    return None


def failure(error, kind, paths):
    """With the lines that led to it: module by module, each by the line that imports the next."""
    import traceback

    chain = []
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        for frame in traceback.extract_tb(error.__traceback__):
            file = relative(frame.filename, paths)
            if file is not None:
                chain.append({"file": file, "line": frame.lineno, "code": frame.line or ""})
        last, error = error, error.__cause__
    return {"type": kind, "message": text_of(last), "chain": chain}


def text_of(error):
    try:
        return str(error)[:2000]
    except Exception:
        return "its text cannot be shown"


def refuse_writes(task, writes):
    """/var/task is read-only in Lambda, also for a user who may write everywhere."""
    import errno

    flags = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
    events = {"os.mkdir": 0, "os.remove": 0, "os.rmdir": 0, "os.rename": 0, "os.link": 1, "os.symlink": 1, "os.truncate": 0, "os.chmod": 0}

    def hook(event, arguments):
        if event == "open":
            path = arguments[0] if isinstance(arguments[2], int) and arguments[2] & flags else None
        elif event in events:
            path = arguments[events[event]]
        else:
            return
        if not isinstance(path, (str, bytes)):
            return
        # The directory is the working directory, so that a bare name is in it.
        whole = os.path.abspath(os.fsdecode(path))
        if whole == task or whole.startswith(task + "/"):
            writes.append(whole[len(task) + 1 :])
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), os.fsdecode(path))

    sys.addaudithook(hook)


def resident():
    """Kilobytes of memory; 0 where the system does not tell."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * 4
    except OSError:
        return 0


if __name__ == "__main__":
    sys.exit(main())
