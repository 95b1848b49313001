# SPDX-License-Identifier: Apache-2.0
"""P9 and P5: much data.

Fills two streams, then shows the memory, the restart after kill -9, the reading of shards from the
disk, and that the disk gets its space back: half of the data expire (the server is started with a
clock that is 25 hours ahead), the rest goes with its stream.
"""

import os
import re
import socket
import statistics
import time
from pathlib import Path

import load
from clients import client_of, make_stream
from machine import MIB, cpu_seconds, fors, memory_mib
from support.fors_server import VERIFIED_CREDENTIALS as CREDENTIALS

RECORD_BYTES = 1024
SHARDS = 500  # of each of the two streams
SHARDS_READ = 32
SEGMENTS_MIB = 256  # of the journal, which keeps some for later
RECLAIM_SECONDS_MAX = 120
RESTART_S, READ_RATE, MEMORY_MIB = 1, 500, 400
KEPT, EXPIRING = "kept", "expiring"


def faketime():
    """The library that puts a process's clock ahead."""
    return next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))


def disk_mib(folder):
    """What the files take on the disk, holes not counted."""
    return sum(f.stat().st_blocks * 512 for f in Path(folder).rglob("*") if f.is_file()) / MIB


def wait_until_below(folder, mib):
    """Seconds until the folder takes less; None when it never does."""
    began = time.monotonic()
    while time.monotonic() - began < RECLAIM_SECONDS_MAX:
        if disk_mib(folder) < mib:
            return time.monotonic() - began
        time.sleep(0.2)
    return None


def forget_files():
    """Nothing of the files stays in the system's memory, where we may say so."""
    os.sync()
    if os.geteuid() == 0:
        Path("/proc/sys/vm/drop_caches").write_text("3", encoding="ascii")


def fill(server, folder, stream, mib):
    """Writes about so much; seconds it took, MiB written."""
    requests = Path(folder) / stream
    bodies = load.put_records(stream, RECORD_BYTES, keys=24 * 500)
    load.write_requests(
        requests, (load.request(server.endpoint, "PutRecords", b, CREDENTIALS) for b in bodies)
    )
    written, began = 0, time.monotonic()
    while written < mib * MIB:
        result = load.wrk(server.endpoint, requests, 4, 1 if mib < 2048 else 2)
        assert not result["bad"], f"{result['bad']} puts were refused"
        written += result["requests"] * 500 * RECORD_BYTES
    return time.monotonic() - began, written / MIB


class Shard:
    """GetRecords over a connection, replies counted but not parsed: Python would be the limit."""

    def __init__(self, server, connection, iterator, buffer):
        self._endpoint, self._connection = server.endpoint, connection
        self._iterator, self._buffer = iterator, buffer

    def read(self):
        """Records of the next reply; None at the end."""
        body = {"ShardIterator": self._iterator, "Limit": 10000}
        self._connection.sendall(load.request(self._endpoint, "GetRecords", body, CREDENTIALS))
        reply = self._reply()
        ends = bytes(reply[:1024]) + bytes(reply[-1024:])
        self._iterator = re.search(rb'"NextShardIterator":"([^"]+)"', ends).group(1).decode()
        behind = int(re.search(rb'"MillisBehindLatest":(\d+)', ends).group(1))
        # A record's text is as long as its neighbours': the size says how many there are.
        first = bytes(reply[:8192]).find(b'"Data":')
        if first < 0:
            return None if behind == 0 else 0
        second = bytes(reply[first : first + 8192]).find(b'"Data":', 1)
        if second < 0:
            return 1
        return round(len(reply) / second)

    def _reply(self):
        """The body of a reply."""
        have, end = 0, -1
        while end < 0:
            have += self._receive(have)
            end = self._buffer.find(b"\r\n\r\n", 0, have)
        head = bytes(self._buffer[:end])
        assert head.startswith(b"HTTP/1.1 200"), head
        whole = end + 4 + int(re.search(rb"content-length: (\d+)", head).group(1))
        while have < whole:
            have += self._receive(have)
        return memoryview(self._buffer)[end + 4 : whole]

    def _receive(self, have):
        got = self._connection.recv_into(memoryview(self._buffer)[have:])
        assert got, "the server closed the connection"
        return got


def read_shards(server, stream, count):
    """Record bytes read from shards one after the other, seconds it took."""
    kinesis = client_of(server.endpoint, CREDENTIALS)
    iterators = [
        kinesis.get_shard_iterator(
            StreamName=stream,
            ShardId=f"shardId-{n * SHARDS // count:012}",
            ShardIteratorType="TRIM_HORIZON",
        )["ShardIterator"]
        for n in range(count)
    ]
    buffer, records = bytearray(24 * MIB), 0
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        began = time.monotonic()
        for iterator in iterators:
            shard = Shard(server, connection, iterator, buffer)
            while (got := shard.read()) is not None:
                records += got
        return records * RECORD_BYTES, time.monotonic() - began


def row_of(name, what, measured, unit, aim, note=""):
    """A row; `aim`: text of the target, ratio to it, whether it is met."""
    target, ratio, met = aim
    return {
        "row": name,
        "what": what,
        "target": target,
        "measured": measured,
        "unit": unit,
        "ratio": ratio,
        "of": "the target",
        "note": note,
        "met": met,
    }


def restarts(server, options):
    """P9: kill -9, then start to ready, nothing of the files in memory."""
    times = []
    for _ in range(options.runs):
        server.kill9()
        forget_files()
        began = time.monotonic()
        server.start()
        times.append(time.monotonic() - began)
    slowest = max(times)
    what = f"restart with {options.gib:g} GiB retained, slowest of {len(times)}"
    aim = (f"<= {RESTART_S} s", slowest / RESTART_S, slowest <= RESTART_S)
    return row_of("P9", what, slowest, " s", aim, f"fastest {min(times):.2f} s")


def catch_up(server, options):
    """P5: shards of 1,000, each read from its beginning to its end: from the disk, then again from
    the system's memory (fors' own holds less than they are)."""
    for where, cold in (("from the disk", True), ("from the page cache", False)):
        rates, cpu, read = [], [], 0
        for _ in range(options.runs):
            if cold:
                forget_files()
            before = cpu_seconds(server.pid)
            read, seconds = read_shards(server, KEPT, SHARDS_READ)
            cpu.append((cpu_seconds(server.pid) - before) * 1e6 / (read / RECORD_BYTES))
            rates.append(read / seconds / 1e6)
        rate = statistics.median(rates)
        what = f"catch-up read, shards of {2 * SHARDS:,} in {options.gib:g} GiB, {where}"
        aim = (f">= {READ_RATE} MB/s", rate / READ_RATE, rate >= READ_RATE)
        row = row_of("P5", what, rate, " MB/s", aim, f"{SHARDS_READ} shards, {read / MIB:.0f} MiB")
        yield {**row, "cpu_us": statistics.median(cpu)}


def after(seconds):
    """A note."""
    return "never" if seconds is None else f"after {seconds:.1f} s"


def reclaims(server):
    """The disk gets its space back: what expires, what is deleted."""
    server.kill9()
    server.start(LD_PRELOAD=str(faketime()), FAKETIME="+25h")
    before = disk_mib(server.data)
    seconds = wait_until_below(server.data, before * 0.6)
    left = disk_mib(server.data)
    aim = ("<= 0.60 of it", left / before, seconds is not None)
    yield row_of("P9", "disk used when half has expired", left, " MiB", aim, after(seconds))
    server.kill9()
    server.start()
    client_of(server.endpoint, CREDENTIALS).delete_stream(StreamName=KEPT)
    target = before * 0.1 + SEGMENTS_MIB
    seconds = wait_until_below(server.data, target)
    left = disk_mib(server.data)
    aim = (f"<= {target:,.0f} MiB", left / target, seconds is not None)
    yield row_of("P9", "disk used when the rest is deleted", left, " MiB", aim, after(seconds))


def rows(options, folder):
    """All steps, over one server's data."""
    with fors() as server:
        kinesis = client_of(server.endpoint, CREDENTIALS)
        for stream in (KEPT, EXPIRING):
            make_stream(kinesis, stream, SHARDS)
        kinesis.increase_stream_retention_period(StreamName=KEPT, RetentionPeriodHours=48)
        half = options.gib * 1024 / 2
        filled = [fill(server, folder, stream, half) for stream in (KEPT, EXPIRING)]
        rate = sum(mib for _, mib in filled) / sum(seconds for seconds, _ in filled)
        yield restarts(server, options)
        if "P5" in options.rows:
            yield from catch_up(server, options)
        most = memory_mib(server.pid, "VmHWM")
        aim = (f"<= {MEMORY_MIB} MiB", most / MEMORY_MIB, most <= MEMORY_MIB)
        what = "memory at most, default cache"
        yield row_of("P9", what, most, " MiB", aim, f"written at {rate:.0f} MiB/s")
        yield from reclaims(server)
