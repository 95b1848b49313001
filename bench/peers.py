# SPDX-License-Identifier: Apache-2.0
"""P7: the emulators that people use today, under the same load in the same run."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import load
from clients import client_of, make_stream
from gets import RECORDS, tip_requests
from ideal import ideal
from machine import PINNED, fors, memory_mib
from puts import requests_for
from support.fors_server import VERIFIED_CREDENTIALS as OURS
from support.fors_server import free_port
from turns import Contender, row_of, take_turns

FOLDER = Path(__file__).resolve().parents[1] / "build/bench-peers"
THEIRS = ("test", "test")
ALL_CORES = ["taskset", "-c", f"0-{os.cpu_count() - 1}"]  # to install; what runs is pinned
START_SECONDS_MAX = 30
STREAM, SHARDS = "bench", 4


@dataclass(frozen=True)
class Peer:
    """What to install, how to start it, how many times as fast fors must be."""

    name: str
    package: str  # with the version; of cargo or npm
    put: float = 1  # the least ratio with single puts and gets
    batch: float = 1  # and with batches of puts
    durable: bool = False

    @property
    def crate(self):
        """Whether cargo has it."""
        return self.package.startswith("ferrokinesis")

    @property
    def home(self):
        """Where it was installed to."""
        name = self.package.partition("@")[0]
        return FOLDER / (self.package if self.crate else f"node_modules/{name}")

    def command(self, port, data):
        """Its command line."""
        if self.crate:
            command = [str(self.home / "bin/ferrokinesis"), "--port", str(port)]
            command += ["--shard-limit", "100", "--create-stream-ms", "10", "--log-level", "error"]
            return command + (["--state-dir", str(data)] if self.durable else [])
        if self.name == "kinesalite":
            settings = ["--port", str(port), "--createStreamMs", "10", "--shardLimit", "100"]
            return ["node", str(self.home / "cli.js"), *settings]
        return ["node", str(self.home / "main.js")]

    def environment(self, port):
        """Its variables; kinesis-local takes its settings from there."""
        plain = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        ports = {"KINESIS_MOCK_PLAIN_PORT": str(port), "KINESIS_MOCK_TLS_PORT": str(free_port())}
        return {**plain, **ports, "LOG_LEVEL": "ERROR"}

    def install(self):
        """Puts the package under build/; False when that can't be done."""
        if self.home.exists():
            return True
        FOLDER.mkdir(parents=True, exist_ok=True)
        if self.crate:
            command = ["cargo", "install", self.package, "--locked", "--root", str(self.home)]
        else:
            command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(FOLDER)]
            command.append(self.package)
        if not shutil.which(command[0]):
            return False
        done = subprocess.run([*ALL_CORES, *command], check=False, stdout=subprocess.DEVNULL)
        return done.returncode == 0


PEERS = (
    Peer("kinesalite", "kinesalite@3.3.3", put=8, batch=25),
    Peer("kinesis-local", "kinesis-local@0.6.2", put=80, batch=500),
    Peer("ferrokinesis", "ferrokinesis@0.7.0"),
    Peer("ferrokinesis durable", "ferrokinesis@0.7.0", durable=True),
)


def put_requests(operation, bodies):
    """A maker of requests for a server that has no stream yet."""

    def make(path, endpoint, credentials):
        make_stream(client_of(endpoint, credentials), STREAM, SHARDS)
        return requests_for(path, endpoint, operation, bodies, credentials)

    return make


def loads():
    """What is sent: name, maker of the requests, connections, records a request, the factor."""
    single = put_requests("PutRecord", load.put_record(STREAM, 1024))
    batches = put_requests("PutRecords", load.put_records(STREAM, 1024, count=8))
    return (
        ("PutRecord 1 KiB, 16 conn.", single, 16, 1, "put"),
        ("PutRecords 500 x 1 KiB, 4 conn.", batches, 4, 500, "batch"),
        ("GetRecords 1,000 x 1 KiB, 4 conn.", tip_requests, 4, RECORDS, "put"),
    )


@contextmanager
def running(peer):
    """A peer on core 0; gives its endpoint and pid."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="fors-peer-") as data:
        process = subprocess.Popen(
            [*PINNED, *peer.command(port, data)],
            env=peer.environment(port),
            cwd=peer.home,  # kinesis-local looks for its certificate there
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            give_up = time.monotonic() + START_SECONDS_MAX
            while process.poll() is None and time.monotonic() < give_up:
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}", process.pid
        finally:
            process.kill()
            process.wait()


def of_the_ideal(reference, folder):
    """Single puts to the ideal server, which knows all streams: how far the disk lets anyone go."""
    path, bodies = Path(folder) / "P7-ideal", load.put_record(STREAM, 1024)
    requests_for(path, reference.endpoint, "PutRecord", bodies, OURS)
    return Contender(reference.endpoint, reference.pid, path)


def row(peer, what, folder, options):
    """One load, ours and theirs in turn."""
    name, make, connections, records, factor = what
    with running(peer) as (endpoint, pid), fors() as server, ideal(OURS) as reference:
        contenders = [
            Contender(
                server.endpoint,
                server.pid,
                make(Path(folder) / "P7-ours", server.endpoint, OURS),
                records,
            ),
            Contender(endpoint, pid, make(Path(folder) / "P7-theirs", endpoint, THEIRS), records),
        ]
        if reference and records == 1:
            contenders.append(of_the_ideal(reference, folder))
        take_turns(contenders, connections, options)
        least = getattr(peer, factor)
        target = f">= {least}x" if least > 1 else "ahead"
        note = f"memory {memory_mib(server.pid):,.0f} against {memory_mib(pid):,.0f} MiB"
        for limit in contenders[2:]:
            most = limit.median("records") / contenders[1].median("records")
            note += f"; the ideal {limit.median('records'):,.0f}/s, {most:.1f}"
        return {
            **row_of("P7", f"{name} vs {peer.name}", *contenders[:2], (target, least, peer.name)),
            "load": name,
            "peer": peer.name,
            "note": note,
        }


def rows(options, folder):
    """A row a load and peer."""
    for peer in PEERS:
        if not peer.install():
            tool = "cargo" if peer.crate else "npm"
            print(f"P7  {peer.name} LEFT OUT: {tool} could not install it", flush=True)
            continue
        for what in loads():
            try:
                yield row(peer, what, folder, options)
            except Exception as error:  # pylint: disable=broad-except  # told in its row
                print(f"P7  {what[0]} vs {peer.name} NOT MEASURED: {error}", flush=True)
