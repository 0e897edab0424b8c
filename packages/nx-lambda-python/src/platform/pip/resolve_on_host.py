"""Runs on the developer's machine: pip downloads wheels for another system than its own.

argv[1] is a JSON file: {"environment": {...}, "pip": ["download", ...]}.
pip's options name the tags of that system, but markers such as `sys_platform == "win32"` it would
still judge by the machine it runs on: they are told the runtime's environment here.
"""

import json
import os
import sys
import threading
import time


def end_with(parent):
    """A build that was killed cannot end its pip: this one would write where the next build works."""
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(1)


threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()

import guarded_pip

with open(sys.argv[1]) as file:
    request = json.load(file)

from pip._vendor.packaging import markers  # noqa: E402

original = markers.default_environment


def default_environment():
    return {**original(), **request["environment"]}


markers.default_environment = default_environment

from pip._internal.cli.main import main  # noqa: E402

guarded_pip.install()
code = main(request["pip"])
if code:
    guarded_pip.report_refusals()
sys.exit(code)
