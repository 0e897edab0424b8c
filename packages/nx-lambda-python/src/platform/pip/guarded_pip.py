"""Runs pip so that no credential stands in the arguments of a process that it starts.

Every user of a machine can read the arguments of every process on it. pip hands its indexes to the pip that
installs build requirements as arguments, and whole URLs to git. Here both get them by their environment.

usage: guarded_pip.py -m pip ARGUMENT...   or, for the pip that pip starts, guarded_pip.py PATH ARGUMENT...
As git's credential helper: guarded_pip.py git-credential get
"""

import http.client
import json
import os
import re
import runpy
import subprocess
import sys
from urllib.parse import unquote

# pip reads each of these options from a variable as well.
OPTIONS = {
    "-i": "PIP_INDEX_URL",
    "--index-url": "PIP_INDEX_URL",
    "--extra-index-url": "PIP_EXTRA_INDEX_URL",
    "-f": "PIP_FIND_LINKS",
    "--find-links": "PIP_FIND_LINKS",
    "--proxy": "PIP_PROXY",
}
USER_INFO = re.compile(r"^([a-z][a-z0-9+.-]*://)([^/\s]*)@(.*)$", re.IGNORECASE | re.DOTALL)
GIT_VARIABLE = "NX_LAMBDA_PYTHON_GIT_CREDENTIALS"
HERE = os.path.abspath(__file__)

# What was taken out of git's arguments: [URL without credentials, user, password].
git_credentials = []
# The last answer to each path that was refused, by host and path.
refusals = {}


def install():
    """From here on this process starts others without credentials in their arguments."""
    original = subprocess.Popen

    class Popen(original):
        def __init__(self, args, *rest, **options):
            if isinstance(args, (list, tuple)) and args:
                environment = dict(os.environ if options.get("env") is None else options["env"])
                args = guarded([os.fsdecode(argument) for argument in args], environment)
                options["env"] = environment
            super().__init__(args, *rest, **options)

    subprocess.Popen = Popen
    watch_answers()


def guarded(args, environment):
    if os.path.basename(args[0]) in ("git", "git.exe"):
        return guarded_git(args, environment)
    if args[0] == sys.executable and is_pip(args[1:]):
        # The pip that installs build requirements: before 25.3 it knows no build constraints, and up to 26.1 it
        # applies those of the outer pip as well.
        if environment.get("PIP_BUILD_CONSTRAINT"):
            environment["PIP_CONSTRAINT"] = environment["PIP_BUILD_CONSTRAINT"]
        return [args[0], HERE] + guarded_options(args[1:], environment)
    return args


def is_pip(args):
    if args[:2] == ["-m", "pip"]:
        return True
    return len(args) > 1 and not args[0].startswith("-") and args[1] == "install"


def guarded_options(args, environment):
    end = args.index("--") if "--" in args else len(args)
    options = [at for at in range(end - 1) if args[at] in OPTIONS]
    values = {}
    for at in options:
        values.setdefault(OPTIONS[args[at]], []).append(args[at + 1])
    # All of a variable's values move or none, since the option would win over the variable.
    moved = {name for name in values if any(USER_INFO.match(value) for value in values[name])}
    for name in moved:
        environment[name] = " ".join(values[name])
    gone = [at for at in options if OPTIONS[args[at]] in moved]
    return [arg for at, arg in enumerate(args) if at not in gone and at - 1 not in gone]


def guarded_git(args, environment):
    clean = []
    for argument in args:
        match = USER_INFO.match(argument)
        # The user's name for ssh is not a secret.
        if match and match.group(1).lower() in ("http://", "https://"):
            scheme, user_info, rest = match.groups()
            user, _, password = user_info.partition(":")
            argument = scheme + rest
            known = [argument, unquote(user), unquote(password)]
            if known not in git_credentials:
                git_credentials.append(known)
        clean.append(argument)
    # Later commands, a checkout of a partial clone for example, fetch without naming the URL.
    if git_credentials:
        environment[GIT_VARIABLE] = json.dumps(git_credentials)
        helper = '!"%s" "%s" git-credential' % (sys.executable, HERE)
        settings = [
            ("credential.helper", ""),
            ("credential.helper", helper),
            ("credential.useHttpPath", "true"),
        ]
        count = int(environment.get("GIT_CONFIG_COUNT") or 0)
        for number, (key, value) in enumerate(settings, count):
            environment["GIT_CONFIG_KEY_%d" % number] = key
            environment["GIT_CONFIG_VALUE_%d" % number] = value
        environment["GIT_CONFIG_COUNT"] = str(count + len(settings))
    return clean


def answer_git():
    wanted = dict(line.rstrip("\n").split("=", 1) for line in sys.stdin if "=" in line)
    place = "%s://%s/" % (wanted.get("protocol"), wanted.get("host"))
    whole = place + wanted.get("path", "")
    candidates = [one for one in json.loads(os.environ[GIT_VARIABLE]) if one[0].startswith(place)]
    # A submodule lies at another path of the same host.
    for url, user, password in sorted(candidates, key=lambda one: not whole.startswith(one[0])):
        sys.stdout.write("username=%s\npassword=%s\n" % (user, password))
        return


def watch_answers():
    connection = http.client.HTTPConnection
    original_request = connection.putrequest
    original_response = connection.getresponse

    def putrequest(self, method, url, *args, **options):
        self.guarded_path = url
        return original_request(self, method, url, *args, **options)

    def getresponse(self, *args, **options):
        response = original_response(self, *args, **options)
        host = getattr(self, "_tunnel_host", None) or self.host
        place = ("%s:%s" % (host, self.port), getattr(self, "guarded_path", ""))
        refusals.pop(place, None)
        if response.status in (401, 403, 407):
            refusals[place] = response.status
        # pip's cache keeps the request headers that Vary names.
        vary = response.headers.get("Vary")
        if vary and "authorization" in vary.lower():
            names = [name.strip() for name in vary.split(",")]
            del response.headers["Vary"]
            response.headers["Vary"] = ", ".join(
                name for name in names if name.lower() not in ("authorization", "proxy-authorization")
            )
        return response

    connection.putrequest = putrequest
    connection.getresponse = getresponse


def report_refusals():
    """pip shows an index that refuses as one that has nothing."""
    for host, status in sorted({(host, status) for (host, _), status in refusals.items()}):
        print("nx-lambda-python: %s answered %d" % (host, status), file=sys.stderr, flush=True)


def main():
    if sys.argv[1:2] == ["git-credential"]:
        if sys.argv[2:3] == ["get"]:
            answer_git()
        return
    install()
    # As if this file were missing.
    if os.path.dirname(HERE) == os.path.abspath(sys.path[0]):
        del sys.path[0]
    try:
        if sys.argv[1] == "-m":
            del sys.argv[0:2]
            runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
        else:
            del sys.argv[0]
            runpy.run_path(sys.argv[0], run_name="__main__")
    except SystemExit as end:
        if end.code:
            report_refusals()
        raise


if __name__ == "__main__":
    main()
