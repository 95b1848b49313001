# SPDX-License-Identifier: Apache-2.0
"""The AWS CLI, unmodified, as a user types it."""

import base64
import json
import os
import subprocess
import time

import pytest


@pytest.fixture(scope="module", params=["fors", "fors_verified"])
def aws(request):
    """Runs `aws kinesis ...` against a server; gives its parsed output."""
    server = request.getfixturevalue(request.param)
    key, secret = server.credentials or ("test", "test")
    environment = {
        **os.environ,
        "AWS_ENDPOINT_URL": server.endpoint,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
    }

    def run(*words, fails=False):
        done = subprocess.run(
            ["aws", "kinesis", *words, "--output", "json"],
            env=environment,
            timeout=60,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode != 0) == fails, done.stderr
        return done.stderr if fails else json.loads(done.stdout or "{}")

    return run


def wait_active(aws, stream):
    give_up = time.monotonic() + 20
    while time.monotonic() < give_up:
        found = aws("describe-stream-summary", "--stream-name", stream)["StreamDescriptionSummary"]
        if found["StreamStatus"] == "ACTIVE":
            return
    raise AssertionError(f"{stream} did not become ACTIVE")


def test_a_record_goes_in_and_comes_out(aws):
    aws("create-stream", "--stream-name", "cli", "--shard-count", "1")
    wait_active(aws, "cli")
    put = aws("put-record", "--stream-name", "cli", "--partition-key", "k", "--data", "hello")
    aws(
        "put-records",
        "--stream-name",
        "cli",
        "--records",
        "Data=one,PartitionKey=a",
        "Data=two,PartitionKey=b",
    )
    iterator = aws(
        "get-shard-iterator",
        "--stream-name",
        "cli",
        "--shard-id",
        put["ShardId"],
        "--shard-iterator-type",
        "TRIM_HORIZON",
    )["ShardIterator"]
    records = aws("get-records", "--shard-iterator", iterator)["Records"]
    assert [base64.b64decode(r["Data"]) for r in records] == [b"hello", b"one", b"two"]
    assert records[0]["SequenceNumber"] == put["SequenceNumber"]
    assert aws("list-streams")["StreamNames"] == ["cli"]
    assert "ResourceInUseException" in aws(
        "create-stream", "--stream-name", "cli", "--shard-count", "1", fails=True
    )
    assert "ResourceNotFoundException" in aws(
        "delete-stream", "--stream-name", "nobody", fails=True
    )
    aws("delete-stream", "--stream-name", "cli")
