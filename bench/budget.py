# SPDX-License-Identifier: Apache-2.0
"""./dev bench --budget: instructions and allocations a request, counted, and what they may be.

A rate says as much about the machine as about the program. What the program executes for a request
is the same everywhere: callgrind counts it in the release binary, over all its threads, one request
at a time. Only the kernel's part is missing. The blocks of SHA-256 are a figure of their own: here
they are most of a batch, as valgrind has no instructions for them, and would hide all else.
"""

import argparse
import json
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path[:0] = [str(HERE), str(ROOT / "test")]

import load  # noqa: E402
from callgrind import callgrind  # noqa: E402
from support.fors_server import VERIFIED_CREDENTIALS as CREDENTIALS  # noqa: E402
from support.tiny_cbor import encode  # noqa: E402
from talk import Http1, Http2  # noqa: E402

FILE = HERE / "budget.json"
SLACK = 0.05  # a figure beyond its budget by more than this is a failure
ROUNDS = 5  # of which the median counts: on a busy machine timers fall into one or two of them
KINDS = ("instructions", "hashing", "allocations")
STREAM, SHARDS = "bench", 4


@dataclass(frozen=True)
class Case:
    """One kind of request: `make(count)` gives so many, ready to be sent."""

    name: str
    requests: int  # a round
    make: object
    over: object = Http1


class Table:
    """The streams that the requests go to."""

    def __init__(self, endpoint):
        self._endpoint, self._http = endpoint, Http1(endpoint)
        self.call("CreateStream", StreamName=STREAM, ShardCount=SHARDS)

    def call(self, operation, **members):
        """One call; its answer."""
        said = self._http.send(self.signed(operation, members))
        return json.loads(said) if said else {}

    def signed(self, operation, body, content_type=load.JSON):
        """The bytes of a request."""
        return load.request(self._endpoint, operation, body, CREDENTIALS, content_type)

    def put_record(self, count):
        """PutRecord of 1 KiB."""
        return [self.signed("PutRecord", body) for body in load.put_record(STREAM, 1024, count)]

    def put_records(self, size):
        """A maker of PutRecords with 500 records."""
        return lambda count: [
            self.signed("PutRecords", body) for body in load.put_records(STREAM, size, 500, count)
        ]

    def put_records_cbor(self, count):
        """PutRecords as the Java SDK writes it."""
        return [
            self.signed(
                "PutRecords", encode({"StreamName": STREAM, "Records": each}, True), load.CBOR
            )
            for each in load.entries_of(1024, 500, count, load.KEYS)
        ]

    def get_records(self, stream, records):
        """A maker of GetRecords that give so many records of 1 KiB, the newest of their shard."""
        self.call("CreateStream", StreamName=stream, ShardCount=1)
        for body in load.put_records(stream, 1024, 500, records // 500):
            assert not self.call("PutRecords", **body)["FailedRecordCount"]
        (shard,) = self.call("ListShards", StreamName=stream)["Shards"]
        where = {"StreamName": stream, "ShardId": shard["ShardId"]}

        def make(count):
            for _ in range(count):
                got = self.call("GetShardIterator", **where, ShardIteratorType="TRIM_HORIZON")
                yield self.signed("GetRecords", {**got, "Limit": records})

        return make

    def cases(self):
        """All of them, in the order in which they run."""
        return (
            Case("PutRecord 1 KiB", 20, self.put_record),
            Case("PutRecord 1 KiB, HTTP/2", 10, self.put_record, Http2),
            Case("PutRecords 500 x 1 KiB", 3, self.put_records(1024)),
            Case("PutRecords 500 x 100 B", 3, self.put_records(100)),
            Case("PutRecords 500 x 1 KiB, CBOR", 3, self.put_records_cbor),
            Case("GetRecords 1,000 x 1 KiB", 3, self.get_records("tip", 1000)),
            Case("GetRecords 10,000 x 1 KiB", 2, self.get_records("page", 10000)),
        )


@dataclass
class Measured:
    """The rounds of a case."""

    case: Case
    rounds: list

    def figure(self, kind):
        """So many a request."""
        return statistics.median(getattr(each, kind) for each in self.rounds) / self.case.requests

    @property
    def figures(self):
        """All of them, as the file has them."""
        digits = {"allocations": 1}
        return {kind: round(self.figure(kind), digits.get(kind)) for kind in KINDS}


def measure(wanted=""):
    """{name: Measured} of the cases with `wanted` in their names."""
    found = {}
    # A cache so large that no chunk is made meanwhile: chunks are the work of many requests.
    with callgrind("--cache-mib", "1024") as server:
        table = Table(server.endpoint)
        links = {over: over(server.endpoint) for over in (Http1, Http2)}
        for case in table.cases():
            if wanted in case.name:
                one_round(server, links[case.over], case)  # warms up
                server.settle()  # a segment that is prepared is no request's
                rounds = [one_round(server, links[case.over], case) for _ in range(ROUNDS)]
                found[case.name] = Measured(case, rounds)
    return found


def one_round(server, link, case):
    """Sends requests; what they made the server execute."""
    requests = list(case.make(case.requests))
    server.dump()
    for each in requests:
        link.send(each)
    return server.dump()


def budget():
    """{case: {kind: at most}}."""
    return json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}


def write(figures):
    """The file: one line a case."""
    lines = [f" {json.dumps(name)}: {json.dumps(each)}" for name, each in figures.items()]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def show(measured, before):
    """A line a case: the figures and what they were."""
    for name, each in measured.items():
        pieces = []
        for kind, now in each.figures.items():
            was = before.get(name, {}).get(kind)
            change = f" ({now / was - 1:+.1%})" if was else ""
            pieces.append(f"{now:>14,.{1 if kind == 'allocations' else 0}f} {kind}{change}")
        print(f"{name:30}{''.join(pieces)}", flush=True)


def show_profile(name, measured, count):
    """The functions that execute most, a request."""
    requests, profile = measured.case.requests, measured.rounds[-1]
    print(f"\n{name}: instructions a request, without and with callees")
    for (library, function), own in profile.own.most_common(count):
        whole = profile.with_callees[library, function]
        print(f"{own / requests:14,.0f} {whole / requests:14,.0f}  {library:22} {function[:140]}")


def main():
    """Measures; writes the file unless it is told not to or measures a part."""
    parser = argparse.ArgumentParser(prog="./dev bench --budget")
    parser.add_argument("--case", default="", help="only those with this text in their names")
    parser.add_argument("--check", action="store_true", help="leave bench/budget.json alone")
    parser.add_argument("--profile", type=int, default=0, metavar="N", help="N dearest functions")
    options = parser.parse_args()
    measured = measure(options.case)
    show(measured, budget())
    for name, each in measured.items() if options.profile else ():
        show_profile(name, each, options.profile)
    if options.check or options.case:
        return
    write({name: each.figures for name, each in measured.items()})
    print(f"written: {FILE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
