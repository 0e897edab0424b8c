"""Runs a function's process, and relays its Runtime API to the plugin over standard input and output.

A message is a line of JSON and as many bytes as its "size" says. What the function writes goes to standard error.
The function ends with this process, and this process with its input: however the plugin ends, nothing is left.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading

POSIX = os.name == "posix"


class Supervisor:
    def __init__(self):
        self.output = os.fdopen(os.dup(1), "wb")
        # Whatever else is printed must not be taken for a message.
        os.dup2(2, 1)
        self.writing = threading.Lock()
        self.answers = {}
        self.last = 0
        self.function = None
        self.settings = {}
        self.listener = None

    def send(self, message, body=b""):
        message["size"] = len(body)
        with self.writing:
            self.output.write(json.dumps(message).encode() + b"\n" + body)
            self.output.flush()

    def read_messages(self):
        """Until the input ends."""
        self.send({"kind": "ready", "python": list(sys.version_info[:2])})
        # Unbuffered, so that nothing waits behind a message.
        source = os.fdopen(0, "rb")
        while True:
            line = source.readline()
            if not line.endswith(b"\n"):
                break
            message = json.loads(line)
            body = source.read(message["size"])
            if message["kind"] == "start":
                self.settings = message
                self.start()
            elif message["kind"] == "answer":
                waiting = self.answers.pop(message["id"], None)
                if waiting:
                    waiting.deliver(message, body)
            elif message["kind"] == "stop":
                self.stop(message["grace"])
        self.stop(0)

    def start(self):
        settings = self.settings
        temporary = settings["temporary"]
        clear(temporary)
        environment = dict(settings["environment"])
        environment["AWS_LAMBDA_RUNTIME_API"] = "127.0.0.1:%d" % self.listen(settings["run"])
        here = os.path.dirname(os.path.abspath(__file__))
        command = [sys.executable] + settings["flags"] + [os.path.join(here, "bootstrap.py")]
        try:
            self.function = subprocess.Popen(
                command,
                cwd=settings["task"],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=2,
                stderr=2,
                # A group of its own, so that what the handler starts ends with it.
                start_new_session=POSIX,
            )
        except OSError as error:
            self.function = None
            self.send({"kind": "failed", "reason": str(error)})
            return
        threading.Thread(target=self.wait, args=(self.function,), daemon=True).start()

    def listen(self, run):
        """On a port of its own, which tells what this process asks for from what is left of the one before."""
        if self.listener:
            try:
                self.listener.shutdown(socket.SHUT_RDWR)
            except OSError:
                # Only Linux has it for a socket that listens.
                pass
            self.listener.close()
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(16)
        threading.Thread(target=self.serve, args=(self.listener, run), daemon=True).start()
        return self.listener.getsockname()[1]

    def wait(self, function):
        code = function.wait()
        end_group(function.pid)
        self.mark()
        self.send({"kind": "exit", "pid": function.pid, "code": code})

    def stop(self, grace):
        """Lambda's way: asked by a signal, then killed."""
        function = self.function
        if function is None:
            return
        if grace > 0 and function.poll() is None:
            function.terminate()
            try:
                function.wait(grace)
            except subprocess.TimeoutExpired:
                pass
        end_group(function.pid)
        if function.poll() is None:
            function.kill()
        function.wait()

    def mark(self):
        """Tells in the log where the plugin has all that was written until now."""
        os.write(2, ("\0%s\0" % self.settings["mark"]).encode())

    def memory(self):
        """Kilobytes that the function's process needed at most; None where the system does not tell."""
        try:
            with open("/proc/%d/status" % self.function.pid) as status:
                for line in status:
                    if line.startswith("VmHWM:"):
                        return int(line.split()[1])
        except (OSError, ValueError, IndexError):
            pass
        return None

    def serve(self, listener, run):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self.relay, args=(connection, run), daemon=True).start()

    def relay(self, connection, run):
        with connection, connection.makefile("rb") as source:
            try:
                while self.relay_one(connection, source, run):
                    pass
            except (OSError, ValueError):
                # The function's process is gone, or has sent something else.
                pass

    def relay_one(self, connection, source, run):
        method, path, _ = source.readline().decode("latin-1").split(" ")
        headers = {}
        while True:
            line = source.readline().decode("latin-1").strip()
            if not line:
                break
            name, value = line.split(":", 1)
            headers[name.strip().lower()] = value.strip()
        if headers.get("expect", "").lower() == "100-continue":
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = read_body(source, headers)
        if method == "POST":
            self.mark()
        waiting = Waiting()
        with self.writing:
            self.last += 1
            number = self.last
        self.answers[number] = waiting
        message = {"kind": "request", "id": number, "run": run, "method": method, "path": path}
        message["headers"] = headers
        message["memory"] = self.memory()
        self.send(message, body)
        answer, content = waiting.wait()
        head = ["HTTP/1.1 %d Status" % answer["status"], "Content-Length: %d" % len(content)]
        head += ["%s: %s" % item for item in answer["headers"].items()]
        connection.sendall(("\r\n".join(head) + "\r\n\r\n").encode() + content)
        return headers.get("connection", "").lower() != "close"


class Waiting:
    def __init__(self):
        self.there = threading.Event()

    def deliver(self, message, body):
        self.answer = (message, body)
        self.there.set()

    def wait(self):
        self.there.wait()
        return self.answer


def read_body(source, headers):
    if headers.get("transfer-encoding", "").lower() != "chunked":
        return source.read(int(headers.get("content-length", "0")))
    body = b""
    while True:
        length = int(source.readline().split(b";")[0], 16)
        body += source.read(length)
        source.readline()
        if length == 0:
            return body


def clear(directory):
    """A worker that starts again finds an empty /tmp, as in Lambda."""
    for entry in os.scandir(directory):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path, ignore_errors=True)
        else:
            os.unlink(entry.path)


def end_group(pid):
    if not POSIX:
        return
    try:
        os.killpg(pid, signal.SIGKILL)
    except OSError:
        pass


supervisor = Supervisor()
supervisor.read_messages()
# The plugin may have been killed.
for directory in sys.argv[1:]:
    shutil.rmtree(directory, ignore_errors=True)
