"""Runs on the developer's machine: pip downloads wheels for another system than its own.

argv[1] is a JSON file: {"environment": {...}, "pip": ["download", ...]}.
pip's options name the tags of that system, but markers such as `sys_platform == "win32"` it would
still judge by the machine it runs on: they are told the runtime's environment here, by the documented
argument of `Marker.evaluate`, which every pip of the last years calls. Exit code 70 says that this one
could not be told; every other one is pip's.
"""

import json
import os
import runpy
import sys
import threading
import time

import guarded_pip


def end_with(parent):
    """A build that was killed cannot end its pip: this one would write where the next build works."""
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(1)


threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()

with open(sys.argv[1]) as file:
    request = json.load(file)


def tell(environment):
    from pip._vendor.packaging.markers import Marker

    evaluate = Marker.evaluate

    def evaluate_for_runtime(self, given=None, *args, **kwargs):
        return evaluate(self, {**environment, **(given or {})}, *args, **kwargs)

    Marker.evaluate = evaluate_for_runtime
    wrong = [
        name
        for name, value in environment.items()
        if not Marker('%s == "%s"' % (name, value)).evaluate({"extra": ""})
        or Marker('%s != "%s"' % (name, value)).evaluate({"extra": ""})
    ]
    if wrong:
        raise ImportError("it evaluates %s by itself" % ", ".join(wrong))


try:
    tell(request["environment"])
except Exception as error:
    print("its markers cannot be told the runtime: %s" % error, flush=True)
    sys.exit(70)

guarded_pip.install()
sys.argv = ["pip"] + request["pip"]
try:
    runpy.run_module("pip", run_name="__main__", alter_sys=True)
except SystemExit as end:
    if end.code:
        guarded_pip.report_refusals()
    raise
