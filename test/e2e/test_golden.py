# SPDX-License-Identifier: Apache-2.0
"""Upgrade safety: today's server reads what every released format version wrote, and refuses what a
later one did."""

import re
import struct
import subprocess

import pytest

from support.clients import kinesis_client
from support.contents import contents, put
from support.crc32c import crc32c
from support.fors_server import BINARY, ForsServer, StartError, free_port
from support.golden import clock_environment, numbers, unpack, versions

SECONDS_MAX = 120
FLAGS = ("--limits", "none", "--cache-mib", "16")
NEWEST = versions()[-1]
FILES, STREAMS, KEYS = numbers(NEWEST)
LATER = FILES + 1


def fors_command(*arguments):
    """The finished process; output as text."""
    command = [BINARY, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS_MAX)


def serve(data, expected, folder):
    """A server on a golden directory, in that directory's time."""
    clock = clock_environment(expected["made_ms"], folder)
    return ForsServer(*FLAGS, data=data, env=clock, port=free_port())


@pytest.mark.parametrize("version", versions())
def test_every_version_is_read(version, tmp_path):
    data, expected = unpack(version, tmp_path)
    assert expected["format_version"] == numbers(version)[0]
    done = fors_command("journal", "verify", data)
    assert done.returncode == 0, done.stdout + done.stderr
    with serve(data, expected, tmp_path) as server:
        assert contents(server) == expected["contents"]
        # And goes on from there.
        kinesis = kinesis_client(server)
        put(kinesis, "sealed", [("new", b"new")], encrypted=True)
        put(kinesis, "plain", [(f"new-{n}", bytes(100_000)) for n in range(100)])
        held = contents(server)
        server.restart()
        assert contents(server) == held
        server.kill9()
    done = fors_command("journal", "verify", data)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("version", versions())
def test_every_version_is_salvaged(version, tmp_path):
    data, expected = unpack(version, tmp_path)
    done = fors_command("journal", "salvage", data, tmp_path / "new")
    assert done.returncode == 0, done.stdout + done.stderr
    with serve(tmp_path / "new", expected, tmp_path) as server:
        assert contents(server) == expected["contents"]


def bytes_of(folder):
    return {path: path.read_bytes() for path in folder.rglob("*.*") if path.is_file()}


def refused(data, expected, folder, message):
    """Asserts that a start and the commands on files refuse the directory, and leave it alone."""
    before = bytes_of(data)
    with pytest.raises(StartError, match=re.escape(message)):
        serve(data, expected, folder).start()
    assert bytes_of(data) == before
    for command in (["verify", data], ["salvage", data, folder / "new"]):
        done = fors_command("journal", *command)
        assert done.returncode == 2
        assert message in done.stderr
    assert not (folder / "new").exists()


def known(version):
    return f"has format version {version}, and this fors knows version {FILES}: it was written by"


def test_a_segment_of_a_later_version_is_refused(tmp_path):
    data, expected = unpack(NEWEST, tmp_path)
    path = max((data / "journal").glob("*.segment"))
    content = bytearray(path.read_bytes())
    for at in (0, 2048):
        struct.pack_into("<I", content, at + 8, LATER)
        struct.pack_into("<I", content, at + 4, crc32c(content[at + 8 : at + 40]))
    path.write_bytes(content)
    # One that a start would remove, as it was never in use.
    (data / "journal" / "00000000000000ff.segment").write_bytes(bytes(8192))
    refused(data, expected, tmp_path, f"journal/{path.name} {known(LATER)}")


def test_a_chunk_of_a_later_version_is_refused(tmp_path):
    data, expected = unpack(NEWEST, tmp_path)
    path = min((data / "chunks").glob("*.chunk"))
    content = bytearray(path.read_bytes())
    for at in (0, len(content) - 40):
        struct.pack_into("<I", content, at + 28, LATER)
        struct.pack_into("<I", content, at + 32, crc32c(content[at : at + 32]))
    path.write_bytes(content)
    refused(data, expected, tmp_path, f"chunks/{path.name} {known(LATER)}")


@pytest.mark.parametrize(
    "shard, name, newest", [(0, "streams", STREAMS), (0xFFFFFF00, "KMS", KEYS)]
)
@pytest.mark.parametrize("kind, what", [(0, "command"), (1, "snapshot")])
def test_a_command_and_a_snapshot_of_a_later_version_are_refused(
    shard, name, newest, kind, what, tmp_path
):
    data, expected = unpack(NEWEST, tmp_path)
    for path in sorted((data / "journal").glob("*.segment")):
        content = bytearray(path.read_bytes())
        if (sequence := make_later(content, shard, kind, newest + 1)) is not None:
            path.write_bytes(content)
            break
    assert sequence is not None
    with pytest.raises(StartError, match=re.escape(
        f"the control log of {name} (log shard {shard}) has a {what} of format version "
        f"{newest + 1} at {sequence}, and this fors knows version {newest}: it was written by "
        "another fors"
    )):
        serve(data, expected, tmp_path).start()


def make_later(content, shard, kind, version):
    """Makes the last record of that kind in a segment one of that version; its sequence."""
    found, at = None, 4096
    while at + 48 <= len(content):
        magic, _, _, _, _, body, runs, directory = struct.unpack_from("<IIQQQIII", content, at)
        if magic != 0x54414246:
            break
        for run in range(runs):
            entry = at + directory + 40 * run
            of, count, first, _, _, offset, _ = struct.unpack_from("<IIQqqII", content, entry)
            frame = at + offset
            for each in range(count):
                key, size, _, flags = struct.unpack_from("<IIqH", content, frame)
                if (of, flags & 0xFF) == (shard, kind):
                    found = (at, body, frame, first + each)
                frame += (24 + key + size + 7) // 8 * 8
        at += (48 + body + 4095) // 4096 * 4096
    if not found:
        return None
    at, body, frame, sequence = found
    struct.pack_into("<H", content, frame + 16, (version - 1) << 8 | kind)
    struct.pack_into("<I", content, at + 4, crc32c(content[at + 8 : at + 48 + body]))
    return sequence
