# SPDX-License-Identifier: Apache-2.0
"""The kill test: writers and a reader run while the server dies by SIGKILL again and again.

Afterwards every acknowledged record is there exactly once, at its sequence number, in order. A
record whose answer was cut off may be there once or not at all. Nothing else may be there, and
nothing that a reader has seen may be gone.

FORS_KILLS sets the number of kills, FORS_SEED repeats a run's timing, FORS_KILL_MAX_WAIT is the
longest time between two kills.
"""

import base64
import http.client
import os
import random
import threading
import time
import zlib
from collections import Counter, defaultdict

import pytest

from support.fors_server import ForsServer, free_port
from support.raw_kinesis import RawKinesis

KILLS = int(os.environ.get("FORS_KILLS", "50"))
WAIT_MAX = float(os.environ.get("FORS_KILL_MAX_WAIT", "0.8"))
STREAM = "kill-test"
SHARDS = 4
SINGLE_WRITERS = 4
BATCH_WRITERS = 3
BATCH_MAX = 40
CUT_OFF = (OSError, http.client.HTTPException)


def payload(name):
    """The bytes of record `name`: any change in them shows. Up to about 2 KiB, some far larger."""
    dice = random.Random(name)
    size = 60_000 if dice.random() < 0.01 else dice.randrange(2000)
    text = f"{name} " + "x" * size
    return f"{text} {zlib.crc32(text.encode()):08x}".encode()


def name_of(data):
    """The record's name; fails when the bytes are not those that were written."""
    name = data.split(b" ", 1)[0].decode()
    assert data == payload(name), f"{name} has changed: {data[:80]!r}"
    return name


class Writer(threading.Thread):
    """Writes records w<number>-<n> until told to stop; one request at a time, never repeated."""

    def __init__(self, number, batched, endpoint, stop):
        super().__init__(name=f"w{number}", daemon=True)
        self.batched, self._stop_asked = batched, stop
        self._kinesis = RawKinesis(endpoint, signed=False)
        self._next = 0
        self._dice = random.Random(number)
        self.acknowledged = {}  # name -> (shard, sequence number), in the order written
        self.unknown = set()  # names whose request was cut off or failed
        self.failure = None

    def run(self):
        try:
            while not self._stop_asked.is_set():
                self._write()
        except Exception as failure:  # shown by the test
            self.failure = failure

    def _write(self):
        count = self._dice.randint(1, BATCH_MAX) if self.batched else 1
        names = [f"{self.name}-{self._next + i}" for i in range(count)]
        self._next += count
        self.unknown.update(names)  # until the answer has come
        records = [
            {
                "PartitionKey": f"key-{self._dice.randrange(64)}",
                "Data": base64.b64encode(payload(name)).decode(),
            }
            for name in names
        ]
        try:
            if self.batched:
                answer = self._kinesis.call("PutRecords", StreamName=STREAM, Records=records)
            else:
                answer = self._kinesis.call("PutRecord", StreamName=STREAM, **records[0])
        except CUT_OFF:
            time.sleep(0.02)  # the server is down
            return
        if answer.status >= 500:
            return
        results = answer.ok()["Records"] if self.batched else [answer.ok()]
        assert len(results) == len(names)
        for name, result in zip(names, results):
            if "ErrorCode" not in result:
                self.unknown.remove(name)
                self.acknowledged[name] = (result["ShardId"], result["SequenceNumber"])


def read_shard(kinesis, shard, position=None):
    """Yields batches of (name, sequence number) from one shard up to its tip."""
    start = {"ShardIteratorType": "TRIM_HORIZON"}
    if position:
        start = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": position}
    answer = kinesis.call("GetShardIterator", StreamName=STREAM, ShardId=shard, **start)
    iterator = answer.ok()["ShardIterator"]
    while True:
        answer = kinesis.call("GetRecords", ShardIterator=iterator).ok()
        records = answer["Records"]
        if not records and answer["MillisBehindLatest"] == 0:
            return
        yield [(name_of(base64.b64decode(r["Data"])), r["SequenceNumber"]) for r in records]
        iterator = answer["NextShardIterator"]


class Reader(threading.Thread):
    """Follows all shards; what it has seen once must be there for good."""

    def __init__(self, shards, endpoint, stop):
        super().__init__(name="reader", daemon=True)
        self._shards, self._stop_asked = shards, stop
        self._kinesis = RawKinesis(endpoint, signed=False)
        self.seen = {shard: [] for shard in shards}
        self.failure = None

    def run(self):
        try:
            while not self._stop_asked.is_set():
                self._follow()
                time.sleep(0.05)
        except Exception as failure:  # shown by the test
            self.failure = failure

    def _follow(self):
        for shard in self._shards:
            seen = self.seen[shard]
            try:
                for batch in read_shard(self._kinesis, shard, seen[-1][1] if seen else None):
                    seen.extend(batch)
                    if self._stop_asked.is_set():
                        return
            except CUT_OFF:
                return  # the server is down; go on where we were


def create_stream(endpoint):
    """The ids of the new stream's shards, once it is ACTIVE."""
    kinesis = RawKinesis(endpoint)
    kinesis.call("CreateStream", StreamName=STREAM, ShardCount=SHARDS).ok()
    for _ in range(300):
        description = kinesis.call("DescribeStream", StreamName=STREAM).ok()["StreamDescription"]
        if description["StreamStatus"] == "ACTIVE":
            return [shard["ShardId"] for shard in description["Shards"]]
        time.sleep(0.1)
    pytest.fail("the stream did not become ACTIVE")


def check_shards(stored, writers):
    """Each shard's numbers rise; each record is there once, and where its writer was told."""
    place, owner = {}, {}
    for writer in writers:
        owner.update(dict.fromkeys(writer.acknowledged, writer))
        owner.update(dict.fromkeys(writer.unknown, writer))
    for shard, records in stored.items():
        numbers = [int(number) for _, number in records]
        assert all(a < b for a, b in zip(numbers, numbers[1:])), f"{shard} is out of order"
        for name, number in records:
            assert name in owner, f"{name} was never written"
            assert name not in place, f"{name} is there twice: {place[name]}, {(shard, number)}"
            place[name] = (shard, number)
    for writer in writers:
        for name, told in writer.acknowledged.items():
            assert place.get(name) == told, f"{name}: told {told}, found {place.get(name)}"
    return place


def check_writers_order(writers):
    """Requests of one writer follow each other, so do their records in each shard."""
    for writer in (w for w in writers if not w.batched):
        last = defaultdict(int)
        for name, (shard, number) in writer.acknowledged.items():
            assert int(number) > last[shard], f"{name} came before its forerunner"
            last[shard] = int(number)


def run_with_kills(server, threads, stop):
    """Kills and restarts at random moments while all threads work; returns the restart times."""
    seed = int(os.environ.get("FORS_SEED", random.randrange(1 << 32)))
    print(f"seed {seed}, {KILLS} kills")
    dice = random.Random(seed)
    for thread in threads:
        thread.start()
    restarts = []
    for _ in range(KILLS):
        # Half of them come early, so that recovery itself and the first batches are hit, too.
        time.sleep(dice.uniform(0, WAIT_MAX if dice.random() < 0.5 else WAIT_MAX / 8))
        server.kill9()
        started = time.monotonic()
        server.restart()
        restarts.append(time.monotonic() - started)
        broken = [t for t in threads if t.failure]
        if broken:
            raise AssertionError(f"{broken[0].name} failed") from broken[0].failure
    time.sleep(0.5)  # a last stretch without a kill
    stop.set()
    for thread in threads:
        thread.join(timeout=60)
        assert not thread.is_alive(), f"{thread.name} hangs"
        if thread.failure:
            raise AssertionError(f"{thread.name} failed") from thread.failure
    return restarts


def print_totals(writers, reader, place, restarts):
    totals = Counter()
    for writer in writers:
        kind = "batched" if writer.batched else "single"
        totals[f"{kind} acknowledged"] += len(writer.acknowledged)
        totals[f"{kind} cut off"] += len(writer.unknown)
        totals[f"{kind} cut off but stored"] += sum(name in place for name in writer.unknown)
    print(
        f"\n{len(restarts)} kills, restart {max(restarts) * 1000:.0f} ms at most, "
        f"{sum(restarts) / len(restarts) * 1000:.0f} ms on average"
    )
    for what, count in sorted(totals.items()):
        print(f"  {count:8} {what}")
    print(f"  {sum(map(len, reader.seen.values())):8} seen by the reader meanwhile")
    print(f"  {len(place):8} in the stream at the end: no loss, no copy, in order")


@pytest.fixture
def server():
    """With the smallest cache: chunks are cut every few megabytes, so that kills hit that, too."""
    with ForsServer("--limits", "none", "--cache-mib", "16", port=free_port()) as started:
        yield started
        assert started.running, started.log_tail()


def test_every_acknowledged_record_survives_sigkill(server):
    stop = threading.Event()
    shards = create_stream(server.endpoint)
    writers = [Writer(n, False, server.endpoint, stop) for n in range(SINGLE_WRITERS)]
    writers += [
        Writer(SINGLE_WRITERS + n, True, server.endpoint, stop) for n in range(BATCH_WRITERS)
    ]
    reader = Reader(shards, server.endpoint, stop)
    try:
        restarts = run_with_kills(server, [*writers, reader], stop)
    finally:
        stop.set()

    kinesis = RawKinesis(server.endpoint)
    stored = {shard: sum(read_shard(kinesis, shard), []) for shard in shards}
    place = check_shards(stored, writers)
    check_writers_order(writers)
    for shard, seen in reader.seen.items():
        assert seen == stored[shard][: len(seen)], f"the reader saw something else in {shard}"
    print_totals(writers, reader, place, restarts)
    print(f"  {len(list(server.data.rglob('*.chunk'))):8} chunk files cut meanwhile")
    for batched in (False, True):
        some = [w for w in writers if w.batched == batched]
        assert sum(len(w.acknowledged) for w in some) > KILLS, "too few records to mean anything"
