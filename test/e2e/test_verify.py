# SPDX-License-Identifier: Apache-2.0
"""Verifying a data directory with the binary, offline and through a running server."""

import os
import subprocess

import pytest

from support.clients import kinesis_client
from support.fors_server import BINARY, ForsServer, free_port

SECONDS_MAX = 120
STREAM = "checked"


def fors_command(*arguments, **environment):
    """The finished process; output as text."""
    return subprocess.run(
        [BINARY, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        env={**os.environ, **environment},
    )


def fill(server, records=60):
    """More than a cache of 16 MiB keeps back from chunks."""
    kinesis = kinesis_client(server)
    kinesis.create_stream(StreamName=STREAM, ShardCount=2)
    for number in range(records):
        entries = [
            {"Data": bytes([65 + number % 26]) * 100_000, "PartitionKey": f"{number}-{each}"}
            for each in range(4)
        ]
        kinesis.put_records(StreamName=STREAM, Records=entries)


@pytest.fixture(scope="module")
def killed():
    """A server's data directory after the sudden death."""
    with ForsServer("--limits", "none", "--cache-mib", "16", port=free_port()) as server:
        fill(server)
        server.kill9()
        yield server.data


def files_and_content(folder):
    """Everything below a folder."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_killed_server_leaves_nothing_damaged(killed):
    before = files_and_content(killed)
    done = fors_command("journal", "verify", killed)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "no damage found" in done.stdout
    assert " 0 chunks" not in done.stdout
    assert files_and_content(killed) == before


@pytest.mark.parametrize("kind", ["journal/*.segment", "chunks/*.chunk"])
def test_damage_is_named_with_file_and_offset(killed, kind):
    path = next(path for path in sorted(killed.glob(kind)) if b"A" * 50_000 in path.read_bytes())
    content = path.read_bytes()
    place = content.index(b"A" * 50_000) + 20_000
    path.write_bytes(content[:place] + b"a" + content[place + 1 :])
    done = fors_command("journal", "verify", killed)
    path.write_bytes(content)
    assert done.returncode == 1, done.stdout
    damage, *_, last = done.stdout.splitlines()
    assert damage.startswith(f"DAMAGED  {path.parent.name}/{path.name} at offset ")
    assert 0 < int(damage.split("offset ")[1].split(":")[0]) <= place
    assert last.endswith("1 damage found")


def test_what_cannot_be_verified(killed, tmp_path):
    done = fors_command("journal", "verify", tmp_path)
    assert done.returncode == 2
    assert "no data directory of fors" in done.stderr
    assert not list(tmp_path.iterdir())
    assert fors_command("journal", "verify", tmp_path / "none").returncode == 2
    with ForsServer(data=killed, port=free_port()) as server:
        done = fors_command("journal", "verify", killed)
        assert done.returncode == 2
        assert f"is in use by another fors (process {server.pid})" in done.stderr
