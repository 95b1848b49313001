# SPDX-License-Identifier: Apache-2.0
"""A fors server as a child process: started, stopped, killed and started again on the same data."""

import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("FORS_BIN", ROOT / "build" / "release" / "fors"))
REGION = "us-east-1"
START_SECONDS_MAX = 10
STOP_SECONDS_MAX = 30
# Any pair does in open mode; the verified server knows just the second one.
OPEN_CREDENTIALS = ("test", "test")
VERIFIED_CREDENTIALS = ("AKIAFORSTESTKEY00001", "a-secret-for-the-tests-of-fors-alone")


class StartError(RuntimeError):
    """The server ended or said nothing in time; the text holds its log."""


def free_port():
    """A free port below the range the kernel takes client ports from.

    A restarted server finds such a port free again: no client that knocks while the server is down
    can be given it as its own.
    """
    while True:
        port = random.randrange(12000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


class ForsServer:
    """`fors serve` on loopback with a data folder and a log of its own; a context manager."""

    def __init__(self, *flags, data=None, credentials=None, env=None, port=0):
        """`flags` go to fors serve; with `credentials` (id, secret) signatures are verified.

        Without `data` the server gets a temporary folder, which is removed at the end.
        """
        self._home = Path(tempfile.mkdtemp(prefix="fors-test-"))
        self.data = Path(data) if data else self._home / "data"
        self.log = self._home / "log"
        self.flags, self.credentials = list(flags), credentials
        self._env, self._port = dict(env or {}), port
        self._process, self._log_start = None, 0
        self.binary, self.start_seconds_max = BINARY, START_SECONDS_MAX
        self.wrapper = []  # a command before the server's, that becomes it
        self.ready = {}  # what the first line said: data, access, limits
        self.endpoint = None

    def __enter__(self):
        return self if self._process else self.start()

    def __exit__(self, *_):
        try:
            self.stop()
        finally:
            shutil.rmtree(self._home, ignore_errors=True)

    @property
    def pid(self):
        return self._process.pid

    @property
    def port(self):
        """The port of the last start; the next one takes it again."""
        return self._port

    @property
    def running(self):
        return self._process is not None and self._process.poll() is None

    def start(self, *flags, **env):
        """Starts and waits until it is ready; `flags` and `env` are for this start only."""
        self.launch(*flags, **env)
        self._wait_ready()
        return self

    def launch(self, *flags, **env):
        """The same without waiting."""
        assert not self.running, "already running"
        command = [*self.wrapper, str(self.binary), "serve", "--listen", f"127.0.0.1:{self._port}"]
        command += ["--data", str(self.data), *self.flags, *flags]
        self._log_start = self.log.stat().st_size if self.log.exists() else 0
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen(
                command, env=self._environment(env), stdin=subprocess.DEVNULL,
                stdout=log, stderr=log,
            )

    def stop(self):
        """SIGTERM, then waits; the exit code (0 after a graceful stop), None when it never ran."""
        if self._process is None:
            return None
        if self.running:
            self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise RuntimeError(f"no end {STOP_SECONDS_MAX} s after SIGTERM\n{self.log_tail()}")

    def kill9(self, may_have_ended=False):
        """The sudden death: nothing is flushed, nobody is told."""
        assert may_have_ended or self.running, f"the server ended by itself\n{self.log_tail()}"
        self._process.kill()
        self._process.wait()

    def restart(self, *flags, **env):
        """Starts again on the same data and port; stops first when still running."""
        if self.running:
            self.stop()
        return self.start(*flags, **env)

    def client_environment(self):
        """The variables with which any AWS client finds this server."""
        key, secret = self.credentials or OPEN_CREDENTIALS
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def signal(self, number):
        """Sends a signal."""
        self._process.send_signal(number)

    def wait(self, seconds=STOP_SECONDS_MAX):
        """The exit code, once it has ended by itself; TimeoutExpired when it doesn't."""
        return self._process.wait(seconds)

    def log_tail(self, lines=40):
        """The last lines of the server's output."""
        text = self.log.read_text("utf-8", "replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def _environment(self, extra):
        mine = ("FORS_", "AWS_")
        base = {name: value for name, value in os.environ.items() if not name.startswith(mine)}
        if self.credentials:
            base["FORS_ACCESS_KEY_ID"], base["FORS_SECRET_ACCESS_KEY"] = self.credentials
        return {**base, **self._env, **extra}

    def _wait_ready(self):
        deadline = time.monotonic() + self.start_seconds_max
        while True:
            ended = not self.running
            line = self._ready_line()
            if line:
                break
            if ended or time.monotonic() > deadline:
                self._process.kill()
                code = self._process.wait()
                raise StartError(f"not ready, exit code {code}\n{self.log_tail()}")
            time.sleep(0.005)
        _, _, self.endpoint, *facts = line.split(" ")
        self.ready = dict(fact.split("=", 1) for fact in facts if "=" in fact)
        self._port = int(self.endpoint.rsplit(":", 1)[1])

    def _ready_line(self):
        with open(self.log, "rb") as log:
            log.seek(self._log_start)
            for line in log:
                if line.startswith(b"fors ready ") and line.endswith(b"\n"):
                    return line.decode().rstrip("\n")
        return None
