"""Turns poetry.lock into requirement lines by the tool that owns the format.

argv: "poetry", the lock's project directory, the file to write, a directory for the tool itself.
The tool of PATH is used; where it is missing or cannot do it, pip installs it for this one time.
"""

import os
import shutil
import subprocess
import sys

# Indexes and their credentials are pip's configuration, never the lock's.
POETRY = ["export", "--format=requirements.txt", "--only=main", "--without-urls", "--no-interaction"]


def call(command, cwd, extra):
    environment = {**os.environ, **extra}
    print("+ " + " ".join(os.path.basename(part) for part in command[:2]), flush=True)
    return subprocess.call(command, cwd=cwd, env=environment)


def install(directory, packages):
    guard = os.path.join(os.path.dirname(os.path.abspath(__file__)), "guarded_pip.py")
    pip = [sys.executable, guard, "-m", "pip", "install", "--quiet", "--target", directory]
    # The tool runs here, not in Lambda: whatever this system's glibc can load will do.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.call(pip + packages, env=environment)


def export_poetry(cwd, output, directory):
    arguments = POETRY + ["--output=" + output]
    poetry = shutil.which("poetry")
    # Poetry 2 has its export as a plugin that may be missing.
    if poetry and call([poetry] + arguments, cwd, {}) == 0:
        return 0
    code = install(directory, ["poetry", "poetry-plugin-export"])
    if code:
        return code
    extra = {"PYTHONPATH": os.pathsep.join([directory, os.environ.get("PYTHONPATH", "")])}
    return call([sys.executable, "-m", "poetry"] + arguments, cwd, extra)


def main():
    tool, cwd, output, directory = sys.argv[1:]
    os.makedirs(directory, exist_ok=True)
    export = {"poetry": export_poetry}[tool]
    return export(cwd, output, directory)


sys.exit(main())
