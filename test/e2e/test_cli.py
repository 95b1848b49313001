# SPDX-License-Identifier: Apache-2.0
"""The commands of the binary as people type them, against a server and against its files."""

import base64
import json
import os
import subprocess
import uuid

import pytest

from support.clients import kinesis_client
from support.fors_server import BINARY, ForsServer

SECONDS_MAX = 60


def fors_command(server, *arguments, stdin=None, **environment):
    """The finished process; output as text."""
    return subprocess.run(
        [BINARY, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        env={**os.environ, **(server.client_environment() if server else {}), **environment},
    )


def output_of(server, *arguments, **more):
    done = fors_command(server, *arguments, **more)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def stream(fors_unlimited):
    """A stream of two shards, made by the command line itself."""
    name = f"cli-{uuid.uuid4().hex[:8]}"
    output_of(fors_unlimited, "streams", "create", name, "--shards", "2")
    return name


def tail(server, stream, *more):
    return output_of(server, "tail", stream, "--from", "oldest", "--no-follow", *more)


def test_streams_are_created_listed_described_deleted(fors_unlimited, stream):
    listed = output_of(fors_unlimited, "streams", "list")
    assert [line.split() for line in listed.splitlines() if line.startswith(stream)] == [
        [stream, "ACTIVE", "PROVISIONED"]
    ]
    described = output_of(fors_unlimited, "streams", "describe", stream)
    assert f"stream/{stream}" in described
    assert "shardId-000000000001" in described
    output_of(fors_unlimited, "streams", "delete", stream)
    gone = fors_command(fors_unlimited, "streams", "describe", stream)
    assert gone.returncode == 1
    assert gone.stderr.startswith("fors: ResourceNotFoundException: ")


def test_on_demand_streams(fors_unlimited):
    name = f"cli-{uuid.uuid4().hex[:8]}"
    output_of(fors_unlimited, "streams", "create", name, "--on-demand")
    described = output_of(fors_unlimited, "streams", "describe", name)
    assert "ON_DEMAND" in described
    assert described.count("shardId-") == 4


def test_put_of_an_argument_is_read_by_boto3(fors_unlimited, stream):
    place = output_of(fors_unlimited, "put", stream, "grüße", "--key", "alice")
    shard, sequence = place.split()
    kinesis = kinesis_client(fors_unlimited)
    iterator = kinesis.get_shard_iterator(
        StreamName=stream,
        ShardId=shard,
        ShardIteratorType="AT_SEQUENCE_NUMBER",
        StartingSequenceNumber=sequence,
    )["ShardIterator"]
    (record,) = kinesis.get_records(ShardIterator=iterator)["Records"]
    assert record["Data"] == "grüße".encode()
    assert record["PartitionKey"] == "alice"


def test_lines_of_standard_input_are_records(fors_unlimited, stream):
    lines = [f"line {number}" for number in range(1200)] + [""]
    said = output_of(fors_unlimited, "put", stream, stdin="\n".join(lines) + "\n")
    # An empty line is an empty record.
    assert said == "1201 records\n"
    assert sorted(tail(fors_unlimited, stream, "--raw").split("\n")[:-1]) == sorted(lines)


def test_lines_may_carry_their_keys(fors_unlimited, stream):
    output_of(fors_unlimited, "put", stream, "--key-separator", "=", stdin="a=1\nb=2=3\nc")
    records = [json.loads(line) for line in tail(fors_unlimited, stream, "--json").splitlines()]
    found = {record["data"]: record["key"] for record in records}
    assert found.pop("c") not in ("a", "b", "c")
    assert found == {"1": "a", "2=3": "b"}


def test_a_file_is_one_record(fors_unlimited, stream, tmp_path):
    content = bytes(range(256)) * 16
    (tmp_path / "blob").write_bytes(content)
    output_of(fors_unlimited, "put", stream, "--file", str(tmp_path / "blob"), "-q")
    (line,) = tail(fors_unlimited, stream, "--json").splitlines()
    assert base64.b64decode(json.loads(line)["data_base64"]) == content


def test_tail_shows_control_characters_harmlessly(fors_unlimited, stream):
    output_of(fors_unlimited, "put", stream, "red \x1b[31m alert\n", "--key", "k")
    (line,) = tail(fors_unlimited, stream).splitlines()
    assert line.endswith(r"k  red \x1b[31m alert\n")


def test_tail_follows_from_the_latest(fors_unlimited, stream):
    output_of(fors_unlimited, "put", stream, "before")
    follower = subprocess.Popen(
        [BINARY, "tail", stream, "--raw", "--count", "2"],
        env={**os.environ, **fors_unlimited.client_environment()},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        # It says nothing when it is in place: records are put until it has seen two.
        number = 0
        while follower.poll() is None:
            output_of(fors_unlimited, "put", stream, f"after {number}")
            number += 1
        seen = follower.stdout.read().splitlines()
    finally:
        follower.kill()
        follower.wait()
    assert len(seen) == 2
    assert all(line.startswith("after ") for line in seen)


def test_tail_goes_on_in_the_children_of_a_split(fors_unlimited, stream):
    output_of(fors_unlimited, "put", stream, "before", "--key", "k")
    kinesis_client(fors_unlimited).split_shard(
        StreamName=stream, ShardToSplit="shardId-000000000000", NewStartingHashKey="1000"
    )
    kinesis_client(fors_unlimited).split_shard(
        StreamName=stream, ShardToSplit="shardId-000000000001",
        NewStartingHashKey=str((1 << 128) - 1000),
    )
    output_of(fors_unlimited, "put", stream, "after", "--key", "k")
    assert tail(fors_unlimited, stream, "--raw").splitlines() == ["before", "after"]


def test_tail_of_one_shard_and_from_a_sequence_number(fors_unlimited, stream):
    for number in range(4):
        place = output_of(fors_unlimited, "put", stream, f"record {number}", "--key", "same")
        shard, sequence = place.split()
        if number == 2:
            third = sequence
    options = ("--shard", shard, "--from", third, "--no-follow", "--raw")
    shown = output_of(fors_unlimited, "tail", stream, *options)
    assert shown.splitlines() == ["record 2", "record 3"]


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("nonsense",),
        ("streams",),
        ("streams", "create"),
        ("streams", "create", "x", "--shards", "0"),
        ("put",),
        ("tail", "x", "--from", "yesterday"),
        ("tail", "x", "--raw", "--json"),
        ("journal", "dump", "does-not-exist.segment"),
    ],
)
def test_wrong_usage_is_told_with_code_2(arguments):
    done = fors_command(None, *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("fors: ")
    assert done.stdout == ""


def test_a_server_that_is_not_there(fors_unlimited):
    done = fors_command(None, "put", "x", "y", AWS_ENDPOINT_URL="http://127.0.0.1:9")
    assert done.returncode == 1
    assert "http://127.0.0.1:9" in done.stderr


@pytest.mark.parametrize(
    "command",
    ["", "serve", "put", "tail", "streams", "journal dump", "journal verify", "journal salvage"]
    + ["verify", "backup", "restore", "bench"]
    + [f"bench {work}" for work in ("put", "batch", "aggregated", "get", "push")],
)
def test_help(command):
    said = output_of(None, *command.split(), "--help")
    assert "Usage:" in said


def test_signed_calls(fors_verified):
    name = f"cli-{uuid.uuid4().hex[:8]}"
    output_of(fors_verified, "streams", "create", name)
    output_of(fors_verified, "put", name, "signed")
    assert tail(fors_verified, name, "--raw") == "signed\n"
    refused = fors_command(fors_verified, "streams", "list", AWS_SECRET_ACCESS_KEY="wrong")
    assert refused.returncode == 1
    assert "InvalidSignatureException" in refused.stderr


def test_journal_dump_tells_what_a_file_holds(tmp_path):
    with ForsServer("--limits", "none", data=tmp_path / "data") as server:
        output_of(server, "streams", "create", "dumped")
        output_of(server, "put", "dumped", "x" * 1000, "--key", "some-key")
        server.kill9()
        (segment,) = (tmp_path / "data" / "journal").glob("*0.segment")
        said = output_of(None, "journal", "dump", str(segment), "--records")
        assert "key 8 bytes  data 1000 bytes" in said
        content = bytearray(segment.read_bytes())
        place = content.index(b"x" * 1000)
        content[place] ^= 1
        segment.write_bytes(content)
        damaged = fors_command(None, "journal", "dump", str(segment))
        assert damaged.returncode == 1
        assert "DAMAGED  batch" in damaged.stdout


def test_limits_are_printed():
    done = subprocess.run([BINARY, "limits"], capture_output=True, text=True, timeout=30)
    lines = [line.split() for line in done.stdout.splitlines()]
    assert done.returncode == 0 and len(lines) > 20
    assert ["shard", "written", "1000", "records/s", "--limits", "aws"] in lines
