"""Compiles the modules of a dependency part to bytecode, by the very Python that will import it.

argv[1] is a JSON file: {"python": [3, 13], "part": "dependencies.zip", "output": "bytecode.zip"}. With "imports",
{"script", "service", "prefix", "handlers", "reached", "failures"}, only modules are compiled that the handlers
import; see imported_modules.py. Exit code 64 says that this is another Python. The same part gives the same bytes: files in the order
of their paths, hashes instead of times (PEP 552, unchecked), no path of this machine in the code.
"""

import importlib.util
import json
import marshal
import os
import shutil
import struct
import subprocess
import sys
import tempfile
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


# What Lambda sets, as far as code looks at it when it is imported. Keys that open nothing: without any, the AWS SDK
# would ask the network for some.
LAMBDA = {
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_EXECUTION_ENV": "AWS_Lambda_python%d.%d" % sys.version_info[:2],
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
    "AWS_LAMBDA_FUNCTION_NAME": "function",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    "LANG": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "TZ": ":UTC",
}


def imported_modules(part, imports):
    """Paths in the part, of all that importing the handlers runs."""
    with tempfile.TemporaryDirectory() as home:
        home = os.path.realpath(home)
        task = os.path.join(home, "task")
        prefix = imports["prefix"]
        with zipfile.ZipFile(part) as archive:
            archive.extractall(os.path.join(home, "part"))
        os.rename(os.path.join(home, "part", prefix), task)
        shutil.copytree(imports["service"], task, dirs_exist_ok=True)
        request = {
            "task": task,
            "handlers": imports["handlers"],
            "reached": imports["reached"],
            "imported": os.path.join(home, "imported"),
            "failures": imports["failures"],
        }
        with open(os.path.join(home, "request.json"), "w") as file:
            json.dump(request, file)
        kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
        subprocess.run(
            [sys.executable, "-s", imports["script"], file.name],
            cwd=task,
            env={**kept, **LAMBDA, "HOME": home, "LAMBDA_TASK_ROOT": task},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )
        with open(request["imported"], encoding="utf-8") as file:
            return {prefix + path for path in file.read().split("\n")}


def main():
    with open(sys.argv[1]) as file:
        request = json.load(file)
    wanted = "%d.%d" % tuple(request["python"])
    found = "%d.%d" % sys.version_info[:2]
    if found != wanted:
        print("its Python is %s, the runtime's is %s" % (found, wanted), flush=True)
        return 64
    warnings.simplefilter("ignore")
    imports = request.get("imports")
    imported = imported_modules(request["part"], imports) if imports else None
    with zipfile.ZipFile(request["part"]) as part, zipfile.ZipFile(request["output"], "w") as output:
        names = set(part.namelist())
        modules = names if imported is None else names & imported
        for path in sorted(name for name in modules if name.endswith(".py")):
            target = bytecode_name(path)
            if target in names or not is_importable(path):
                continue
            bytecode = compile_module(path, part.read(path))
            if bytecode is not None:
                output.writestr(zipfile.ZipInfo(target, (1980, 1, 1, 0, 0, 0)), bytecode)
    return 0


sys.exit(main())
