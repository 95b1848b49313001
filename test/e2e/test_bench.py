# SPDX-License-Identifier: Apache-2.0
"""fors bench: what it says is what is in the stream, over every protocol, and failures are told."""

import base64
import contextlib
import json
import os
import signal
import subprocess
import time
import urllib.request
import uuid

import pytest
from aws_kinesis_agg.deaggregator import deaggregate_records

from support.clients import kinesis_client
from support.fors_server import BINARY

SECONDS_MAX = 60
PROTOCOLS = {
    "http/1.1": ("http", "--http", "1.1"),
    "h2": ("http", "--http", "2", "--multiplex", "4"),
    "tls http/1.1": ("https", "--http", "1.1"),
    "tls h2": ("https", "--http", "2", "--multiplex", "3"),
    "tls auto": ("https",),
}


def environment(server, scheme="http", **more):
    """What finds the server; over TLS its own certificate is trusted."""
    certificate = server.data / "tls" / "certificate.pem"
    return {
        **os.environ,
        **server.client_environment(),
        "AWS_ENDPOINT_URL": server.endpoint.replace("http:", f"{scheme}:"),
        "AWS_CA_BUNDLE": str(certificate),
        **more,
    }


def bench(server, *arguments, scheme="http", **more):
    """The finished process."""
    return subprocess.run(
        [BINARY, "bench", *arguments],
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        env=environment(server, scheme, **more),
    )


def result_of(server, *arguments, scheme="http", **more):
    """What it says as JSON."""
    done = bench(server, *arguments, "--json", scheme=scheme, **more)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@contextlib.contextmanager
def under_way(server, *arguments):
    """A bench that would run for an hour; gives what ends it by SIGINT and returns its result."""
    running = subprocess.Popen(
        [BINARY, "bench", *arguments, "--duration", "3600", "--json"],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(server),
    )

    def interrupt():
        running.send_signal(signal.SIGINT)
        said = json.loads(running.communicate(timeout=SECONDS_MAX)[0])
        assert running.returncode == 0
        assert said["interrupted"]
        return said

    try:
        yield interrupt
    finally:
        running.kill()
        running.wait()


def make_stream(server, shards=2):
    """A stream's name."""
    kinesis = kinesis_client(server)
    name = f"bench-{uuid.uuid4().hex[:8]}"
    kinesis.create_stream(StreamName=name, ShardCount=shards)
    kinesis.get_waiter("stream_exists").wait(
        StreamName=name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 300}
    )
    return name


def contents(server, stream):
    """All records of the stream."""
    kinesis = kinesis_client(server)
    found = []
    for shard in kinesis.list_shards(StreamName=stream)["Shards"]:
        iterator = kinesis.get_shard_iterator(
            StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        while True:
            answer = kinesis.get_records(ShardIterator=iterator)
            found += answer["Records"]
            iterator = answer["NextShardIterator"]
            if not answer["Records"] and answer["MillisBehindLatest"] == 0:
                break
    return found


def answered(server, operation):
    """How many such requests the server has answered so far."""
    with urllib.request.urlopen(server.endpoint + "/_fors/metrics") as page:
        for line in page.read().decode().splitlines():
            if f'operation="{operation}",outcome="ok"' in line:
                return int(line.rsplit(" ", 1)[1])
    return 0


def wait_for_answers(server, operation, more):
    """Returns once so many more were answered."""
    before, deadline = answered(server, operation), time.monotonic() + SECONDS_MAX
    while answered(server, operation) < before + more:
        assert time.monotonic() < deadline


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("threads", ["1", "3"])
def test_puts_are_in_the_stream(fors_unlimited, protocol, threads):
    scheme, *flags = PROTOCOLS[protocol]
    stream = make_stream(fors_unlimited)
    flags += ["--connections", "7", "--threads", threads, "--partition-keys", "20"]
    said = result_of(
        fors_unlimited, "put", "--stream", stream, "--count", "300", "--size", "100", *flags,
        scheme=scheme,
    )
    assert said["total"]["records"] == said["total"]["requests"] == 300
    assert said["total"]["bytes"] == 30_000
    assert said["total"]["failed"] == said["total"]["throttled"] == 0
    assert said["errors"] == []
    assert said["http"] == ("http/1.1" if protocol.endswith("1.1") else "h2")
    assert said["measured"]["latency_ms"]["count"] == 300
    records = contents(fors_unlimited, stream)
    assert [len(record["Data"]) for record in records] == [100] * 300
    assert {record["PartitionKey"] for record in records} == {f"key-{n}" for n in range(20)}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_batches_are_in_the_stream(fors_unlimited, protocol):
    scheme, *flags = PROTOCOLS[protocol]
    stream = make_stream(fors_unlimited)
    said = result_of(
        fors_unlimited, "batch", "--stream", stream, "--count", "20", "--records", "50", *flags,
        scheme=scheme,
    )
    assert said["total"]["requests"] == 20
    assert said["total"]["records"] == 1000
    assert len(contents(fors_unlimited, stream)) == 1000


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_aggregated_records_are_what_consumers_take_apart(fors_unlimited, protocol):
    scheme, *flags = PROTOCOLS[protocol]
    stream = make_stream(fors_unlimited)
    said = result_of(
        fors_unlimited, "aggregated", "--stream", stream, "--count", "10", "--records", "30",
        "--size", "64", *flags, scheme=scheme,
    )
    assert said["total"]["records"] == 10
    assert said["total"]["user_records"] == 300
    records = contents(fors_unlimited, stream)
    assert len(records) == 10
    events = [
        {
            "kinesis": {
                "data": base64.b64encode(record["Data"]).decode(),
                "partitionKey": record["PartitionKey"],
                "sequenceNumber": record["SequenceNumber"],
                "kinesisSchemaVersion": "1.0",
                "approximateArrivalTimestamp": 0,
            }
        }
        for record in records
    ]
    parts = [part["kinesis"] for part in deaggregate_records(events)]
    assert [len(base64.b64decode(part["data"])) for part in parts] == [64] * 300


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_gets_read_what_is_there(fors_unlimited, protocol):
    scheme, *flags = PROTOCOLS[protocol]
    stream = make_stream(fors_unlimited, shards=1)
    result_of(
        fors_unlimited, "batch", "--stream", stream, "--count", "3", "--records", "100",
        "--size", "77",
    )
    # Three answers of a hundred, perhaps an empty one at the tip, and over again.
    said = result_of(
        fors_unlimited, "get", "--stream", stream, "--count", "24", "--limit", "100",
        "--connections", "1", *flags[:2], scheme=scheme,
    )
    assert said["total"]["requests"] == 24
    assert said["total"]["bytes"] == 77 * said["total"]["records"]
    assert said["total"]["records"] in (24 // 4 * 300, 24 // 3 * 300)


def test_gets_from_the_latest_hear_what_is_put_meanwhile(fors_unlimited):
    stream = make_stream(fors_unlimited, shards=1)
    arguments = ["get", "--stream", stream, "--from", "latest", "--connections", "1"]
    with under_way(fors_unlimited, *arguments, "--warm-up", "0") as interrupt:
        # It says nothing while it runs: what it asks shows at the server that it is in place.
        wait_for_answers(fors_unlimited, "GetRecords", 1)
        result_of(fors_unlimited, "put", "--stream", stream, "--count", "50")
        wait_for_answers(fors_unlimited, "GetRecords", 3)
        said = interrupt()
    assert said["total"]["records"] == 50


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_each_put_is_heard_by_each_consumer(fors_unlimited, protocol):
    scheme, *flags = PROTOCOLS[protocol]
    stream = make_stream(fors_unlimited)
    said = result_of(
        fors_unlimited, "push", "--stream", stream, "--count", "40", "--rate", "400",
        "--consumers", "2", "--size", "48", *flags, scheme=scheme,
    )
    assert said["total"]["requests"] == 40
    assert said["total"]["records"] == 80
    assert said["total"]["failed"] == 0
    assert said["measured"]["latency_ms"]["count"] == 80
    assert said["measured"]["service_ms"]["count"] == 40
    assert len(contents(fors_unlimited, stream)) == 40
    kinesis = kinesis_client(fors_unlimited)
    arn = kinesis.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"]
    consumers = kinesis.list_stream_consumers(StreamARN=arn["StreamARN"])["Consumers"]
    assert [each for each in consumers if each["ConsumerStatus"] != "DELETING"] == []


@pytest.mark.parametrize("work", ["put", "batch", "aggregated", "get", "push"])
def test_a_stream_of_its_own_is_made_and_deleted(fors_unlimited, work):
    done = bench(fors_unlimited, work, "--count", "5", "--shards", "2", "--connections", "2")
    assert done.returncode == 0, done.stderr
    lines = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert "fors-bench-" in lines["stream"]
    assert lines["requests"].split()[1] == "5"
    assert lines["failed"].split()[1] == "0"
    names = kinesis_client(fors_unlimited).list_streams()["StreamNames"]
    assert lines["stream"].split()[1] not in names


def test_a_rate_is_kept_and_its_time_measured(fors_unlimited):
    said = result_of(fors_unlimited, "put", "--rate", "500", "--count", "100")
    # The last of a hundred is due 198 ms after the first.
    assert said["measured"]["seconds"] >= 0.198
    latency, service = said["measured"]["latency_ms"], said["measured"]["service_ms"]
    assert latency["max"] >= service["max"]


def test_throttled_entries_are_counted(fors):
    stream = make_stream(fors, shards=1)
    # A shard takes a thousand records a second, and not much more at once.
    said = result_of(fors, "batch", "--stream", stream, "--count", "20", "--size", "10")
    total = said["total"]
    assert total["requests"] == 20
    assert total["records"] + total["throttled"] == 10_000
    assert total["throttled"] > 0
    (trouble,) = said["errors"]
    assert trouble["kind"] == "ProvisionedThroughputExceededException"
    assert trouble["count"] == total["throttled"]
    assert trouble["text"].startswith("Rate exceeded for shard ")
    assert len(contents(fors, stream)) == total["records"]


def test_signatures_are_right(fors_verified):
    said = result_of(fors_verified, "put", "--count", "20")
    assert said["total"]["records"] == 20
    for arguments in (("put", "--count", "5"), ("put", "--count", "5", "--stream", "x")):
        refused = bench(fors_verified, *arguments, AWS_SECRET_ACCESS_KEY="wrong")
        assert refused.returncode == 1
        assert refused.stderr.startswith("fors: InvalidSignatureException: ")


def test_when_every_request_fails_that_is_told(fors_unlimited):
    stream = make_stream(fors_unlimited, shards=1)
    # More than PutRecord takes.
    refused = bench(
        fors_unlimited, "put", "--stream", stream, "--count", "6", "--size", str(10 << 20)
    )
    assert refused.returncode == 1
    assert "fors: all of 6 requests failed; " in refused.stderr
    assert "ValidationException: " in refused.stderr


def test_a_server_that_is_not_there_is_told(fors_unlimited):
    done = bench(fors_unlimited, "put", "--count", "5", AWS_ENDPOINT_URL="http://127.0.0.1:9")
    assert done.returncode == 1
    assert done.stderr.startswith("fors: http://127.0.0.1:9")


def test_a_certificate_that_is_not_trusted_is_told(fors_unlimited, tmp_path):
    wrong = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        + ["-nodes", "-subj", "/CN=other", "-keyout", str(tmp_path / "key")]
        + ["-out", str(tmp_path / "other.pem")],
        capture_output=True,
        check=False,
    )
    assert wrong.returncode == 0, wrong.stderr
    done = bench(
        fors_unlimited, "put", "--count", "5", scheme="https",
        AWS_CA_BUNDLE=str(tmp_path / "other.pem"),
    )
    assert done.returncode == 1
    assert "certificate" in done.stderr


def test_an_interrupt_ends_it_and_its_stream(fors_unlimited):
    with under_way(fors_unlimited, "put") as interrupt:
        wait_for_answers(fors_unlimited, "PutRecord", 1)
        said = interrupt()
    assert said["total"]["records"] > 0
    assert said["stream"] not in kinesis_client(fors_unlimited).list_streams()["StreamNames"]


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("nonsense",),
        ("put", "--http", "3"),
        ("put", "--multiplex", "2"),
        ("put", "--threads", "9", "--connections", "3"),
        ("put", "--rate", "0"),
        ("put", "--count", "3", "--duration", "1"),
        ("batch", "--records", "501"),
        ("push", "--size", "10"),
        ("get", "--from", "yesterday"),
    ],
)
def test_wrong_usage_is_told_with_code_2(fors_unlimited, arguments):
    done = bench(fors_unlimited, *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("fors: ")
    assert done.stdout == ""
