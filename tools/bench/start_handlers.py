"""Imports a handler's module from several unpacked packages in turn, each time in a fresh process with a cold page cache.

argv: a module, rounds, and directories. Prints JSON: for each directory the seconds and the CPU seconds of each round.
What the package has in the page cache is dropped with posix_fadvise, which needs no root and leaves the rest of the
machine, and Python itself, as it is.
"""

import json
import os
import subprocess
import sys

IMPORT = """
import sys, time
sys.path.insert(0, sys.argv[1])
wall, cpu = time.perf_counter(), time.process_time()
__import__(sys.argv[2])
print(time.perf_counter() - wall, time.process_time() - cpu)
"""


def drop(directory):
    for folder, _, names in os.walk(directory):
        for name in names:
            descriptor = os.open(os.path.join(folder, name), os.O_RDONLY)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(descriptor)


def start(directory, module):
    drop(directory)
    # As Lambda runs it, where /var/task cannot be written to.
    command = [sys.executable, "-s", "-B", "-c", IMPORT, directory, module]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=directory)
    return [float(word) for word in answer.stdout.split()[-2:]]


module, rounds, *directories = sys.argv[1:]
os.sync()
runs = {directory: [] for directory in directories}
for number in range(int(rounds)):
    # None of them is always the one after another.
    first = number % len(directories)
    for directory in directories[first:] + directories[:first]:
        runs[directory].append(start(directory, module))
print(json.dumps([runs[directory] for directory in directories]))
