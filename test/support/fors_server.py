# SPDX-License-Identifier: Apache-2.0
"""A server under test: on 127.0.0.1 and a free port, in a directory of its own, stopped by its pid."""

import os
import selectors
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS_MAX = 20
CREDENTIALS = ("AKIDFORSTESTS0000001", "a-secret/of+the+tests")


def binary():
    """The binary under test."""
    return os.environ.get("FORS_BIN") or str(ROOT / "build/release/fors")


class ForsServer:
    """Runs `fors serve`; as a context manager it stops the server and removes its directory."""

    def __init__(self, *flags, verified=False, data=None):
        self._flags = list(flags)
        self._own_data = data is None
        self.data = data or tempfile.mkdtemp(prefix="fors-test-")
        self.access_key, self.secret_key = CREDENTIALS if verified else ("test", "test")
        self._environment = {k: v for k, v in os.environ.items() if not k.startswith("FORS_")}
        if verified:
            self._environment["FORS_ACCESS_KEY_ID"] = self.access_key
            self._environment["FORS_SECRET_ACCESS_KEY"] = self.secret_key
        self._port = 0
        self._process = None
        self.endpoint = None
        self.ready_line = None

    @property
    def pid(self):
        return self._process.pid

    @property
    def log_path(self):
        return f"{self.data}.log"

    def start(self):
        """Returns when the server has said that it is ready."""
        command = [binary(), "serve", "--listen", f"127.0.0.1:{self._port}", "--data", self.data]
        with open(self.log_path, "ab") as log:
            self._process = subprocess.Popen(command + self._flags, env=self._environment,
                                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)
        self.ready_line = self._first_line()
        if not self.ready_line.startswith("fors ready "):
            self.kill9()
            raise RuntimeError(f"the server did not start: {self.ready_line!r}\n{self.log()}")
        self.endpoint = self.ready_line.split()[2]
        self._port = int(self.endpoint.rsplit(":", 1)[1])
        return self

    def _first_line(self):
        give_up = time.monotonic() + START_SECONDS_MAX
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            text = b""
            while b"\n" not in text and time.monotonic() < give_up:
                if selector.select(timeout=1):
                    part = os.read(self._process.stdout.fileno(), 4096)
                    if not part:
                        break
                    text += part
        return text.split(b"\n", 1)[0].decode()

    def log(self):
        return Path(self.log_path).read_text(encoding="utf-8", errors="replace")

    def alive(self):
        return self._process is not None and self._process.poll() is None

    def stop(self, seconds_max=20):
        """SIGTERM; gives the exit code."""
        return self._end(signal.SIGTERM, seconds_max)

    def kill9(self):
        """SIGKILL, without a word to the server."""
        return self._end(signal.SIGKILL, 10)

    def _end(self, number, seconds_max):
        if self._process is None:
            return None
        process, self._process = self._process, None
        if process.poll() is None:
            process.send_signal(number)
        try:
            return process.wait(timeout=seconds_max)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
        finally:
            process.stdout.close()

    def restart(self):
        """Starts again on the same directory and port."""
        return self.start()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
        if self._own_data:
            shutil.rmtree(self.data, ignore_errors=True)
            Path(self.log_path).unlink(missing_ok=True)
