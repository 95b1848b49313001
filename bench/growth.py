# SPDX-License-Identifier: Apache-2.0
"""./dev bench --growth: how rates, latency and memory go as something grows: shards, streams,
connections, record sizes, retained data."""

import argparse
import json
import os
import shutil
import socket
import statistics
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path[:0] = [str(HERE), str(ROOT / "test")]

import load  # noqa: E402
import retained  # noqa: E402
from clients import client_of, make_stream  # noqa: E402
from machine import fors, memory_mib, sync_us  # noqa: E402
from puts import requests_for  # noqa: E402
from support.fors_server import VERIFIED_CREDENTIALS as CREDENTIALS  # noqa: E402
from turns import Contender, take_turns  # noqa: E402
from wide import put_small  # noqa: E402

KIB, MIB = 1 << 10, 1 << 20
REQUEST_FILE_BYTES = 32 * MIB


def measured(server, requests, connections, records, options):
    """The medians of one load."""
    contender = Contender(server.endpoint, server.pid, requests, records)
    take_turns([contender], connections, options)
    assert not contender.median("bad"), "requests were refused"
    keys = ("records", "cpu_us", "p50", "p99")
    figures = {key: contender.median(key) for key in keys}
    return {**figures, "memory_mib": memory_mib(server.pid), "sync_us": sync_us(server.data)}


def restarted_s(server, cold=False):
    """Seconds from a start after kill -9 to ready; cold: the kernel has forgotten the files."""
    server.kill9()
    if cold:
        retained.forget_files()
    began = time.monotonic()
    server.start()
    return time.monotonic() - began


def shards(count, folder, options):
    """PutRecords into a stream of so many shards."""
    with fors() as server:
        kinesis = client_of(server.endpoint, CREDENTIALS)
        make_stream(kinesis, "s", count)
        before = memory_mib(server.pid)
        put_small(server, "s", max(1, 3 * count // 500))
        index_mib = memory_mib(server.pid) - before
        bodies = load.put_records("s", KIB, count=24, keys=24 * 500)
        path = requests_for(Path(folder) / "shards", server.endpoint, "PutRecords", bodies)
        figures = measured(server, path, 4, 500, options)
        return {**figures, "index_mib": index_mib, "restart_s": restarted_s(server)}


def create_streams(server, count):
    """Streams of one shard: s0, s1 and so on, made over a single connection."""
    with socket.create_connection(("127.0.0.1", server.port)) as link:
        for n in range(count):
            body = {"StreamName": f"s{n}", "ShardCount": 1}
            link.sendall(load.request(server.endpoint, "CreateStream", body, CREDENTIALS))
            answer = link.recv(65536)
            assert answer.startswith(b"HTTP/1.1 200"), answer
    waiter = client_of(server.endpoint, CREDENTIALS).get_waiter("stream_exists")
    waiter.wait(StreamName=f"s{count - 1}", WaiterConfig={"Delay": 0.2, "MaxAttempts": 100})


def streams(count, folder, options):
    """PutRecord to so many streams in turn."""
    with fors() as server:
        before = memory_mib(server.pid)
        began = time.monotonic()
        create_streams(server, count)
        took = time.monotonic() - began
        created_mib = memory_mib(server.pid) - before
        bodies = [
            {**body, "StreamName": f"s{n % count}"}
            for n, body in enumerate(load.put_record("", KIB, count=max(512, count)))
        ]
        path = requests_for(Path(folder) / "streams", server.endpoint, "PutRecord", bodies)
        figures = measured(server, path, 64, 1, options)
        more = {"created_mib": created_mib, "create_ms": took * 1e3 / count}
        return {**figures, **more, "restart_s": restarted_s(server)}


def connections(count, folder, options):
    """PutRecord from so many connections, all of them busy."""
    with fors() as server:
        make_stream(client_of(server.endpoint, CREDENTIALS), "s", 4)
        bodies = load.put_record("s", KIB)
        path = requests_for(Path(folder) / "connections", server.endpoint, "PutRecord", bodies)
        return measured(server, path, count, 1, options)


def sizes(size, folder, options):
    """PutRecord of so many bytes."""
    with fors() as server:
        kinesis = client_of(server.endpoint, CREDENTIALS)
        make_stream(kinesis, "s", 4)
        if size > MIB:
            summary = kinesis.describe_stream_summary(StreamName="s")["StreamDescriptionSummary"]
            kinesis.update_max_record_size(
                StreamARN=summary["StreamARN"], MaxRecordSizeInKiB=size // KIB
            )
            kinesis.get_waiter("stream_exists").wait(
                StreamName="s", WaiterConfig={"Delay": 0.2, "MaxAttempts": 100}
            )
        # The key counts, too: the largest record has none too many bytes.
        data = size - 8 if size >= MIB else size
        bodies = load.put_record("s", data, count=max(4, min(512, REQUEST_FILE_BYTES // size)))
        path = requests_for(Path(folder) / "sizes", server.endpoint, "PutRecord", bodies)
        figures = measured(server, path, 16 if size < MIB else 4, 1, options)
        return {**figures, "mb": figures["records"] * data / 1e6}


class Retained:
    """A store that is filled from point to point."""

    def __init__(self):
        self._server = None
        self._gib = 0

    def __call__(self, gib, folder, options):
        if not self._server:
            self._server = fors().start()
            kinesis = client_of(self._server.endpoint, CREDENTIALS)
            make_stream(kinesis, retained.KEPT, retained.SHARDS)
        free = shutil.disk_usage(self._server.data).free / retained.MIB / 1024
        if gib - self._gib > free / 2:
            print(f"retained: {gib} GiB LEFT OUT, {free:.0f} GiB of the disk are free")
            return None
        figures = {}
        if gib > self._gib:
            more = (gib - self._gib) * 1024
            seconds, mib = retained.fill(self._server, folder, retained.KEPT, more)
            figures["write_mb"] = mib * MIB / seconds / 1e6
            self._gib += mib / 1024
        figures["restart_s"] = restarted_s(self._server, cold=True)
        figures["index_mib"] = memory_mib(self._server.pid)
        if gib:
            rates = []
            for _ in range(options.runs):
                retained.forget_files()
                read, seconds = retained.read_shards(self._server, retained.KEPT, 16)
                rates.append(read / seconds / 1e6)
            figures["read_mb"] = statistics.median(rates)
        return figures

    def close(self):
        """Stops it; its data go."""
        if self._server:
            self._server.__exit__()


def powers(most):
    """1, 10, 100 and so on, with their names."""
    return [(10**n, f"{10**n:,}") for n in range(most + 1)]


def panel(key, title):
    """What a plot shows of a curve."""
    return {"key": key, "title": title}


RATE = panel("records", "records a second")
CPU = panel("cpu_us", "CPU µs a record")
P50, P99 = panel("p50", "latency, p50 ms"), panel("p99", "latency, p99 ms")
RESTART = panel("restart_s", "restart after kill -9, s")
SIZES = ((1, "1 B"), (100, "100 B"), (KIB, "1 KiB"), (10 * KIB, "10 KiB"), (100 * KIB, "100 KiB"))
CURVES = {  # the axis, the points, how one is measured, what is drawn of it
    "shards": (
        "shards; PutRecords 500 × 1 KiB, 4 connections",
        powers(4),
        shards,
        (RATE, CPU, panel("index_mib", "memory of shards with records, MiB"), RESTART),
    ),
    "streams": (
        "streams; PutRecord 1 KiB to each in turn, 64 connections",
        powers(4),
        streams,
        (RATE, CPU, panel("created_mib", "memory of the new streams, MiB"), RESTART),
    ),
    "connections": (
        "connections; PutRecord 1 KiB",
        [(n, f"{n:,}") for n in (1, 4, 16, 64, 256, 1000, 5000)],
        connections,
        (RATE, CPU, P50, P99),
    ),
    "sizes": (
        "size of a record; PutRecord, 16 connections, 4 from 1 MiB on",
        [*SIZES, (MIB, "1 MiB"), (10 * MIB, "10 MiB")],
        sizes,
        (RATE, panel("mb", "MB a second"), CPU, P50),
    ),
    "retained": (
        "GiB retained; 500 shards",
        [(n, str(n)) for n in (0, 1, 2, 5, 10, 20)],
        Retained(),
        (
            panel("write_mb", "PutRecords, MB a second"),
            panel("read_mb", "catch-up read from the disk, MB a second"),
            panel("index_mib", "memory after the restart, MiB"),
            RESTART,
        ),
    ),
}


def grow(name, options):
    """One curve, printed as it comes."""
    axis, points, measure, panels = CURVES[name]
    taken = []
    with tempfile.TemporaryDirectory(prefix="fors-bench-") as folder:
        for x, label in points[: options.points]:
            figures = measure(x, folder, options)
            if figures is None:
                break
            taken.append({"x": x, "name": label, **figures})
            said = ", ".join(f"{key} {value:,.2f}" for key, value in figures.items())
            print(f"{name:12}{label:>8}  {said}", flush=True)
    return {"name": name, "axis": axis, "panels": list(panels), "points": taken}


def main():
    """All curves, or those asked for; the others stay in the file as they were."""
    parser = argparse.ArgumentParser(prog="./dev bench --growth")
    parser.add_argument("--curves", default=",".join(CURVES), help="default: %(default)s")
    parser.add_argument("--seconds", type=int, default=5, help="of each run")
    parser.add_argument("--runs", type=int, default=3, help="of which the median counts")
    parser.add_argument("--points", type=int, help="only so many of each curve, to try it")
    parser.add_argument("--folder", default="/var/tmp", help="on the disk that is measured")
    parser.add_argument(
        "--json", default=str(ROOT / "build/bench/growth.json"), help="default: %(default)s"
    )
    options = parser.parse_args()
    wanted = options.curves.split(",")
    if unknown := set(wanted) - set(CURVES):
        parser.error(f"no such curves: {', '.join(unknown)}; there are {', '.join(CURVES)}")
    tempfile.tempdir = options.folder
    os.sched_setaffinity(0, {load.LOAD_CORE})
    out = Path(options.json)
    out.parent.mkdir(parents=True, exist_ok=True)
    known = json.loads(out.read_text(encoding="utf-8"))["curves"] if out.exists() else []
    curves = {curve["name"]: curve for curve in known}
    try:
        for name in wanted:
            curves[name] = grow(name, options)
            document = {"curves": list(curves.values())}
            out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    finally:
        CURVES["retained"][2].close()


if __name__ == "__main__":
    main()
