"""Runs in the build image: checks that it fits the runtime, then lets its pip make wheels or install.

argv[1] is a JSON file: {"python": [3, 13], "machines": ["x86_64"], "pip": ["wheel", ...]}, or instead of
"pip" several "commands", each a list of Python's arguments.
Exit code 64 says that the image does not fit; every other one is pip's.
A netrc comes by an environment variable and is written to the container's own disk, which ends with it.
"""

import json
import os
import platform
import runpy
import shutil
import signal
import subprocess
import sys
import tempfile


def misfit(request):
    wanted = "%d.%d" % tuple(request["python"])
    found = "%d.%d" % sys.version_info[:2]
    if found != wanted:
        return "its Python is %s, the runtime's is %s" % (found, wanted)
    if platform.machine() not in request["machines"]:
        return "it runs on %s, the service on %s" % (platform.machine(), request["machines"][0])
    return None


def write_netrc():
    text = os.environ.pop("NX_LAMBDA_PYTHON_NETRC", None)
    if not text:
        return
    # pip reads NETRC, git reads only .netrc in HOME.
    home = tempfile.mkdtemp(prefix="nx-lambda-python-home-")
    path = os.path.join(home, ".netrc")
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    configuration = os.path.join(os.environ["HOME"], ".gitconfig")
    if os.path.exists(configuration):
        shutil.copy(configuration, home)
    os.environ.update(HOME=home, NETRC=path)


def main():
    # Ctrl-C ends this at once: as an exception it may be lost in code that catches too much.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    with open(sys.argv[1]) as file:
        request = json.load(file)
    reason = misfit(request)
    if reason:
        print(reason, flush=True)
        return 64
    write_netrc()
    here = os.path.dirname(os.path.abspath(__file__))
    # Only now: downloads may be looked at from outside, the netrc above may not.
    os.environ["TMPDIR"] = os.path.join(here, "tmp")
    guarded_pip = os.path.join(here, "guarded_pip.py")
    for command in request.get("commands", []):
        guard = [guarded_pip] if command[:2] == ["-m", "pip"] else []
        code = subprocess.call([sys.executable] + guard + command)
        if code:
            return code
    if "pip" in request:
        # In this process: another start of Python would take longer than all of the above.
        sys.argv = [guarded_pip, "-m", "pip"] + request["pip"]
        runpy.run_path(guarded_pip, run_name="__main__")
    return 0


sys.exit(main())
