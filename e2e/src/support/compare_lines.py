"""Reads [{"what", "tool", "own", "environments"}] from standard input: two requirements files, each with the directory
in which its paths start, and marker environments. Writes where they require different things, and how many lines count."""

import json
import os
import re
import sys
from urllib.parse import unquote

from pip._vendor.packaging.markers import Marker


def lines_of(text):
    joined = text.replace("\\\n", " ")
    return [line.strip() for line in joined.splitlines() if line.strip() and not line.startswith(("#", "--find-links"))]


def subject_of(body, base):
    """A path by where it leads, anything else as it is written."""
    match = re.match(r"^(?:[\w.-]+ @ )?(?:file:)?((?:\.{0,2}/).*|\.\.?)$", body)
    if not match:
        return body
    return os.path.realpath(os.path.join(base, unquote(match[1].replace("//", "/"))))


def read(line, base):
    head, *hashes = re.split(r"\s+--hash=", line)
    body, _, marker = re.split(r"(\s+;\s+|$)", head.strip(), maxsplit=1)
    return subject_of(body.strip(), base), Marker(marker) if marker else None, sorted(hashes)


def active(lines, environment):
    return {
        (subject, *hashes)
        for subject, marker, hashes in lines
        if marker is None or marker.evaluate(environment)
    }


def compare(one):
    tool, own = (
        [read(line, one[side]["base"]) for line in lines_of(one[side]["text"])] for side in ("tool", "own")
    )
    found, differences = set(), []
    for environment in one["environments"]:
        wanted, taken = active(tool, environment), active(own, environment)
        found |= taken
        if wanted != taken:
            where = one["what"] + " " + environment["python_full_version"]
            differences.append([where, *("- " + str(x) for x in wanted - taken), *("+ " + str(x) for x in taken - wanted)])
    return {"lines": len(found), "differences": differences}


json.dump([compare(one) for one in json.load(sys.stdin)], sys.stdout)
