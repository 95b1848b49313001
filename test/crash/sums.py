# SPDX-License-Identifier: Apache-2.0
"""A ledger for a long run: sums of each shard instead of its records, histograms instead of times.
What was acknowledged, heard and read back must come to the same sums."""

import hashlib
import math
import pickle
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

BUCKETS_PER_DECADE = 40  # 6 % from one to the next
SLOT_SECONDS = 10
FAILURES_KEPT = 20
MASK = (1 << 64) - 1


@dataclass
class Sum:
    """Of records in any order: how many, and the sum of their digests."""

    count: int = 0
    digests: int = 0

    def __str__(self):
        return f"{self.count} records ({self.digests:016x})"

    def add(self, name, number):
        """One more."""
        digest = hashlib.blake2b(f"{name} {number}".encode(), digest_size=8).digest()
        self.count += 1
        self.digests = (self.digests + int.from_bytes(digest, "big")) & MASK

    def merge(self, other):
        """Those of another."""
        self.count += other.count
        self.digests = (self.digests + other.digests) & MASK


class Order:
    """Of what a reader is given: a shard's numbers rise, and so do the requests of a writer that
    put records with one key, over all shards; records of one request may come in any order."""

    def __init__(self):
        self._numbers, self._requests = {}, {}

    def broken_by(self, shard, name, number, key):
        """What is wrong with the next record of a shard; None when nothing is."""
        number = int(number)
        before = self._numbers.get(shard, -1)
        self._numbers[shard] = number
        if number <= before:
            return f"{shard}: {number} follows on {before}"
        writer, _, rest = name.rpartition("-")
        request = int(rest.partition(".")[0])
        before = self._requests.get((writer, key), -1)
        self._requests[writer, key] = max(before, request)
        if request < before:
            return f"{shard}: {name} with {key} comes after request {before}"
        return None


def slot_of(moment):
    """Times are kept by the ten seconds."""
    return int(moment // SLOT_SECONDS)


def bucket_of(seconds):
    """The histogram's bucket."""
    return round(math.log10(max(seconds, 1e-6)) * BUCKETS_PER_DECADE)


def percentile(histogram, share):
    """Milliseconds within which that share of all calls ended."""
    left = share * sum(histogram.values())
    for bucket in sorted(histogram):
        left -= histogram[bucket]
        if left <= 0:
            return 1000 * 10 ** (bucket / BUCKETS_PER_DECADE)
    return 0.0


@dataclass
class Sums:
    """What a client keeps; written to its file at the end. Threads may share it."""

    path: object
    written: dict = field(default_factory=dict)  # (stream, shard) -> Sum, of what was acknowledged
    heard: dict = field(default_factory=dict)  # (stream, shard) -> Sum, of what a reader was given
    ends: list = field(default_factory=list)  # (stream, shard, children)
    caught_up: list = field(default_factory=list)  # streams
    failures: list = field(default_factory=list)
    counts: Counter = field(default_factory=Counter)
    times: dict = field(default_factory=dict)  # (operation, slot) -> Counter of buckets
    last: dict = field(default_factory=dict)  # (stream, shard) -> number last heard

    def __post_init__(self):
        self._lock = threading.Lock()

    def __getstate__(self):
        return {name: value for name, value in vars(self).items() if not name.startswith("_")}

    def close(self):
        with open(self.path, "wb") as file:
            pickle.dump(self, file)

    def put(self, stream, began, ended, names, places):
        for name, place in zip(names, places or [None] * len(names)):
            if place is None:
                self._fail(f"{name} was not acknowledged, {ended - began:.1f} s after it was sent")
            else:
                self.written.setdefault((stream, place[0]), Sum()).add(name, place[1])

    def seen(self, stream, shard, records):
        total = self.heard.setdefault((stream, shard), Sum())
        for name, number in records:
            total.add(name, number)
            if int(number) <= self.last.get((stream, shard), -1):
                self._fail(f"{stream} {shard}: {name} has {number}, below one heard before")
            self.last[stream, shard] = int(number)

    def ended(self, stream, shard, children):
        self.ends.append((stream, shard, sorted(children)))

    def caught_up_with(self, stream):
        self.caught_up.append(stream)

    def reshaped(self, stream, operation, parents):
        self.counts["reshards"] += 1

    def tagged(self, stream, value, known):
        self.counts["tags set"] += 1
        if not known:
            self._fail(f"tag {value} of {stream} was not acknowledged")

    def took(self, operation, seconds):
        slot = (operation, slot_of(time.monotonic()))
        with self._lock:
            self.times.setdefault(slot, Counter())[bucket_of(seconds)] += 1

    def _fail(self, text):
        self.counts["failures"] += 1
        if len(self.failures) < FAILURES_KEPT:
            self.failures.append(text)
