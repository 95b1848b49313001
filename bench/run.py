# SPDX-License-Identifier: Apache-2.0
"""./dev bench: fors beside its references, one row a target of the performance plan."""

import argparse
import base64
import json
import os
import statistics
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "test")]

import load  # noqa: E402
import peers  # noqa: E402
from clients import client_of, make_stream  # noqa: E402
from support.fors_server import VERIFIED_CREDENTIALS as CREDENTIALS, ForsServer  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")
STREAM = "bench"
# What an ideal server does on the machine of the plan: records a second, CPU microseconds a record.
IDEAL = {"P1": (66_000, 11.4), "P2": (475_000, 1.7), "P3": (2_130_000, 0.4)}


def cpu_seconds(pid):
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_mb(pid):
    """Resident memory in MB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


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


def measure(server, requests, connections, records, options):
    """Medians of some runs: records a second, CPU microseconds a record, percentiles."""
    runs = []
    load.wrk(server.endpoint, requests, connections, 1)
    for _ in range(options.runs):
        before = cpu_seconds(server.pid)
        result = load.wrk(server.endpoint, requests, connections, options.seconds)
        used = cpu_seconds(server.pid) - before
        result["records"] = result["rate"] * records
        result["cpu_us"] = used * 1e6 / max(1, result["requests"] * records)
        runs.append(result)
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]}


def rows_of_puts(server, folder, options):
    """P1 to P3."""
    cases = (
        (
            "P1",
            "PutRecord 1 KiB, 64 conn.",
            "PutRecord",
            load.put_record(STREAM, 1024),
            64,
            1,
            55_000,
        ),
        (
            "P2",
            "PutRecords 500 x 1 KiB, 4 conn.",
            "PutRecords",
            load.put_records(STREAM, 1024),
            4,
            500,
            400_000,
        ),
        (
            "P3",
            "PutRecords 500 x 100 B, 16 conn.",
            "PutRecords",
            load.put_records(STREAM, 100),
            16,
            500,
            1_500_000,
        ),
    )
    for name, what, operation, bodies, connections, records, target in cases:
        if name not in options.rows:
            continue
        path = Path(folder) / f"{name}.lua"
        load.write_requests(path, server.endpoint, operation, bodies, CREDENTIALS)
        result = measure(server, path, connections, records, options)
        rate, cpu = IDEAL[name]
        yield {
            "row": name,
            "what": what,
            "target": f">= {target:,}/s",
            "measured": result["records"],
            "ratio": result["records"] / rate,
            "of": f"the ideal's {rate:,}/s, {cpu} us",
            "met": result["records"] >= target,
            "cpu_us": result["cpu_us"],
            "p50": result["p50"],
            "p99": result["p99"],
            "bad": result["bad"],
            "sync_us": sync_us(server.data),
        }


def row_of_gets(server, folder, options):
    """P4: the newest thousand records of a shard, again and again."""
    kinesis = client_of(server.endpoint, CREDENTIALS)
    make_stream(kinesis, "tip", 1)
    for body in load.put_records("tip", 1024, count=2):
        entries = [{**e, "Data": base64.b64decode(e["Data"])} for e in json.loads(body)["Records"]]
        kinesis.put_records(StreamName="tip", Records=entries)
    bodies = []
    for _ in range(64):
        iterator = kinesis.get_shard_iterator(
            StreamName="tip", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        bodies.append(json.dumps({"ShardIterator": iterator, "Limit": 1000}))
    path = Path(folder) / "P4.lua"
    load.write_requests(path, server.endpoint, "GetRecords", bodies, CREDENTIALS)
    result = measure(server, path, 4, 1000, options)
    return {
        "row": "P4",
        "what": "GetRecords 1,000 x 1 KiB at the tip, 4 conn.",
        "target": ">= 600,000/s",
        "measured": result["records"],
        "ratio": result["records"] / 600_000,
        "of": "the target",
        "met": result["records"] >= 600_000,
        "cpu_us": result["cpu_us"],
        "p50": result["p50"],
        "p99": result["p99"],
        "bad": result["bad"],
    }


def row_of_start():
    """P8: start to first answer in an empty directory, and memory when idle."""
    times, memory = [], []
    for _ in range(5):
        began = time.perf_counter()
        with ForsServer("--limits", "none") as server:
            with urllib.request.urlopen(server.endpoint + "/_fors/health") as answer:
                answer.read()
            times.append((time.perf_counter() - began) * 1e3)
            memory.append(resident_mb(server.pid))
    start, idle = statistics.median(times), statistics.median(memory)
    return {
        "row": "P8",
        "what": f"start to first answer; idle memory {idle:.1f} MB",
        "target": "<= 50 ms, 20 MB",
        "measured": start,
        "ratio": start / 50,
        "of": "the target",
        "met": start <= 50 and idle <= 20,
    }


def show(row):
    """One line of the table."""
    extra = "".join(f"  {key} {row[key]:.2f}" for key in ("cpu_us", "p50", "p99") if key in row)
    extra += f"  sync {row['sync_us']:.0f} us" if "sync_us" in row else ""
    extra += f"  {row['bad']:.0f} BAD" if row.get("bad") else ""
    print(
        f"{row['row']:3} {row['what']:46} {row['target']:>16} {row['measured']:>12,.0f}  "
        f"{row['ratio']:6.2f} of {row['of']:32} {'met' if row['met'] else 'NOT MET':8}{extra}",
        flush=True,
    )


def main():
    """Prints the table, writes it as JSON when asked."""
    parser = argparse.ArgumentParser(prog="./dev bench")
    parser.add_argument("--seconds", type=int, default=5, help="of each run")
    parser.add_argument("--runs", type=int, default=3, help="of which the median counts")
    parser.add_argument(
        "--no-peers", action="store_true", help="leave out kinesalite and kinesis-local"
    )
    parser.add_argument("--rows", default="P1,P2,P3,P4,P8", help="default: %(default)s")
    parser.add_argument("--json", help="also write the rows to this file")
    options = parser.parse_args()
    rows = []

    def add(row):
        rows.append(row)
        show(row)

    if "P8" in options.rows:
        add(row_of_start())
    with (
        tempfile.TemporaryDirectory() as folder,
        ForsServer("--limits", "none", credentials=CREDENTIALS) as server,
    ):
        os.sched_setaffinity(server.pid, {0})
        for task in os.listdir(f"/proc/{server.pid}/task"):
            os.sched_setaffinity(int(task), {0})
        make_stream(client_of(server.endpoint, CREDENTIALS), STREAM, 4)
        for row in rows_of_puts(server, folder, options):
            add(row)
        if "P4" in options.rows:
            add(row_of_gets(server, folder, options))
        print(f"    memory after load: {resident_mb(server.pid):.0f} MB")
        if not options.no_peers:
            for row in peers.rows(server, folder, options):
                add(row)
    if options.json:
        Path(options.json).write_text(json.dumps(rows, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
