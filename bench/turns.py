# SPDX-License-Identifier: Apache-2.0
"""The same load against several servers in turn, so that all of them meet the same moods of the
machine: while it is one's turn the others are stopped."""

import statistics
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import load
from machine import cpu_seconds, rest, stopped

WARM_UP_SECONDS = 1
PATIENCE = 5  # times as long for one that answers nothing in a whole turn


@dataclass
class Contender:
    """A server and the requests it gets."""

    endpoint: str
    pid: int
    requests: Path
    records: int = 1  # a request
    runs: list = field(default_factory=list)

    def run(self, connections, seconds):
        """One turn; records a second and CPU microseconds a record added to what wrk says."""
        for patience in (1, PATIENCE):
            before = cpu_seconds(self.pid)
            result = load.wrk(self.endpoint, self.requests, connections, patience * seconds)
            used = cpu_seconds(self.pid) - before
            if result["requests"]:
                break
        result["records"] = result["rate"] * self.records
        result["cpu_us"] = used * 1e6 / max(1, result["requests"] * self.records)
        return result

    def median(self, key):
        """Of all its turns."""
        return statistics.median(run[key] for run in self.runs)


def take_turns(contenders, connections, options):
    """All of them, run by run."""
    rest(tempfile.gettempdir())
    for each in contenders:
        others = {other.pid for other in contenders} - {each.pid}
        with stopped(others):
            each.run(connections, WARM_UP_SECONDS)
    for _ in range(options.runs):
        for each in contenders:
            others = {other.pid for other in contenders} - {each.pid}
            with stopped(others):
                each.runs.append(each.run(connections, options.seconds))


def row_of(name, what, ours, reference, aim):
    """A row of the table. `aim`: text of the target, the least ratio, what the reference is.

    `reference` is a contender, and the ratio the median of the ratios run by run; or it is a rate.
    """
    target, least, against = aim
    if isinstance(reference, Contender):
        pairs = list(zip(ours.runs, reference.runs))
        if not all(theirs["records"] for _, theirs in pairs):
            raise RuntimeError(f"{against} answered nothing in a whole run")
        ratios = [mine["records"] / theirs["records"] for mine, theirs in pairs]
        theirs = {
            "reference": reference.median("records"),
            "reference_cpu_us": reference.median("cpu_us"),
            "reference_bad": reference.median("bad"),
        }
    else:
        ratios = [mine["records"] / reference for mine in ours.runs]
        theirs = {"reference": reference}
    rates = [run["records"] for run in ours.runs]
    row = {
        "row": name,
        "what": what,
        "target": target,
        "measured": ours.median("records"),
        "unit": "/s",
        "spread": (max(rates) - min(rates)) / statistics.median(rates),
        "ratio": statistics.median(ratios),
        "of": against,
        **theirs,
        **{key: ours.median(key) for key in ("cpu_us", "p50", "p99", "bad")},
    }
    row["met"] = row["ratio"] >= least and not row["bad"]
    return row
