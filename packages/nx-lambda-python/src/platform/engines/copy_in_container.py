"""Runs in a container that sees no file of the machine that started it: what `python -c` is given.

argv: a directory, a `:`-separated list of names below it (`*`: those that the command adds), and a command. Standard input is a tar of what the
command needs, from the root. Standard output becomes a tar of those names once the command has succeeded; what
it says goes to standard error. The exit code is the command's.
"""

import os
import signal
import subprocess
import sys
import tarfile


def unpack():
    # Python 3.12 wants to be told that the archive is trusted, and older ones know no such thing.
    trusted = {"filter": "fully_trusted"} if hasattr(tarfile, "fully_trusted_filter") else {}
    with tarfile.open(fileobj=sys.stdin.buffer, mode="r|") as archive:
        archive.extractall("/", **trusted)


def add(archive, root, path):
    full = os.path.join(root, path)
    info = tarfile.TarInfo(path)
    status = os.lstat(full)
    info.mode = status.st_mode & 0o777
    if os.path.islink(full):
        info.type, info.linkname = tarfile.SYMTYPE, os.readlink(full)
        archive.addfile(info)
    elif os.path.isdir(full):
        info.type = tarfile.DIRTYPE
        archive.addfile(info)
        for name in sorted(os.listdir(full)):
            add(archive, root, path + "/" + name)
    elif os.path.isfile(full):
        info.size = status.st_size
        with open(full, "rb") as file:
            archive.addfile(info, file)


def main(root, names, command):
    # Ctrl-C ends the container at once, whatever `command` makes of it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    unpack()
    os.chdir(root)
    given = set(os.listdir(root))
    code = subprocess.call(command, stdin=subprocess.DEVNULL, stdout=2)
    if code == 0:
        if names == ["*"]:
            names = sorted(set(os.listdir(root)) - given)
        with tarfile.open(fileobj=sys.stdout.buffer, mode="w|", format=tarfile.GNU_FORMAT) as archive:
            for name in names:
                add(archive, root, name)
    # Ended by a signal: as a shell says it.
    return 128 - code if code < 0 else code


sys.exit(main(sys.argv[1], [name for name in sys.argv[2].split(":") if name], sys.argv[3:]))
