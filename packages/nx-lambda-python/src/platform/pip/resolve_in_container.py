"""Runs in the build image: checks that it fits the runtime, then lets its pip make wheels or install.

argv[1] is a JSON file: {"python": [3, 13], "machines": ["x86_64"], "pip": ["wheel", ...]}.
Exit code 64 says that the image does not fit; every other one is pip's.
"""

import json
import platform
import subprocess
import sys


def misfit(request):
    wanted = "%d.%d" % tuple(request["python"])
    found = "%d.%d" % sys.version_info[:2]
    if found != wanted:
        return "its Python is %s, the runtime's is %s" % (found, wanted)
    if platform.machine() not in request["machines"]:
        return "it runs on %s, the service on %s" % (platform.machine(), request["machines"][0])
    return None


def main():
    with open(sys.argv[1]) as file:
        request = json.load(file)
    reason = misfit(request)
    if reason:
        print(reason, flush=True)
        return 64
    return subprocess.call([sys.executable, "-m", "pip"] + request["pip"])


sys.exit(main())
