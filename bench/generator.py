# SPDX-License-Identifier: Apache-2.0
"""./dev bench --generator: is `fors bench` the bottleneck where wrk isn't? Both load one server in
turn, each with a core to itself; wrk replays requests signed beforehand, fors bench signs them."""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "test")]

import load  # noqa: E402
from clients import client_of, make_stream  # noqa: E402
from puts import requests_for  # noqa: E402
from support.fors_server import (  # noqa: E402
    BINARY,
    VERIFIED_CREDENTIALS as CREDENTIALS,
    ForsServer,
)

STREAM = "bench"
# (name, fors bench's arguments, wrk's bodies, operation, connections, records of a request)
CASES = {
    "put": (["put"], "PutRecord", 64, 1),
    "batch": (["batch"], "PutRecords", 4, 500),
}


def children_seconds():
    """CPU time of the load generators so far."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def fors_bench(server, arguments, connections, seconds, core=1):
    """The same figures as load.wrk gives."""
    command = ["taskset", "-c", str(core), str(BINARY), "bench", *arguments, "--json"]
    command += ["--stream", STREAM, "--connections", str(connections)]
    command += ["--duration", str(seconds), "--warm-up", "0"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True,
        env={**os.environ, **server.client_environment()},
    )
    said = json.loads(done.stdout)
    return {
        "rate": said["measured"]["requests_per_second"],
        "p50": said["measured"]["latency_ms"]["p50"],
        "p99": said["measured"]["latency_ms"]["p99"],
        "bad": said["total"]["failed"] + said["total"]["throttled"],
        "requests": said["total"]["requests"],
    }


def measured(run):
    """Its figures and its own CPU time of a request."""
    before = children_seconds()
    result = run()
    result["cpu_us"] = (children_seconds() - before) * 1e6 / result["requests"]
    return result


def show(what, runs, records):
    """One line: medians."""
    middle = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
    print(
        f"{what:34} {middle['rate'] * records:>12,.0f} records/s  p50 {middle['p50']:6.2f} ms"
        f"  p99 {middle['p99']:6.2f} ms  {middle['cpu_us']:7.1f} us of its own a request"
        f"  {middle['bad']:.0f} bad",
        flush=True,
    )


def main():
    """Prints two lines a case."""
    parser = argparse.ArgumentParser(prog="./dev bench --generator")
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    # In memory: the less the server does, the more the generator has to.
    with (
        tempfile.TemporaryDirectory() as folder,
        ForsServer("--limits", "none", "--ephemeral", credentials=CREDENTIALS) as server,
    ):
        for task in os.listdir(f"/proc/{server.pid}/task"):
            os.sched_setaffinity(int(task), {0})
        make_stream(client_of(server.endpoint, CREDENTIALS), STREAM, 1)
        for name, (arguments, operation, connections, records) in CASES.items():
            bodies = load.put_record if records == 1 else load.put_records
            path = requests_for(
                Path(folder) / name, server.endpoint, operation, bodies(STREAM, 1024)
            )
            wrk, ours = [], []
            for _ in range(options.runs):
                wrk.append(
                    measured(
                        lambda path=path, n=connections: load.wrk(
                            server.endpoint, path, n, options.seconds
                        )
                    )
                )
                ours.append(
                    measured(
                        lambda a=arguments, n=connections: fors_bench(
                            server, a, n, options.seconds
                        )
                    )
                )
            show(f"{name}, {connections} connections: wrk", wrk, records)
            show(f"{name}, {connections} connections: fors bench", ours, records)


if __name__ == "__main__":
    main()
