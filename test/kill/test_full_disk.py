# SPDX-License-Identifier: Apache-2.0
"""A disk that runs full: puts are refused, reads go on; with space again puts work again."""

import os
import subprocess
import time

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from support.clients import kinesis_client
from support.fors_server import ForsServer

DISK_MIB = 160
BALLAST_MIB = 64
RECORD = os.urandom(200_000)
SECONDS_MAX = 60


@pytest.fixture
def small_disk(tmp_path):
    """A folder on a file system of its own with little room, partly taken by ballast."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "fors-test", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"cannot mount a small file system here: {done.stderr.strip()}")
    try:
        (folder / "ballast").write_bytes(bytes(BALLAST_MIB << 20))
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def server(small_disk):
    with ForsServer("--limits", "none", "--cache-mib", "16", data=small_disk / "data") as started:
        yield started


def client(server):
    return kinesis_client(server, config=Config(retries={"total_max_attempts": 1}))


def put_until_refused(kinesis, acknowledged):
    """Puts until one is refused for want of space; that error."""
    end = time.monotonic() + SECONDS_MAX
    while time.monotonic() < end:
        number = len(acknowledged)
        data = b"%d:" % number + RECORD
        try:
            put = kinesis.put_record(StreamName="full", PartitionKey=str(number), Data=data)
        except ClientError as error:
            return error
        acknowledged[put["SequenceNumber"]] = number
    raise AssertionError("the disk never ran full")


def put_until_accepted(kinesis, acknowledged):
    """Puts until one is accepted; the server has not been touched."""
    end = time.monotonic() + SECONDS_MAX
    while time.monotonic() < end:
        number = len(acknowledged)
        data = b"%d:" % number + RECORD
        try:
            put = kinesis.put_record(StreamName="full", PartitionKey=str(number), Data=data)
            acknowledged[put["SequenceNumber"]] = number
            return
        except ClientError as error:
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    raise AssertionError("puts did not work again")


def read_all(kinesis):
    """(sequence number, the number in the record) of everything."""
    iterator = kinesis.get_shard_iterator(
        StreamName="full", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    found = []
    while True:
        answer = kinesis.get_records(ShardIterator=iterator)
        for record in answer["Records"]:
            number, _, rest = record["Data"].partition(b":")
            assert rest == RECORD
            found.append((record["SequenceNumber"], int(number)))
        if not answer["Records"] and answer["MillisBehindLatest"] == 0:
            return found
        iterator = answer["NextShardIterator"]


def test_a_full_disk_loses_nothing_and_heals(server, small_disk):
    kinesis = client(server)
    kinesis.create_stream(StreamName="full", ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName="full", WaiterConfig={"Delay": 1})
    acknowledged = {}

    error = put_until_refused(kinesis, acknowledged)
    assert error.response["Error"]["Code"] == "InternalFailure"
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert len(acknowledged) > 100
    assert read_all(kinesis) == list(acknowledged.items())

    # Refused again and again, and still read.
    for _ in range(5):
        assert put_until_refused(kinesis, acknowledged)
    assert read_all(kinesis) == list(acknowledged.items())

    (small_disk / "ballast").unlink()
    put_until_accepted(kinesis, acknowledged)
    for _ in range(20):
        put_until_accepted(kinesis, acknowledged)
    assert read_all(kinesis) == list(acknowledged.items())

    server.kill9()
    server.start()
    assert read_all(client(server)) == list(acknowledged.items())
