# SPDX-License-Identifier: Apache-2.0
"""P8: start to first answer in an empty directory, and memory when idle."""

import statistics
import time
import urllib.request

from machine import fors, memory_mib

ROUNDS = 5
START_MS, IDLE_MB = 50, 20


def rows(_options, _folder):
    """P8."""
    times, memory = [], []
    for _ in range(ROUNDS):
        server = fors(credentials=None)
        began = time.perf_counter()
        with server:
            with urllib.request.urlopen(server.endpoint + "/_fors/health") as answer:
                answer.read()
            times.append((time.perf_counter() - began) * 1e3)
            memory.append(memory_mib(server.pid) * 1.048576)
    start, idle = statistics.median(times), statistics.median(memory)
    yield {
        "row": "P8",
        "what": "start to first answer; idle memory",
        "target": f"<= {START_MS} ms, {IDLE_MB} MB",
        "measured": start,
        "unit": " ms",
        "spread": (max(times) - min(times)) / start,
        "ratio": start / START_MS,
        "of": "the target",
        "note": f"{idle:.1f} MB idle",
        "met": start <= START_MS and idle <= IDLE_MB,
    }
