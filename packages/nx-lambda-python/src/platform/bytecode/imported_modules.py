"""Imports handlers as Lambda does, and writes down which files are run for it.

argv[1] is a JSON file: {"task": directory, "handlers": modules, "reached": files, "imported": file, "failures": file}.
Every handler gets a process of its own, forked from one in which the imports of its modules have run: importing
a large distribution once for each of 300 handlers would take minutes. What a handler does not come to, because
its import fails without the function's variables, has been written down before.
"""

import ast
import importlib
import json
import os
import select
import signal
import sys
import time

# A handler that takes longer does something other than importing.
SECONDS = 60


def watch(task, output):
    """Appends the path of each module file when it is run; a process that crashes has written all until then."""
    descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    prefix = task + os.sep

    def hook(event, args):
        if event != "exec":
            return
        path = getattr(args[0], "co_filename", "")
        if path.startswith(prefix) and args[0].co_name == "<module>":
            os.write(descriptor, (path[len(prefix) :] + "\n").encode("utf-8", "replace"))

    sys.addaudithook(hook)


def isolated(work):
    """Runs it in a process of its own: None, or what went wrong as {"message", "missing"}."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        failure = None
        try:
            work()
        except BaseException as error:
            text = ("%s: %s" % (type(error).__name__, error)).strip().split("\n")[0]
            missing = error.name if isinstance(error, ModuleNotFoundError) else None
            failure = {"message": text[:300], "missing": missing}
        os.write(write, json.dumps(failure).encode())
        os._exit(0)
    os.close(write)
    answer = receive(read, time.monotonic() + SECONDS)
    os.close(read)
    if answer is None:
        os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    if answer is None:
        return {"message": "it took longer than %d s" % SECONDS, "missing": None}
    if answer:
        return json.loads(answer)
    return {"message": "it ended Python with exit code %d" % os.waitstatus_to_exitcode(status), "missing": None}


def receive(read, deadline):
    """All that is written until the other end is closed; None after the deadline."""
    answer = b""
    while True:
        ready, _, _ = select.select([read], [], [], max(0, deadline - time.monotonic()))
        if not ready:
            return None
        chunk = os.read(read, 65536)
        if not chunk:
            return answer
        answer += chunk


def imports_of(body):
    """Absolute imports that run whenever the module does, or in its `try`."""
    for node in body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, []
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module, [alias.name for alias in node.names]
        elif isinstance(node, (ast.Try, ast.With)):
            yield from imports_of(node.body)


def foreign_imports(task, reached):
    own = {path.split("/")[0].split(".")[0] for path in reached}
    found = {}
    for path in reached:
        try:
            with open(os.path.join(task, path), "rb") as file:
                tree = ast.parse(file.read())
        except (OSError, SyntaxError, ValueError, RecursionError):
            continue
        for module, names in imports_of(tree.body):
            if module.split(".")[0] not in own:
                found[(module, *names)] = None
    return list(found)


def import_all(statements):
    for module, *names in statements:
        try:
            found = __import__(module, {}, {}, names, 0)
            # A module may import what is taken from it only now (PEP 562).
            for name in names:
                getattr(found, name, None)
        except Exception:
            pass


def main():
    with open(sys.argv[1]) as file:
        request = json.load(file)
    task = request["task"]
    sys.path.insert(0, task)
    watch(task, request["imported"])
    statements = foreign_imports(task, request["reached"])
    if isolated(lambda: import_all(statements)) is None:
        import_all(statements)
    failures = []
    for handler in request["handlers"]:
        failure = isolated(lambda: importlib.import_module(handler))
        if failure is not None:
            failures.append({"handler": handler, **failure})
    with open(request["failures"], "w") as file:
        json.dump(failures, file)


main()
