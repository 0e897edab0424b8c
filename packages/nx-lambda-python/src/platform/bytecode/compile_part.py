"""Compiles the modules of a dependency part to bytecode, by the very Python that will import it.

argv[1] is a JSON file: {"python": [3, 13], "part": "dependencies.zip", "output": "bytecode.zip"}.
Exit code 64 says that this is another Python. The same part gives the same bytes: files in the order
of their paths, hashes instead of times (PEP 552, unchecked), no path of this machine in the code.
"""

import importlib.util
import json
import marshal
import struct
import sys
import warnings
import zipfile

# PEP 552: hash-based (bit 0), not to be checked against the source (bit 1 clear).
UNCHECKED_HASH = 0b01


def bytecode_name(path):
    directory, _, name = path.rpartition("/")
    cached = "%s.%s.pyc" % (name[: -len(".py")], sys.implementation.cache_tag)
    return "/".join(filter(None, [directory, "__pycache__", cached]))


def is_importable(path):
    """Nothing imports `bin/` or a file whose name is none in Python, such as a template's."""
    parts = path[: -len(".py")].split("/")
    return "bin" not in parts[:2] and all(part.isidentifier() for part in parts)


def compile_module(path, source):
    """None for what this Python cannot compile, as wheels for several versions may hold it."""
    try:
        # The name is replaced by the real one when the module is imported.
        code = compile(source, path, "exec", dont_inherit=True, optimize=0)
    except (SyntaxError, ValueError, RecursionError):
        return None
    header = importlib.util.MAGIC_NUMBER + struct.pack("<I", UNCHECKED_HASH)
    return header + importlib.util.source_hash(source) + marshal.dumps(code)


def main():
    with open(sys.argv[1]) as file:
        request = json.load(file)
    wanted = "%d.%d" % tuple(request["python"])
    found = "%d.%d" % sys.version_info[:2]
    if found != wanted:
        print("its Python is %s, the runtime's is %s" % (found, wanted), flush=True)
        return 64
    warnings.simplefilter("ignore")
    with zipfile.ZipFile(request["part"]) as part, zipfile.ZipFile(request["output"], "w") as output:
        names = set(part.namelist())
        for path in sorted(name for name in names if name.endswith(".py")):
            target = bytecode_name(path)
            if target in names or not is_importable(path):
                continue
            bytecode = compile_module(path, part.read(path))
            if bytecode is not None:
                output.writestr(zipfile.ZipInfo(target, (1980, 1, 1, 0, 0, 0)), bytecode)
    return 0


sys.exit(main())
