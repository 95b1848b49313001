# SPDX-License-Identifier: Apache-2.0
"""Memory, descriptors and disk of a server over a long run, and whether they stay flat."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")
TICKS = os.sysconf("SC_CLK_TCK")
DISK_EVERY = 10.0  # seconds
# What may be added over the second half of the run, by the straight line through its samples: a
# share of the mean, or so much where that is little.
MEMORY_SHARE, MEMORY_LEAST = 0.05, 16 << 20
DESCRIPTORS_SHARE, DESCRIPTORS_LEAST = 0.05, 10  # some shards more or less are read


@dataclass
class Sample:
    """At one moment."""

    at: float
    resident: int
    descriptors: int


def growth(points):
    """(what the straight line through (x, y) adds from the first x to the last, the mean of y)."""
    count = len(points)
    mean_x = sum(x for x, _ in points) / count
    mean_y = sum(y for _, y in points) / count
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0
    return slope * (points[-1][0] - points[0][0]), mean_y


class Gauge:
    """Of a process and its data."""

    def __init__(self, pid, data):
        self._process, self._data = Path(f"/proc/{pid}"), data
        self._samples = []
        self._disk, self._disk_at = 0, -DISK_EVERY
        self._cpu = 0.0
        self._cpu_before = self._cpu_seconds()

    def sample(self):
        """Takes one."""
        now = time.monotonic()
        pages = int((self._process / "statm").read_text().split()[1])
        descriptors = len(os.listdir(self._process / "fd"))
        self._samples.append(Sample(now, pages * PAGE, descriptors))
        self._cpu = self._cpu_seconds() - self._cpu_before
        if now - self._disk_at >= DISK_EVERY:
            self._disk_at = now
            self._disk = sum(used_bytes(path) for path in self._data.rglob("*"))

    def last(self):
        """In words."""
        newest = self._samples[-1]
        return (
            f"{newest.resident >> 20} MiB resident, {newest.descriptors} descriptors, "
            f"{self._disk / (1 << 30):.2f} GiB on disk"
        )

    def facts(self):
        """For the report."""
        half = self._second_half()
        memory, memory_mean = growth([(s.at, s.resident) for s in half])
        open_files, open_files_mean = growth([(s.at, s.descriptors) for s in half])
        seconds = self._samples[-1].at - self._samples[0].at
        return {
            "resident MiB, mean of the second half": round(memory_mean / (1 << 20), 1),
            "resident MiB, added in it": round(memory / (1 << 20), 1),
            "resident MiB, at most": max(s.resident for s in self._samples) >> 20,
            "descriptors, mean of the second half": round(open_files_mean, 1),
            "descriptors, added in it": round(open_files, 1),
            "disk GiB": round(self._disk / (1 << 30), 2),
            "CPU of the server, cores": round(self._cpu / seconds, 2),
        }

    def not_flat(self):
        """What grew over the second half by more than it may."""
        half, wrong = self._second_half(), []
        for what, values, share, least in (
            ("resident bytes", [s.resident for s in half], MEMORY_SHARE, MEMORY_LEAST),
            ("descriptors", [s.descriptors for s in half], DESCRIPTORS_SHARE, DESCRIPTORS_LEAST),
        ):
            added, mean = growth(list(zip((s.at for s in half), values)))
            if added > max(share * mean, least):
                wrong.append(f"{what} grew by {added:,.0f} over the second half, mean {mean:,.0f}")
        return wrong

    def _second_half(self):
        middle = (self._samples[0].at + self._samples[-1].at) / 2
        return [sample for sample in self._samples if sample.at >= middle]

    def _cpu_seconds(self):
        fields = (self._process / "stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS


def used_bytes(path):
    """Of a file on disk; it may go away meanwhile."""
    try:
        return path.lstat().st_blocks * 512
    except OSError:
        return 0
