# SPDX-License-Identifier: Apache-2.0
"""What the kernel says about a process and the disk; servers pinned to the core that is theirs."""

import os
import re
import signal
import statistics
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from support.fors_server import VERIFIED_CREDENTIALS, ForsServer

TICKS = os.sysconf("SC_CLK_TCK")
MIB = 1 << 20
REST_SECONDS_MAX = 60
PINNED = ["taskset", "-c", "0"]  # before a server's command; the load has core 1


def fors(*flags, **options):
    """A server on core 0 that verifies signatures and limits no rates."""
    options.setdefault("credentials", VERIFIED_CREDENTIALS)
    server = ForsServer("--limits", "none", *flags, **options)
    server.wrapper = PINNED
    return server


def cpu_seconds(pid):
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_mib(pid, name="VmRSS"):
    """Resident memory in MiB; VmHWM: at most so far."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.search(rf"{name}:\s+(\d+) kB", status).group(1)) / 1024


def sync_us(folder):
    """What the disk itself takes: the median of overwriting 4 KiB and fdatasync."""
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        fd, block = file.fileno(), os.urandom(4096)
        os.pwrite(fd, bytes(1 << 20), 0)
        os.fsync(fd)
        times = []
        for n in range(200):
            began = time.perf_counter()
            os.pwrite(fd, block, 4096 * (n % 256))
            os.fdatasync(fd)
            times.append(time.perf_counter() - began)
    return statistics.median(times) * 1e6


_least_us = [float("inf")]  # what a sync took when the disk had least to do


def rest(folder):
    """Waits until the disk syncs about as fast as it ever did here: a rented one that was written
    to for long is slowed down for a while."""
    give_up = time.monotonic() + REST_SECONDS_MAX
    while time.monotonic() < give_up:
        now = sync_us(folder)
        _least_us[0] = min(now, _least_us[0])
        if now <= 1.5 * _least_us[0]:
            return
        time.sleep(1)


@contextmanager
def stopped(pids):
    """The processes stand still meanwhile."""
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
