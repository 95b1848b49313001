# SPDX-License-Identifier: Apache-2.0
"""Salvaging of a damaged data directory, and what a server does with one that is not salvaged."""

import os
import re
import shutil
import subprocess

import pytest

from support.clients import kinesis_client
from support.contents import contents, fill, put, wait_active
from support.fors_server import BINARY, ForsServer, StartError, free_port

SECONDS_MAX = 120
FLAGS = ("--limits", "none", "--cache-mib", "16")


def fors_command(*arguments):
    """The finished process; output as text."""
    command = [BINARY, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS_MAX)


def bytes_of(folder):
    """Everything below a folder."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A data directory after the sudden death, and what was in it."""
    data = tmp_path_factory.mktemp("filled") / "data"
    with ForsServer(*FLAGS, data=data, port=free_port()) as server:
        fill(server, large=150)
        held = contents(server)
        server.kill9()
    assert any((data / "chunks").iterdir())
    return data, held


@pytest.fixture
def damaged(filled, tmp_path):
    """A copy of it to be damaged."""
    shutil.copytree(filled[0], tmp_path / "data")
    return tmp_path / "data"


def flip(path, place):
    """Flips a bit of a file."""
    with open(path, "r+b") as file:
        file.seek(place)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ 16]))


def records_in(held):
    streams = held["streams"].values()
    return sum(len(each) for stream in streams for each in stream["records"].values())


def test_of_a_whole_directory_all_is_there(filled, tmp_path):
    data, held = filled
    before = bytes_of(data)
    done = fors_command("journal", "salvage", data, tmp_path / "new")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "nothing is known to be lost" in done.stdout
    assert bytes_of(data) == before
    assert (tmp_path / "new" / "root.key").stat().st_mode & 0o777 == 0o600
    with ForsServer(*FLAGS, data=tmp_path / "new", port=free_port()) as server:
        assert contents(server) == held
        put(kinesis_client(server), "plain", [("new", b"goes on")])


def test_a_root_key_that_is_none_is_told(damaged, tmp_path):
    (damaged / "root.key").write_text("AAAA")
    done = fors_command("journal", "salvage", damaged, tmp_path / "new")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "note     root.key can't be read: a root key has 32 bytes" in done.stdout


def test_what_is_damaged_is_lost_and_listed_and_nothing_else(filled, damaged, tmp_path):
    held = filled[1]
    chunk = max((damaged / "chunks").glob("*.chunk"), key=lambda path: path.stat().st_size)
    flip(chunk, chunk.read_bytes().index(b"c" * 50_000) + 10_000)
    for segment in (damaged / "journal").glob("*.segment"):
        # What the segments still have of it would take its place.
        content = segment.read_bytes()
        if (place := content.find(b"c" * 50_000)) >= 0:
            flip(segment, place)
    done = fors_command("journal", "salvage", damaged, tmp_path / "new")
    assert done.returncode == 1, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert any(line.startswith(f"DAMAGED  chunks/{chunk.name} at offset ") for line in lines)
    lost = [re.match(r"LOST +shard \d+, sequences (\d+) to (\d+) \((\S+) at offset \d+\)", line)
            for line in lines if line.startswith("LOST")]
    assert lost and all(lost)
    count = sum(int(each[2]) - int(each[1]) + 1 for each in lost)
    assert f"{count} record{'s' if count > 1 else ''} lost" in done.stdout
    with ForsServer(*FLAGS, data=tmp_path / "new", port=free_port()) as server:
        found = contents(server)
    assert records_in(held) - records_in(found) == count
    for name, stream in held["streams"].items():
        for shard, records in stream["records"].items():
            left = found["streams"][name]["records"][shard]
            assert [each for each in records if each in left] == left
            if name != "plain":
                assert left == records


def test_a_server_does_not_remove_streams_whose_making_is_lost(tmp_path):
    data = tmp_path / "data"
    with ForsServer(*FLAGS, data=data, port=free_port()) as server:
        kinesis = kinesis_client(server)
        for name in ("first", "second"):
            kinesis.create_stream(StreamName=name, ShardCount=1)
            wait_active(kinesis, name)
            put(kinesis, name, [("key", b"kept of " + name.encode())])
        kinesis.add_tags_to_stream(StreamName="first", Tags={"later": "command"})
        server.kill9()
        segment = data / "journal" / "0000000000000000.segment"
        flip(segment, segment.read_bytes().index(b"second"))
        before = bytes_of(data)
        with pytest.raises(StartError, match="commands are lost .*fors journal salvage"):
            server.start()
        after = bytes_of(data)
        assert {path: after[path] for path in before if path.suffix == ".segment"} == {
            path: content for path, content in before.items() if path.suffix == ".segment"
        }
    done = fors_command("journal", "salvage", data, tmp_path / "new")
    assert done.returncode == 1
    assert "LOST     shard 0 (what is known of streams)" in done.stdout
    assert "a stream whose making is lost is not known to a server" in done.stdout
    with ForsServer(*FLAGS, data=tmp_path / "new", port=free_port()) as server:
        assert list(contents(server)["streams"]) == ["first"]


def test_what_is_refused(filled, tmp_path):
    data, _ = filled
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "file").touch()
    done = fors_command("journal", "salvage", data, tmp_path / "used")
    assert done.returncode == 2 and "not an empty directory" in done.stderr
    done = fors_command("journal", "salvage", tmp_path / "used", tmp_path / "new")
    assert done.returncode == 2 and "no data directory of fors" in done.stderr
    assert sorted(os.listdir(tmp_path)) == ["used"]
    with ForsServer(*FLAGS, port=free_port()) as server:
        done = fors_command("journal", "salvage", server.data, tmp_path / "new")
        assert done.returncode == 2 and "in use by another fors" in done.stderr
    assert sorted(os.listdir(tmp_path)) == ["used"]
