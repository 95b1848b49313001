# SPDX-License-Identifier: Apache-2.0
"""The ideal server (bench/ideal) as a child process on core 0."""

import os
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

from machine import PINNED
from support.fors_server import BINARY

PROGRAM = BINARY.with_name("bench_ideal")


@contextmanager
def ideal(credentials):
    """Gives endpoint and pid; None where the program can't run."""
    if not PROGRAM.exists():
        yield None
        return
    key, secret = credentials
    with tempfile.TemporaryDirectory(prefix="fors-ideal-") as folder:
        process = subprocess.Popen(
            [*PINNED, str(PROGRAM), folder],
            env={**os.environ, "FORS_ACCESS_KEY_ID": key, "FORS_SECRET_ACCESS_KEY": secret},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            word, _, port = process.stdout.readline().partition(" ")
            assert word == "ready", "the ideal server did not start"
            yield SimpleNamespace(
                endpoint=f"http://127.0.0.1:{int(port)}", pid=process.pid, data=Path(folder)
            )
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
