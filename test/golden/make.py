#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the golden data directory of the current format versions: test/golden/<versions>/.

Run once, with the release that wrote those versions (FORS_BIN names its binary), from ./dev's
virtual environment. What exists is never made anew: it stands for what that release wrote.
It takes an hour and some minutes, after which the shards of a stream are forgotten.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.clients import aws_client, kinesis_client  # noqa: E402
from support.contents import contents, fill, put, wait_active  # noqa: E402
from support.fors_server import BINARY, ForsServer  # noqa: E402
from support.golden import GOLDEN, clock_environment, numbers, pack  # noqa: E402

SNAPSHOT_EVERY = 1000
FLAGS = ("--limits", "none", "--cache-mib", "16")
HOUR_MS = 3_600_000
FORGOTTEN_SECONDS_MAX = 5400


def split_early(server):
    """A stream that is split, and whose records expire with a retention of a day."""
    kinesis = kinesis_client(server)
    kinesis.create_stream(StreamName="early", ShardCount=1)
    wait_active(kinesis, "early")
    put(kinesis, "early", [(f"early-{n}", b"early %d" % n) for n in range(20)])
    kinesis.split_shard(
        StreamName="early", ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**126)
    )
    wait_active(kinesis, "early")


def wait_forgotten(kinesis):
    """Until the shard that was split is not known any more."""
    until = time.monotonic() + FORGOTTEN_SECONDS_MAX
    while time.monotonic() < until:
        try:
            kinesis.get_shard_iterator(
                StreamName="early",
                ShardId="shardId-000000000000",
                ShardIteratorType="TRIM_HORIZON",
            )
        except kinesis.exceptions.ResourceNotFoundException:
            return
        time.sleep(10)
    sys.exit("the shard is not forgotten")


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: make.py FILES.STREAMS.KEYS (their format versions)")
    version = sys.argv[1]
    if (GOLDEN / version).exists():
        sys.exit(f"{GOLDEN / version} exists")
    said = subprocess.run([BINARY, "--version"], capture_output=True, text=True, check=True)
    with tempfile.TemporaryDirectory() as folder:
        yesterday_ms = int(time.time() * 1000) - 30 * HOUR_MS
        clock = clock_environment(yesterday_ms, Path(folder))
        make(version, said.stdout.strip(), clock)


def make(version, made_by, clock):
    """`clock`: variables with which the server believes that it is a retention earlier."""
    with ForsServer(*FLAGS, env=clock) as server:
        split_early(server)
        server.restart(GOLDEN_CLOCK_OFFSET_S="0")
        kinesis, kms = kinesis_client(server), aws_client(server, "kms")
        wait_forgotten(kinesis)
        put(kinesis, "early", [(f"not-early-{n}", b"%d" % n) for n in range(20)])
        key = fill(server, large=150)
        # Enough commands for snapshots of streams and keys, and some after them.
        for number in range(SNAPSHOT_EVERY + 20):
            kinesis.add_tags_to_stream(StreamName="plain", Tags={"number": str(number)})
            kms.update_key_description(KeyId=key, Description=f"description {number}")
        # Some are in chunks, these are in segments alone.
        put(kinesis, "plain", [(f"late-{n}", b"late %d" % n) for n in range(30)])
        put(kinesis, "sealed", [("late", b"sealed and late")], encrypted=True)
        held = contents(server)
        made_ms = int(time.time() * 1000)
        server.stop()
        assert any((server.data / "chunks").iterdir())
        pack(server.data, version, {
            "format_version": numbers(version)[0],
            "made_by": made_by,
            "made_ms": made_ms,
            "contents": held,
        })


if __name__ == "__main__":
    main()
