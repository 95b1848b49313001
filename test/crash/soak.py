# SPDX-License-Identifier: Apache-2.0
"""./dev soak: mixed load for an hour at a share of what this machine can do; memory, descriptors
and latency are watched, and what was read is compared with what was acknowledged."""

import argparse
import contextlib
import json
import pickle
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from crash.administrators import Clerk, Encrypter, Reshaper  # noqa: E402
from crash.campaign import PLAIN, SEALED, Load, readers  # noqa: E402
from crash.client import PROCESSES, Client  # noqa: E402
from crash.gauge import Gauge  # noqa: E402
from crash.read_back import compare, read_back  # noqa: E402
from crash.records import Sizes  # noqa: E402
from crash.sums import SLOT_SECONDS, Sums, percentile, slot_of  # noqa: E402
from crash.writers import BatchWriter, Writer  # noqa: E402
from support.clients import aws_client  # noqa: E402
from support.fors_server import ForsServer, free_port  # noqa: E402

SIZES = Sizes(most=400, large=0)
STORED_BYTES = 330  # of such a record on disk, a little more than it takes
FLAGS = ("--limits", "none", "--cache-mib", "16")  # small: it is full long before the half
RESHARDS = 120  # of the whole run, about
SETTLING = 3.0  # seconds until a change of pace shows


class Paced:
    """A writer with a rate: requests a second, as fast as it can while it is 0."""

    def __init__(self, job, name):
        super().__init__(job, name)
        self.rate = PROCESSES.Value("d", 0, lock=False)
        self.requests = PROCESSES.Value("L", 0, lock=False)
        self._due = 0.0

    def step(self):
        super().step()
        self.requests.value += 1
        if rate := self.rate.value:
            # Late ones are not made up for when a whole second is missing.
            self._due = max(self._due + 1 / rate, time.monotonic() - 1)
            self.pause(max(self._due - time.monotonic(), 0))


class PacedWriter(Paced, Writer):
    """One record a request."""


class PacedBatchWriter(Paced, BatchWriter):
    """Batches."""


class SlowReshaper(Reshaper):
    """Shards stay for a while: what a shard takes of memory must not look like a leak."""

    def __init__(self, job, name, stream, minutes):
        super().__init__(job, name, stream)
        self.rest = max(2, 60 * minutes / RESHARDS)


class SlowEncrypter(Encrypter):
    """Keys, too."""

    rest = 20


def incoming_records(cloudwatch, stream, minutes):
    """What CloudWatch's API says of the last minutes."""
    now = time.time()
    answer = cloudwatch.get_metric_statistics(
        Namespace="AWS/Kinesis", MetricName="IncomingRecords", Statistics=["Sum"], Period=60,
        Dimensions=[{"Name": "StreamName", "Value": stream}],
        StartTime=now - 60 * minutes, EndTime=now + 60,
    )
    return sum(round(point["Sum"]) for point in answer["Datapoints"])


class Statistician(Client):
    """Asks CloudWatch's API about the streams, and the server about itself."""

    def __init__(self, job, name, server):
        super().__init__(job, name)
        self._cloudwatch = aws_client(server, "cloudwatch")

    def step(self):
        for stream in self.job.streams:
            began = time.monotonic()
            incoming_records(self._cloudwatch, stream, minutes=60)
            self.ledger.took("GetMetricStatistics", time.monotonic() - began)
        self.kinesis.figures()
        self.pause(2)


def arguments():
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="./dev soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--share", type=float, default=0.7, help="of the capacity")
    parser.add_argument("--calibrate", type=float, default=20, help="seconds to find the capacity")
    parser.add_argument("--gib", type=float, default=14, help="of disk, at most")
    parser.add_argument("--on", default=tempfile.gettempdir(), help="the folder of the data")
    parser.add_argument("--json", help="also write the report to this file")
    return parser.parse_args()


def set_pace(load, options, say):
    """Measures what the writers do unhindered, and gives each its share of that."""
    writers = [client for client in load.clients if isinstance(client, Paced)]
    time.sleep(SETTLING)
    before, records = [writer.requests.value for writer in writers], load.stored()
    time.sleep(options.calibrate)
    rates = [(w.requests.value - b) / options.calibrate for w, b in zip(writers, before)]
    capacity = (load.stored() - records) / options.calibrate
    most = options.gib * (1 << 30) / STORED_BYTES / (60 * options.minutes)
    share = min(options.share, most / capacity)
    bound = "" if share == options.share else f", as {options.gib} GiB of disk allow"
    say(f"capacity {capacity:,.0f} records/s; going on with {100 * share:.0f} % of it{bound}")
    for writer, rate in zip(writers, rates):
        writer.rate.value = max(rate * share, 0.1)
    time.sleep(SETTLING)
    return {"capacity, records/s": round(capacity), "share": round(share, 3)}


def watch(load, server, options, say):
    """Samples until the time is over; the Gauge."""
    gauge = Gauge(server.pid, server.data)
    began = minute = time.monotonic()
    end, records = began + 60 * options.minutes, load.stored()
    while (now := time.monotonic()) < end:
        gauge.sample()
        load.still_well()
        if now - minute >= 60:
            stored = load.stored()
            say(f"{(stored - records) / (now - minute):,.0f} records/s; {gauge.last()}")
            minute, records = now, stored
        time.sleep(min(1, max(end - time.monotonic(), 0)))
    return gauge


def merged_times(ledgers, began):
    """({operation: histogram}, {operation: {minute: histogram}}) since then."""
    whole, minutes = {}, {}
    first = slot_of(began) + 1
    for ledger in ledgers:
        for (operation, slot), histogram in ledger.times.items():
            if slot >= first:
                minute = (slot - first) * SLOT_SECONDS // 60
                of_minutes = minutes.setdefault(operation, {})
                of_minutes.setdefault(minute, Counter()).update(histogram)
                whole.setdefault(operation, Counter()).update(histogram)
    return whole, minutes


def percentiles(histogram):
    """Milliseconds."""
    shares = (0.5, 0.99, 0.999)
    cuts = {f"p{100 * share:g}": round(percentile(histogram, share), 2) for share in shares}
    return {"calls": sum(histogram.values()), **cuts}


def latencies(ledgers, began):
    """Of each operation, over all and minute by minute."""
    whole, minutes = merged_times(ledgers, began)
    return {
        operation: {
            **percentiles(histogram),
            "minutes": {n: percentiles(each) for n, each in sorted(minutes[operation].items())},
        }
        for operation, histogram in sorted(whole.items())
    }


def show_latencies(table):
    """Over all, and the worst minute's p99."""
    head = f"{'calls':>11} {'p50':>8} {'p99':>8} {'p99.9':>8}  worst minute's p99"
    print(f"  {'milliseconds':24} {head}")
    for operation, row in table.items():
        worst = max(minute["p99"] for minute in row["minutes"].values())
        print(
            f"  {operation:24} {row['calls']:>11,} {row['p50']:>8.2f} {row['p99']:>8.2f} "
            f"{row['p99.9']:>8.2f}  {worst:>8.2f}"
        )


def soak(server, folder, options, say):
    """(facts, latencies, what is wrong)."""

    def clients(job, scene):
        return [
            *(PacedWriter(job, f"single{n}") for n in range(3)),
            *(PacedBatchWriter(job, f"batch{n}") for n in range(2)),
            *readers(job, scene),
            SlowReshaper(job, "reshaper", PLAIN, options.minutes),
            SlowEncrypter(job, "encrypter", SEALED, scene.key),
            Clerk(job, "clerk", PLAIN),
            Statistician(job, "statistician", server),
        ]

    with Load(server, folder, clients, sizes=SIZES, ledger=Sums) as load:
        pace = set_pace(load, options, say)
        began = time.monotonic()
        gauge = watch(load, server, options, say)
        figures = load.figures()
        load.stop()
    say("reading everything back")
    wrong = []
    if (code := server.stop()) != 0:
        wrong.append(f"SIGTERM: exit code {code}")
    server.start()
    cloudwatch = aws_client(server, "cloudwatch")
    minutes = round(options.minutes) + 60
    counted = sum(incoming_records(cloudwatch, stream, minutes) for stream in load.job.streams)
    ledgers = [pickle.loads(path.read_bytes()) for path in sorted(folder.glob("*.ledger"))]
    stored = read_back(server.endpoint, load.job, ledgers)
    totals, differences = compare(ledgers, stored)
    totals["counted by CloudWatch"] = counted
    if counted != totals["acknowledged"]:
        wrong.append(f"CloudWatch counted {counted} of {totals['acknowledged']} records")
    for name in ("fors_journal_failures_total", "fors_journal_damages_total"):
        if figures[name]:
            wrong.append(f"{name} {figures[name]}")
    wrong += differences + gauge.not_flat()
    return {**pace, **totals, **gauge.facts()}, latencies(ledgers, began), wrong


def main():
    """Exit code 0 when nothing was lost and nothing grew."""
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    began = time.monotonic()

    def say(text):
        print(f"{time.monotonic() - began:6.0f} s  {text}", flush=True)

    with contextlib.ExitStack() as stack:
        make = stack.enter_context
        folder = Path(make(tempfile.TemporaryDirectory(prefix="fors-soak-")))
        data = Path(make(tempfile.TemporaryDirectory(prefix="fors-soak-", dir=options.on)))
        server = make(ForsServer(*FLAGS, data=data / "data", port=free_port()))
        facts, table, wrong = soak(server, folder, options, say)
    facts = {"minutes": options.minutes, **facts, "seconds": round(time.monotonic() - began)}
    facts["wrong"] = len(wrong)
    for what, value in facts.items():
        print(f"  {what:40} {value:>14,}")
    show_latencies(table)
    for text in wrong:
        print(f"WRONG: {text}")
    if options.json:
        report = {**facts, "latencies in ms": table, "wrong": wrong}
        Path(options.json).write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
