# SPDX-License-Identifier: Apache-2.0
"""P7: the emulators that people use today, under the same load in the same run."""

import os
import signal
import socket
import statistics
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import load
from clients import client_of, make_stream

FOLDER = Path(__file__).resolve().parents[1] / "build/bench-peers"
PACKAGES = {"kinesalite": "kinesalite@3.3.3", "kinesis-local": "kinesis-local@0.6.2"}
CREDENTIALS = ("test", "test")
LOADS = (
    (
        "PutRecord 1 KiB, 16 conn.",
        "PutRecord",
        lambda: load.put_record("bench", 1024),
        16,
        1,
        {"kinesalite": 8, "kinesis-local": 80},
    ),
    (
        "PutRecords 500 x 1 KiB, 4 conn.",
        "PutRecords",
        lambda: load.put_records("bench", 1024, count=8),
        4,
        500,
        {"kinesalite": 25, "kinesis-local": 500},
    ),
)


def free_port():
    """A port that nobody listens on at the moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def install():
    """Puts the packages under build/; False when that can't be done."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    if all((FOLDER / "node_modules" / name).exists() for name in PACKAGES):
        return True
    done = subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(FOLDER), *PACKAGES.values()],
        check=False,
        stdout=subprocess.DEVNULL,
    )
    return done.returncode == 0


@contextmanager
def running(name):
    """A peer on core 0; gives its endpoint and pid."""
    port = free_port()
    package = FOLDER / "node_modules" / name  # kinesis-local looks for its certificate there
    if name == "kinesalite":
        command = [
            "node",
            str(package / "cli.js"),
            "--port",
            str(port),
            "--createStreamMs",
            "10",
            "--shardLimit",
            "100",
        ]
        environment = os.environ
    else:
        command = ["node", str(package / "main.js")]
        environment = {
            **os.environ,
            "KINESIS_MOCK_PLAIN_PORT": str(port),
            "KINESIS_MOCK_TLS_PORT": str(free_port()),
            "LOG_LEVEL": "ERROR",
        }
    process = subprocess.Popen(
        ["taskset", "-c", "0", *command],
        env=environment,
        cwd=package,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        give_up = time.monotonic() + 30
        while time.monotonic() < give_up:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}", process.pid
    finally:
        process.kill()
        process.wait()


def ratio_of(peer, ours, what, records, folder, options):
    """Ours and theirs in turn, so that both meet the same moods of the machine, the peer stopped
    while it is our turn: medians of the records a second of both, and of their ratio."""
    operation, bodies, connections = what
    with running(peer) as (endpoint, pid):
        make_stream(client_of(endpoint, CREDENTIALS), "bench", 4)
        path = Path(folder) / "peer.lua"
        load.write_requests(path, endpoint, operation, bodies, CREDENTIALS)
        runs = []
        for _ in range(options.runs):
            os.kill(pid, signal.SIGSTOP)
            mine = ours()
            os.kill(pid, signal.SIGCONT)
            theirs = load.wrk(endpoint, path, connections, options.seconds)
            runs.append((mine, theirs["rate"] * records, mine / (theirs["rate"] * records)))
    return [statistics.median(column) for column in zip(*runs)]


def rows(server, folder, options):
    """A row a load and peer."""
    if not install():
        print("P7  LEFT OUT: npm could not install the peers", flush=True)
        return
    from support.fors_server import VERIFIED_CREDENTIALS as OURS  # the path is set by run.py

    for name, operation, make_bodies, connections, records, factors in LOADS:
        bodies = make_bodies()
        path = Path(folder) / "P7.lua"
        load.write_requests(path, server.endpoint, operation, bodies, OURS)

        def ours(path=path, connections=connections, records=records):
            return load.wrk(server.endpoint, path, connections, options.seconds)["rate"] * records

        for peer, factor in factors.items():
            what = (operation, bodies, connections)
            try:
                mine, theirs, ratio = ratio_of(peer, ours, what, records, folder, options)
            except Exception as error:  # pylint: disable=broad-except  # told in its row
                print(f"P7  {name} against {peer}: could not be measured: {error}", flush=True)
                continue
            yield {
                "row": "P7",
                "what": f"{name} vs {peer}",
                "target": f">= {factor}x",
                "measured": mine,
                "ratio": ratio,
                "of": f"{peer}'s {theirs:,.0f}/s",
                "met": ratio >= factor,
            }
