"""Asks pip's own indexes what they have of some distributions, after pip failed.

argv: a JSON file {"pip": ["wheel", ...], "names": [...]} with pip's arguments, and the file to write.
pip's finder does the asking, so that its options, configuration files, credentials, proxies and certificates
count as they did for pip. Not finding out is not an error: then nothing is written.
"""

import json
import logging
import sys

FAILED = "Could not fetch URL"


class Failures(logging.Handler):
    """Why a page could not be read, which pip only logs."""

    def __init__(self):
        super().__init__(logging.DEBUG)
        self.found = []

    def emit(self, record):
        if str(record.msg).startswith(FAILED) and len(record.args) > 1:
            link, reason = record.args[:2]
            self.found.append({"url": getattr(link, "url", str(link)), "reason": str(reason)})


def ask(pip, names):
    from pip._internal.commands import create_command
    from pip._internal.req.req_file import parse_requirements

    command = create_command(pip[0])
    options, _ = command.parse_args(pip[1:])
    # pip has tried often enough.
    options.retries = 0
    options.timeout = min(options.timeout, 15)
    logger = logging.getLogger("pip._internal.index.collector")
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    with command.main_context():
        session = command.get_default_session(options)
        finder = command._build_package_finder(options, session)
        for path in options.requirements:
            # Files have options of their own: pip's parser gives them to the finder.
            list(parse_requirements(path, session=session, finder=finder, options=options))
        return {name: listing(finder, logger, name) for name in names}


def listing(finder, logger, name):
    links = []
    failures = Failures()
    # The finder shows each file of a page to this method, whether it could be used or not.
    finder.get_install_candidate = lambda evaluator, link: links.append(link)
    logger.handlers = [failures]
    finder.find_all_candidates(name)
    files = {link.filename: describe(link) for link in links}
    return {"files": list(files.values()), "failures": failures.found}


def describe(link):
    file = {"filename": link.filename}
    if link.requires_python:
        file["requiresPython"] = link.requires_python
    if link.yanked_reason is not None:
        file["isYanked"] = True
    return file


def main():
    with open(sys.argv[1]) as file:
        request = json.load(file)
    answer = ask(request["pip"], request["names"])
    with open(sys.argv[2], "w") as file:
        json.dump(answer, file)


main()
