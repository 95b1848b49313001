# SPDX-License-Identifier: Apache-2.0
"""./dev bench --retained: much data under a small cache.

Fills a stream, then shows the memory, the restart after kill -9, the reading of one shard from the
disk, and that the disk gets its space back: half of the data expire (the server is started with a
clock that is 25 hours ahead), the rest goes with its stream.
"""

import argparse
import http.client
import json
import os
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "test")]

import load  # noqa: E402
from clients import client_of, make_stream  # noqa: E402
from support.fors_server import OPEN_CREDENTIALS, ForsServer  # noqa: E402

MIB = 1 << 20
RECORD_BYTES = 1024
FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
RECLAIM_SECONDS_MAX = 120


def memory_mib(pid, name):
    """VmRSS, VmHWM of a process."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.search(rf"{name}:\s+(\d+) kB", status).group(1)) / 1024


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


def fill(server, folder, stream, mib):
    """Writes about so much; seconds it took."""
    requests = Path(folder) / f"{stream}.lua"
    bodies = load.put_records(stream, RECORD_BYTES)
    load.write_requests(requests, server.endpoint, "PutRecords", bodies, OPEN_CREDENTIALS)
    written, began = 0, time.monotonic()
    while written < mib * MIB:
        result = load.wrk(server.endpoint, requests, 4, 2)
        assert not result["bad"], f"{result['bad']} puts were refused"
        written += result["requests"] * 500 * RECORD_BYTES
    return time.monotonic() - began, written / MIB


class Shard:
    """GetRecords over one connection, replies counted but not parsed."""

    def __init__(self, server, stream, shard):
        kinesis = client_of(server.endpoint, OPEN_CREDENTIALS)
        self._iterator = kinesis.get_shard_iterator(
            StreamName=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port)

    def read(self):
        """Records of the next reply; None at the end."""
        body = json.dumps({"ShardIterator": self._iterator, "Limit": 10000})
        headers = {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": "Kinesis_20131202.GetRecords",
            "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/kinesis/"
            "aws4_request, SignedHeaders=host;x-amz-date, Signature=" + "0" * 64,
            "X-Amz-Date": time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()),
        }
        self._connection.request("POST", "/", body, headers)
        reply = self._connection.getresponse().read()
        ends = reply[:1024] + reply[-1024:]
        self._iterator = re.search(rb'"NextShardIterator":"([^"]+)"', ends).group(1).decode()
        records = reply.count(b'"Data":')
        behind = re.search(rb'"MillisBehindLatest":(\d+)', ends)
        return None if records == 0 and int(behind.group(1)) == 0 else records


def read_shard(server, stream, shard):
    """MB/s of record bytes, records, and the server's CPU ns a byte."""
    reader, records, began = Shard(server, stream, shard), 0, time.monotonic()
    while (got := reader.read()) is not None:
        records += got
    seconds = time.monotonic() - began
    return records * RECORD_BYTES / seconds / 1e6, records


def main():
    """Prints what each step took."""
    parser = argparse.ArgumentParser(prog="./dev bench --retained")
    parser.add_argument("--gib", type=float, default=10)
    parser.add_argument("--shards", type=int, default=16)
    parser.add_argument("--cache-mib", type=int, default=256)
    parser.add_argument("--folder", default="/var/tmp", help="where the data lie while it runs")
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="fors-retained-", dir=options.folder)
    try:
        run(options, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run(options, folder):
    """All steps, in the given folder."""
    flags = ("--limits", "none", "--cache-mib", str(options.cache_mib))
    mib = options.gib * 1024
    with ForsServer(*flags, data=Path(folder) / "data") as server:
        for stream in ("kept", "expiring"):
            make_stream(client_of(server.endpoint, OPEN_CREDENTIALS), stream, options.shards)
        client_of(server.endpoint, OPEN_CREDENTIALS).increase_stream_retention_period(
            StreamName="kept", RetentionPeriodHours=48
        )
        for stream in ("kept", "expiring"):
            seconds, written = fill(server, folder, stream, mib / 2)
            print(
                f"written        {written:8.0f} MiB, {seconds:.0f} s, {written / seconds:.0f} MiB/s"
            )
        print(
            f"memory         {memory_mib(server.pid, 'VmRSS'):8.0f} MiB, "
            f"{memory_mib(server.pid, 'VmHWM'):.0f} MiB at most"
        )
        print(f"disk           {disk_mib(server.data):8.0f} MiB")
        server.kill9()
        os.system("sync; echo 3 > /proc/sys/vm/drop_caches")
        began = time.monotonic()
        server.start()
        print(f"restart        {time.monotonic() - began:8.2f} s")
        rate, records = read_shard(server, "kept", "shardId-000000000000")
        print(f"read one shard {rate:8.0f} MB/s ({records * RECORD_BYTES / 1e6:.0f} MB, from disk)")
        print(
            f"memory         {memory_mib(server.pid, 'VmRSS'):8.0f} MiB, "
            f"{memory_mib(server.pid, 'VmHWM'):.0f} MiB at most"
        )
        server.kill9()
        server.start(LD_PRELOAD=str(FAKETIME), FAKETIME="+25h")
        before = disk_mib(server.data)
        seconds = wait_until_below(server.data, before * 0.6)
        print(f"expired        {disk_mib(server.data):8.0f} MiB left, after {seconds} s")
        server.kill9()
        server.start()
        client_of(server.endpoint, OPEN_CREDENTIALS).delete_stream(StreamName="kept")
        seconds = wait_until_below(server.data, options.cache_mib + 512)
        print(f"deleted        {disk_mib(server.data):8.0f} MiB left, after {seconds} s")


if __name__ == "__main__":
    main()
