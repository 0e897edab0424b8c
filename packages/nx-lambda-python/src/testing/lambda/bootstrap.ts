/**
 * What runs a handler in Python, in the place of Lambda's own runtime. The request is JSON on
 * standard input; descriptor 3 takes a line once the module is there, then the outcome.
 * The errors' names and words are those of Lambda's runtime client (aws/aws-lambda-python-runtime-
 * interface-client, bootstrap.py).
 */
export const BOOTSTRAP = `
import importlib, json, os, signal, sys, time, traceback, zipfile

request = json.load(sys.stdin)
signal.alarm(request["alarm"])
answer = os.fdopen(3, "w")
root = request["root"]
task, opt = os.path.join(root, "task"), os.path.join(root, "opt")
for archive in request["layers"]:
    zipfile.ZipFile(archive).extractall(opt)
zipfile.ZipFile(request["code"]).extractall(task)
version = "python%d.%d" % sys.version_info[:2]
layered = os.path.join(opt, "python")
sys.path[:0] = [task, os.path.join(layered, "lib", version, "site-packages"), layered]
os.environ.update(request["environment"])
os.chdir(task)


class Context:
    deadline = None

    def __init__(self, fields):
        self.__dict__.update(fields)

    def get_remaining_time_in_millis(self):
        return max(0, int((self.deadline - time.monotonic()) * 1000))


def end(outcome):
    sys.stdout.flush()
    answer.write(json.dumps(outcome))
    answer.close()
    sys.exit(0)


def fail(kind, message, trace=()):
    print("[ERROR] %s: %s" % (kind, message))
    error = {"errorMessage": message, "errorType": kind, "requestId": request["id"]}
    end({"error": dict(error, stackTrace=list(trace))})


def load(handler):
    if "." not in handler:
        fail("Runtime.MalformedHandlerName", "Bad handler '%s': not enough values to unpack (expected 2, got 1)" % handler)
    module, name = handler.rsplit(".", 1)
    try:
        loaded = importlib.import_module(module.replace("/", "."))
    except ImportError as error:
        fail("Runtime.ImportModuleError", "Unable to import module '%s': %s" % (module, error))
    except SyntaxError as error:
        fail("Runtime.UserCodeSyntaxError", "Syntax error in module '%s': %s" % (module, error))
    except Exception as error:
        fail(type(error).__name__, str(error), traceback.format_tb(error.__traceback__)[1:])
    if not hasattr(loaded, name):
        fail("Runtime.HandlerNotFound", "Handler '%s' missing on module '%s'" % (name, module))
    return getattr(loaded, name)


handler = load(request["handler"])
answer.write("ready\\n")
answer.flush()
context = Context(request["context"])
context.deadline = time.monotonic() + request["timeout"]
try:
    result = handler(request["event"], context)
except Exception as error:
    fail(type(error).__name__, str(error), traceback.format_tb(error.__traceback__)[1:])
try:
    payload = json.dumps(result)
except Exception as error:
    fail("Runtime.MarshalError", "Unable to marshal response: %s" % error)
end({"payload": payload})
`;
