"""Runs one handler in place of Lambda's own runtime, over the Runtime API.

AWS's runtime client, awslambdaric, is used where the package or the image has it. Else this file does the same: names,
texts and order are those of its bootstrap.py, lambda_context.py and lambda_runtime_log_utils.py, version 4.2.
"""

import importlib
import importlib.util
import json
import logging
import math
import os
import site
import socket
import sys
import time
import traceback

API = "/2018-06-01/runtime"
JSON_LOGS = os.environ.get("AWS_LAMBDA_LOG_FORMAT", "").upper() == "JSON"
DATES = "%Y-%m-%dT%H:%M:%SZ"


class Fault(Exception):
    def __init__(self, kind, message, trace=None):
        self.kind = kind
        self.message = message
        self.trace = trace


class Connection:
    """A client of the Runtime API. http.client would load more modules than many handlers do."""

    def __init__(self, address):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)))
        self.source = self.socket.makefile("rb")

    def call(self, method, path, body=b"", headers=()):
        head = ["%s %s HTTP/1.1" % (method, API + path), "Content-Length: %d" % len(body)]
        head += ["%s: %s" % header for header in headers]
        self.socket.sendall(("\r\n".join(head) + "\r\n\r\n").encode() + body)
        status = self.source.readline().split()
        if len(status) < 2:
            sys.exit(1)
        received = {}
        while True:
            line = self.source.readline().decode().strip()
            if not line:
                break
            name, value = line.split(": ", 1)
            received[name.lower()] = value
        content = self.source.read(int(received["content-length"]))
        if int(status[1]) >= 300:
            raise RuntimeError("the Runtime API answered %s" % status[1].decode())
        return received, content


class Encoder(json.JSONEncoder):
    """JSON as simplejson writes it in awslambdaric: its Decimals, bytes, named tuples and line separators."""

    def __init__(self):
        minor = int(os.environ["AWS_EXECUTION_ENV"].rpartition(".")[2])
        super().__init__(ensure_ascii=minor < 12)
        self.digits = {}
        # A string that no handler can return, for what must stand without quotes.
        self.quote = os.urandom(16).hex()

    def default(self, value):
        if isinstance(value, bytes):
            return value.decode()
        decimal = sys.modules.get("decimal")
        if decimal and isinstance(value, decimal.Decimal):
            if value.is_nan():
                return math.nan
            token = "%s%d" % (self.quote, len(self.digits))
            self.digits['"%s"' % token] = str(value)
            return token
        return super().default(value)

    def encode(self, value):
        text = super().encode(with_records(value))
        for token, digits in self.digits.items():
            text = text.replace(token, digits, 1)
        self.digits.clear()
        return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def with_records(value, inside=()):
    """Named tuples as objects; what has none is the value itself."""
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return with_records(value._asdict(), inside)
    if not isinstance(value, (list, tuple, dict)) or id(value) in inside:
        return value
    inside += (id(value),)
    items = value.items() if isinstance(value, dict) else enumerate(value)
    changed = {}
    for key, item in items:
        if isinstance(item, (list, tuple, dict)):
            new = with_records(item, inside)
            if new is not item:
                changed[key] = new
    if not changed:
        return value
    if isinstance(value, dict):
        return {key: changed.get(key, item) for key, item in value.items()}
    return [changed.get(index, item) for index, item in enumerate(value)]


class Record:
    """Attributes of a context, None where the caller sent nothing."""

    fields = ()

    def __init__(self, values):
        for field in self.fields:
            setattr(self, field, values.get(field))

    def __repr__(self):
        values = ",".join("%s=%s" % (field, getattr(self, field)) for field in self.fields)
        return "%s([%s])" % (type(self).__name__, values)


class CognitoIdentity(Record):
    fields = ("cognito_identity_id", "cognito_identity_pool_id")


class Client(Record):
    fields = ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name")


class ClientContext(Record):
    fields = ("custom", "env", "client")


class LambdaContext(Record):
    fields = (
        "aws_request_id",
        "log_group_name",
        "log_stream_name",
        "function_name",
        "memory_limit_in_mb",
        "function_version",
        "invoked_function_arn",
        "client_context",
        "identity",
        "tenant_id",
    )

    def __init__(self, headers):
        client = parse_header(headers, "lambda-runtime-client-context", "Client Context")
        identity = parse_header(headers, "lambda-runtime-cognito-identity", "Cognito Identity") or {}
        self._trace = (client.pop("w3c", None) if isinstance(client, dict) else None) or {}
        self._deadline = int(headers["lambda-runtime-deadline-ms"])
        super().__init__(
            {
                "aws_request_id": headers["lambda-runtime-aws-request-id"],
                "log_group_name": os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME"),
                "log_stream_name": os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME"),
                "function_name": os.environ.get("AWS_LAMBDA_FUNCTION_NAME"),
                "memory_limit_in_mb": os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"),
                "function_version": os.environ.get("AWS_LAMBDA_FUNCTION_VERSION"),
                "invoked_function_arn": headers.get("lambda-runtime-invoked-function-arn"),
                "client_context": None if client is None else ClientContext(client),
                "tenant_id": headers.get("lambda-runtime-aws-tenant-id"),
            }
        )
        if self.client_context and self.client_context.client is not None:
            self.client_context.client = Client(self.client_context.client)
        self.identity = CognitoIdentity({})
        self.identity.cognito_identity_id = identity.get("cognitoIdentityId")
        self.identity.cognito_identity_pool_id = identity.get("cognitoIdentityPoolId")

    def get_remaining_time_in_millis(self):
        return max(0, self._deadline - int(time.time() * 1000))

    def w3c(self):
        names = ("traceparent", "tracestate", "baggage")
        return {name: self._trace[name] for name in names if isinstance(self._trace.get(name), str)}

    def log(self, message):
        sys.stdout.write(str(message))


def parse_header(headers, name, title):
    try:
        return json.loads(headers[name]) if headers.get(name) else None
    except ValueError as error:
        message = "Unable to parse %s JSON: %s" % (title, error)
        raise Fault("Runtime.LambdaContextUnmarshalError", message) from None


class RequestFilter(logging.Filter):
    request_id = None
    tenant_id = None

    def filter(self, record):
        record.aws_request_id = self.request_id or ""
        record.tenant_id = self.tenant_id
        return True


class JsonFormatter(logging.Formatter):
    # What a record has of its own; the rest was given as `extra`.
    known = set(logging.makeLogRecord({}).__dict__) | {"aws_request_id", "tenant_id", "asctime", "message", "taskName"}
    encode = staticmethod(json.JSONEncoder(ensure_ascii=False, default=str).encode)

    def format(self, record):
        level = min(50, max(0, record.levelno)) // 10 * 10
        kind, error, trace = record.exc_info or (None, None, None)
        is_plain = isinstance(record.msg, dict) and not record.args
        fields = {
            "timestamp": self.formatTime(record, DATES),
            "level": logging.getLevelName(level),
            "message": record.msg if is_plain else record.getMessage(),
            "logger": record.name,
            "stackTrace": traceback.format_tb(trace) if trace else None,
            "errorType": kind.__name__ if kind else None,
            "errorMessage": str(error) if error is not None else None,
            "requestId": record.aws_request_id,
            "location": "%s:%s:%d" % (record.pathname, record.funcName, record.lineno) if kind else None,
            "tenantId": record.tenant_id,
        }
        extra = {key: value for key, value in record.__dict__.items() if key not in self.known}
        fields.update({key: value for key, value in extra.items() if key not in fields})
        return self.encode({key: value for key, value in fields.items() if value is not None}) + "\n"


class LineHandler(logging.Handler):
    def emit(self, record):
        sys.stdout.write(self.format(record))


class Unbuffered:
    def __init__(self, stream):
        self.stream = stream

    def __getattr__(self, name):
        return getattr(self.stream, name)

    def write(self, text):
        self.stream.write(text)
        self.stream.flush()

    def writelines(self, lines):
        self.stream.writelines(lines)
        self.stream.flush()


def set_up_logging():
    sys.stdout = Unbuffered(sys.stdout)
    sys.stderr = Unbuffered(sys.stderr)
    logging.Formatter.converter = time.gmtime
    handler = LineHandler()
    text = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n"
    handler.setFormatter(JsonFormatter() if JSON_LOGS else logging.Formatter(text, "%Y-%m-%dT%H:%M:%S"))
    requests = RequestFilter()
    handler.addFilter(requests)
    level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper().replace("TRACE", "DEBUG")
    if level in ("DEBUG", "INFO", "WARN", "WARNING", "ERROR", "FATAL", "CRITICAL"):
        logging.getLogger().setLevel(level)
    logging.getLogger().addHandler(handler)
    return requests


def log_error(error):
    if JSON_LOGS:
        stamp = {"timestamp": time.strftime(DATES, time.gmtime()), "level": "ERROR"}
        print(Encoder().encode(dict(stamp, **error)))
        return
    lines = [": ".join(["[ERROR] " + error["errorType"]] + [error["errorMessage"]] * bool(error["errorMessage"]))]
    lines.append("Traceback (most recent call last):")
    for line in "".join(one if one.endswith("\n") else one + "\n" for one in error["stackTrace"]).splitlines():
        text = line.lstrip(" ")
        lines.append("\u00a0" * (len(line) - len(text)) + text)
    print("\r".join(lines))


def load(handler):
    module, dot, name = handler.rpartition(".")
    if not dot:
        message = "Bad handler '%s': not enough values to unpack (expected 2, got 1)" % handler
        raise Fault("Runtime.MalformedHandlerName", message)
    try:
        if module.split(".")[0] in sys.builtin_module_names:
            message = "Cannot use built-in module %s as a handler module" % module
            raise Fault("Runtime.BuiltInModuleConflict", message)
        loaded = importlib.import_module(module.replace("/", "."))
    except ImportError as error:
        message = "Unable to import module '%s': %s" % (module, error)
        raise Fault("Runtime.ImportModuleError", message) from None
    except SyntaxError as error:
        trace = ['  File "%s" Line %s\n    %s' % (error.filename, error.lineno, error.text)]
        message = "Syntax error in module '%s': %s" % (module, error)
        raise Fault("Runtime.UserCodeSyntaxError", message, trace) from None
    try:
        return getattr(loaded, name)
    except AttributeError:
        message = "Handler '%s' missing on module '%s'" % (name, module)
        raise Fault("Runtime.HandlerNotFound", message) from None


def described(error, request_id=""):
    if isinstance(error, Fault):
        kind, message, trace = error.kind, error.message, error.trace or []
    else:
        frames = [(one.filename, one.lineno, one.name, one.line) for one in traceback.extract_tb(error.__traceback__)]
        first = next((index for index, one in enumerate(frames) if "/bootstrap.py" not in one[0].replace("\\", "/")), 0)
        kind, message, trace = type(error).__name__, str(error), traceback.format_list(frames[first:])
    return {"errorMessage": message, "errorType": kind, "requestId": request_id, "stackTrace": trace}


def answer(handle, headers, content):
    """The handler's answer, and its content type."""
    try:
        event = json.loads(content)
    except ValueError as error:
        raise Fault("Runtime.UnmarshalError", "Unable to unmarshal input: %s" % error) from None
    result = handle(event, LambdaContext(headers))
    if isinstance(result, bytes):
        return result, "application/unknown"
    try:
        return Encoder().encode(result).encode(), "application/json"
    except Exception as error:
        raise Fault("Runtime.MarshalError", "Unable to marshal response: %s" % error) from None


def run(handler, prepare=lambda: None):
    requests = set_up_logging()
    api = Connection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        prepare()
        handle = load(handler)
    except Exception as error:
        failure = described(error)
        log_error(failure)
        kind = [("Lambda-Runtime-Function-Error-Type", failure["errorType"])]
        api.call("POST", "/init/error", Encoder().encode(failure).encode(), kind)
        sys.exit(1)
    while True:
        headers, content = api.call("GET", "/invocation/next")
        request_id = headers["lambda-runtime-aws-request-id"]
        requests.request_id = request_id
        requests.tenant_id = headers.get("lambda-runtime-aws-tenant-id")
        os.environ.pop("_X_AMZN_TRACE_ID", None)
        if "lambda-runtime-trace-id" in headers:
            os.environ["_X_AMZN_TRACE_ID"] = headers["lambda-runtime-trace-id"]
        try:
            result, kind = answer(handle, headers, content)
        except Exception as error:
            failure = described(error, request_id)
            log_error(failure)
            body = Encoder().encode(failure).encode()
            api.call("POST", "/invocation/%s/error" % request_id, body)
        else:
            api.call("POST", "/invocation/%s/response" % request_id, result, [("Content-Type", kind)])


def wait_for_debugger(host, port, directory):
    sys.path.append(directory)
    try:
        import debugpy
    except ImportError as error:
        raise Fault("Debugger.Missing", str(error)) from None
    finally:
        sys.path.remove(directory)
    debugpy.listen((host, port))
    print("waiting for a debugger on port %d" % port, flush=True)
    debugpy.wait_for_client()


def start():
    settings = json.loads(os.environ.pop("_NX_LAMBDA_PYTHON"))
    if sys.flags.no_site:
        # What every Python has, without the packages of this machine.
        site.setquit()
        site.setcopyright()
        site.sethelper()
    layered = os.path.join(settings["opt"], "python")
    version = "python%d.%d" % sys.version_info[:2]
    # The first entry is the directory of this file.
    sys.path[:1] = [os.getcwd(), os.path.join(layered, "lib", version, "site-packages"), layered]
    handler = os.environ["_HANDLER"]
    if settings.get("debug"):
        run(handler, lambda: wait_for_debugger(*settings["debug"]))
    if settings["client"] == "any" and all(map(importlib.util.find_spec, ("awslambdaric", "runtime_client"))):
        sys.argv[:] = ["bootstrap", handler]
        importlib.import_module("awslambdaric.__main__").main(sys.argv)
    else:
        run(handler)


start()
