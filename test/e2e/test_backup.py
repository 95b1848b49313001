# SPDX-License-Identifier: Apache-2.0
"""Backups made while a server is written to, and what they are restored to."""

import json
import os
import re
import stat
import subprocess
import threading
import time
import urllib.request

import pytest

from support.clients import kinesis_client
from support.contents import contents, fill, put, records_of_shard
from support.fors_server import (
    BINARY, VERIFIED_CREDENTIALS, ForsServer, StartError, free_port,
)

SECONDS_MAX = 120
FLAGS = ("--limits", "none", "--cache-mib", "16")


def fors_command(*arguments, **environment):
    """The finished process; output as text."""
    return subprocess.run(
        [BINARY, *map(str, arguments)], capture_output=True, text=True, timeout=SECONDS_MAX,
        env={**os.environ, **environment},
    )


def backup(server, directory, *more):
    return fors_command("backup", directory, *more, **server.client_environment())


@pytest.fixture(scope="module")
def filled():
    """A running server with some of everything."""
    with ForsServer(*FLAGS, port=free_port()) as server:
        fill(server, large=150)
        yield server


def test_a_restored_server_has_everything(filled, tmp_path):
    held = contents(filled)
    done = backup(filled, tmp_path / "backup")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "no damage found" in done.stdout
    assert "root.key is not in the backup. Keep a copy of it apart" in done.stdout
    assert sorted(path.name for path in (tmp_path / "backup").iterdir()) == [
        "chunks", "journal", "manifest"
    ]
    for path in (tmp_path / "backup").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)
    assert fors_command("journal", "verify", tmp_path / "backup").returncode == 0
    done = fors_command("restore", tmp_path / "backup", tmp_path / "data")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "root.key is not in the backup: put the key you kept into" in done.stdout
    key = {"FORS_ROOT_KEY": (filled.data / "root.key").read_text()}
    with ForsServer(*FLAGS, data=tmp_path / "data", env=key, port=free_port()) as restored:
        assert contents(restored) == held
        put(kinesis_client(restored), "plain", [("new", b"goes on")])
        restored.restart()
        assert contents(restored) != held


def test_without_the_root_key_nothing_starts(filled, tmp_path):
    assert backup(filled, tmp_path / "backup").returncode == 0
    assert fors_command("restore", tmp_path / "backup", tmp_path / "data").returncode == 0
    with pytest.raises(StartError, match="root.key is missing"):
        ForsServer(*FLAGS, data=tmp_path / "data", port=free_port()).start()


def test_the_root_key_comes_along_when_asked_for(filled, tmp_path):
    held = contents(filled)
    done = backup(filled, tmp_path / "backup", "--with-root-key")
    assert done.returncode == 0 and "root.key is in the backup" in done.stdout
    key = tmp_path / "backup" / "root.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    done = fors_command("restore", tmp_path / "backup", tmp_path / "data")
    assert done.returncode == 0 and "root.key was in the backup" in done.stdout
    with ForsServer(*FLAGS, data=tmp_path / "data", port=free_port()) as restored:
        assert contents(restored) == held


@pytest.mark.parametrize("how", ["truncated", "another"])
def test_a_root_key_that_is_not_whole_is_told(filled, tmp_path, how):
    def spoil(key):
        right = key.read_text()
        key.write_text(right[:20] if how == "truncated" else "A" * 43 + "=\n")
        return right

    # In the data of a running server, which has long read it.
    right = spoil(filled.data / "root.key")
    try:
        done = backup(filled, tmp_path / "backup", "--with-root-key")
    finally:
        (filled.data / "root.key").write_text(right)
    assert done.returncode == 2
    assert {"truncated": "root.key can't be read: a root key has 32 bytes, in base64",
            "another": "is not the key in use"}[how] in done.stderr
    # In a backup.
    assert backup(filled, tmp_path / "backup", "--with-root-key").returncode == 0
    spoil(tmp_path / "backup" / "root.key")
    done = fors_command("restore", tmp_path / "backup", tmp_path / "data")
    assert done.returncode == 1, done.stdout
    assert "root.key is not what the manifest says" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["backup"]


def test_made_under_load_it_has_what_was_acknowledged_before(tmp_path):
    with ForsServer(*FLAGS, port=free_port()) as server:
        kinesis = kinesis_client(server)
        kinesis.create_stream(StreamName="load", ShardCount=1)
        acknowledged, over = [], threading.Event()

        def write():
            writer = kinesis_client(server)
            while not over.is_set():
                answer = writer.put_records(
                    StreamName="load",
                    Records=[{"Data": b"x" * 20_000, "PartitionKey": "k"} for _ in range(20)],
                )
                acknowledged.extend(each["SequenceNumber"] for each in answer["Records"])

        thread = threading.Thread(target=write)
        thread.start()
        try:
            known = []
            for number in range(3):
                while len(acknowledged) < 200 * (number + 1):
                    assert thread.is_alive()
                known.append(list(acknowledged))
                done = backup(server, tmp_path / f"backup-{number}", "--with-root-key")
                assert done.returncode == 0, done.stdout + done.stderr
        finally:
            over.set()
            thread.join()
    for number, before in enumerate(known):
        data = tmp_path / f"data-{number}"
        assert fors_command("restore", tmp_path / f"backup-{number}", data).returncode == 0
        with ForsServer(*FLAGS, data=data, port=free_port()) as restored:
            shard = "shardId-000000000000"
            found = [
                record["sequence"]
                for record in records_of_shard(kinesis_client(restored), "load", shard)
            ]
        assert found[: len(before)] == before
        assert found == acknowledged[: len(found)]


def test_a_stop_ends_a_backup_in_order(tmp_path):
    with ForsServer(*FLAGS, port=free_port()) as server:
        fill(server, large=150)
        started = urllib.request.Request(
            f"{server.endpoint}/_fors/backup", method="POST",
            data=json.dumps({"directory": f"{tmp_path}/backup", "mib_per_second": 1}).encode(),
        )
        with urllib.request.urlopen(started) as answer:
            assert json.load(answer)["state"] == "running"
        partial = tmp_path / "backup.partial"
        deadline = time.monotonic() + SECONDS_MAX
        while not list(partial.glob("chunks/*")):
            assert server.running and time.monotonic() < deadline
        assert server.stop() == 0
        assert not list(tmp_path.iterdir())
        assert "no backup in" in server.log_tail()
        server.start()
        assert backup(server, tmp_path / "backup").returncode == 0


def test_what_is_refused(filled, tmp_path):
    used = tmp_path / "used"
    used.mkdir()
    (used / "file").touch()
    done = backup(filled, used)
    assert done.returncode == 2 and "is not an empty directory" in done.stderr
    done = backup(filled, filled.data / "backup")
    assert done.returncode == 2 and "within the data directory" in done.stderr
    done = backup(filled, "/proc/no/such/place")
    assert done.returncode == 2 and "no backup was made" in done.stderr
    assert fors_command("restore", used, tmp_path / "data").returncode == 2
    assert backup(filled, tmp_path / "backup").returncode == 0
    done = fors_command("restore", tmp_path / "backup", used)
    assert done.returncode == 2 and "is not an empty directory" in done.stderr
    for command in (["restore"], ["journal", "salvage"]):
        done = fors_command(*command, tmp_path / "backup", tmp_path / "backup" / "data")
        assert done.returncode == 2 and f"lies within {tmp_path}/backup" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup", "used"]


@pytest.fixture
def places(tmp_path):
    """Empty places that no directory can be renamed to, and what is said of each."""
    (tmp_path / "empty" / "inner").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "empty" / "inner")
    return {
        f"{tmp_path}/empty/inner/.": "is no name of a directory to be made",
        f"{tmp_path}/empty/inner/..": "is no name of a directory to be made",
        f"{tmp_path}/link": "is a symbolic link",
        f"{tmp_path}/link/": "is a symbolic link",
    }


def expect_obstacles(filled, tmp_path, places):
    """Backup, restore and salvage refuse them before they write anything."""
    assert backup(filled, tmp_path / "backup").returncode == 0
    before = sorted(tmp_path.rglob("*"))
    for place, said in places.items():
        for done in (
            backup(filled, place),
            fors_command("restore", tmp_path / "backup", place),
            fors_command("journal", "salvage", tmp_path / "backup", place),
        ):
            assert done.returncode == 2 and f"{said}: name a new directory inside it" in done.stderr
    assert sorted(tmp_path.rglob("*")) == before


def test_what_nothing_can_be_renamed_to_is_refused_at_once(filled, tmp_path, places):
    expect_obstacles(filled, tmp_path, places)


@pytest.mark.parametrize("how", ["tmpfs", "bind"])
def test_a_mount_point_is_refused_at_once(filled, tmp_path, how):
    volume, other = tmp_path / "volume", tmp_path / "other"
    volume.mkdir()
    other.mkdir()
    mount = ["--bind", other] if how == "bind" else ["-t", "tmpfs", "fors-test"]
    done = subprocess.run(["mount", *mount, volume], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"cannot mount anything here: {done.stderr.strip()}")
    try:
        expect_obstacles(filled, tmp_path, {volume: "is a mount point"})
        assert backup(filled, volume / "backup").returncode == 0  # as it was told to
    finally:
        subprocess.run(["umount", "--lazy", volume], check=True)


@pytest.mark.parametrize("what", ["changed", "missing", "manifest"])
def test_a_backup_that_is_not_whole_is_not_restored(filled, tmp_path, what):
    assert backup(filled, tmp_path / "backup").returncode == 0
    chunk = sorted((tmp_path / "backup" / "chunks").iterdir())[0]
    if what == "missing":
        chunk.unlink()
    else:
        path = tmp_path / "backup" / "manifest" if what == "manifest" else chunk
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    done = fors_command("restore", tmp_path / "backup", tmp_path / "data")
    assert done.returncode == 1
    assert {"changed": "the backup is damaged", "missing": f"{chunk.name} is missing",
            "manifest": "the backup's manifest is damaged"}[what] in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup"]


def test_who_may_ask(fors_verified, tmp_path):
    refused = fors_command("backup", tmp_path / "backup", **{
        **fors_verified.client_environment(), "AWS_SECRET_ACCESS_KEY": "wrong",
    })
    assert refused.returncode == 2 and "InvalidSignatureException" in refused.stderr
    assert not list(tmp_path.iterdir())
    assert fors_verified.credentials == VERIFIED_CREDENTIALS
    assert backup(fors_verified, tmp_path / "backup").returncode == 0
    assert re.match(r"fors-backup 1\nmade \S+Z\nfile chunks/", (
        tmp_path / "backup" / "manifest").read_text())


def test_the_given_root_key_is_not_to_be_had(tmp_path):
    with ForsServer(port=free_port(), env={"FORS_ROOT_KEY": "A" * 43 + "="}) as server:
        done = backup(server, tmp_path / "backup", "--with-root-key")
        assert done.returncode == 2 and "given from outside" in done.stderr
        assert not list(tmp_path.iterdir())
        assert backup(server, tmp_path / "backup").returncode == 0
