# SPDX-License-Identifier: Apache-2.0
"""boto3, unmodified: every way to write, every way to read, the main errors as exceptions."""

import http.client
import time
import uuid
from datetime import datetime, timezone
from urllib.parse import urlsplit

import botocore.exceptions
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from support.clients import kinesis_client

MIB = 1 << 20
PATIENT = Config(retries={"mode": "standard", "total_max_attempts": 12}, read_timeout=60)


@pytest.fixture(scope="module", params=["fors", "fors_verified"])
def kinesis(request):
    """A client of a server with defaults, and of one that verifies signatures."""
    return kinesis_client(request.getfixturevalue(request.param), config=PATIENT)


@pytest.fixture
def stream(kinesis):
    """A fresh stream of two shards."""
    yield from fresh(kinesis, ShardCount=2)


def fresh(kinesis, **settings):
    name = f"s-{uuid.uuid4().hex[:12]}"
    kinesis.create_stream(StreamName=name, **settings)
    kinesis.get_waiter("stream_exists").wait(
        StreamName=name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 100}
    )
    yield name
    kinesis.delete_stream(StreamName=name)


def read(kinesis, stream, shard, count, **position):
    """The next `count` records of a shard from a position."""
    position = position or {"ShardIteratorType": "TRIM_HORIZON"}
    iterator = kinesis.get_shard_iterator(StreamName=stream, ShardId=shard, **position)[
        "ShardIterator"
    ]
    records, give_up = [], time.monotonic() + 60
    while len(records) < count and time.monotonic() < give_up:
        answer = kinesis.get_records(ShardIterator=iterator)
        records += answer["Records"]
        iterator = answer["NextShardIterator"]
    return records


def test_single_records_come_back_as_they_were(kinesis, stream):
    began = datetime.now(timezone.utc)
    keys = ["a", "ключ-é-鍵", "k" * 256]
    blobs = [b"\x00", bytes(range(256)), b"x" * (MIB - 256)]
    put = [
        kinesis.put_record(StreamName=stream, PartitionKey=k, Data=d) for k, d in zip(keys, blobs)
    ]
    for key, blob, answer in zip(keys, blobs, put):
        (record, *_) = read(
            kinesis,
            stream,
            answer["ShardId"],
            1,
            ShardIteratorType="AT_SEQUENCE_NUMBER",
            StartingSequenceNumber=answer["SequenceNumber"],
        )
        assert (record["PartitionKey"], record["Data"]) == (key, blob)
        assert record["SequenceNumber"] == answer["SequenceNumber"]
        assert "EncryptionType" not in record
        assert abs((record["ApproximateArrivalTimestamp"] - began).total_seconds()) < 60


def test_ten_mebibytes_where_the_stream_allows_them(kinesis):
    for stream in fresh(kinesis, ShardCount=1, MaxRecordSizeInKiB=10240):
        blob = bytes(range(256)) * (10 * MIB // 256 - 1)
        kinesis.put_record(StreamName=stream, PartitionKey="k", Data=blob)
        (record,) = read(kinesis, stream, "shardId-000000000000", 1)
        assert record["Data"] == blob


def test_batches_keep_their_order_in_each_shard(kinesis, stream):
    entries = [{"Data": b"%d" % n, "PartitionKey": f"key-{n % 7}"} for n in range(200)]
    entries[3]["ExplicitHashKey"] = str(2**128 - 1)
    entries[4]["ExplicitHashKey"] = "0"
    answer = kinesis.put_records(StreamName=stream, Records=entries)
    assert answer["FailedRecordCount"] == 0
    assert answer["Records"][3]["ShardId"] == "shardId-000000000001"
    assert answer["Records"][4]["ShardId"] == "shardId-000000000000"
    for shard in ("shardId-000000000000", "shardId-000000000001"):
        sent = [
            (r["SequenceNumber"], e["Data"])
            for r, e in zip(answer["Records"], entries)
            if r["ShardId"] == shard
        ]
        got = [(r["SequenceNumber"], r["Data"]) for r in read(kinesis, stream, shard, len(sent))]
        assert got == sent
        assert [n for n, _ in got] == sorted((n for n, _ in got), key=int)


def test_every_iterator_type(kinesis, stream):
    shard = "shardId-000000000000"

    def put(data):
        return kinesis.put_record(
            StreamName=stream, PartitionKey="k", ExplicitHashKey="0", Data=data
        )

    first, second = put(b"1"), put(b"2")
    latest = kinesis.get_shard_iterator(
        StreamName=stream, ShardId=shard, ShardIteratorType="LATEST"
    )["ShardIterator"]
    third = put(b"3")
    arrival = read(kinesis, stream, shard, 3)[0]["ApproximateArrivalTimestamp"]

    def datas(count, **position):
        return [r["Data"] for r in read(kinesis, stream, shard, count, **position)]

    assert datas(3, ShardIteratorType="TRIM_HORIZON") == [b"1", b"2", b"3"]
    assert datas(
        2, ShardIteratorType="AT_SEQUENCE_NUMBER", StartingSequenceNumber=second["SequenceNumber"]
    ) == [b"2", b"3"]
    assert datas(
        2, ShardIteratorType="AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=first["SequenceNumber"]
    ) == [b"2", b"3"]
    assert datas(3, ShardIteratorType="AT_TIMESTAMP", Timestamp=arrival) == [b"1", b"2", b"3"]
    answer = kinesis.get_records(ShardIterator=latest)
    assert [r["SequenceNumber"] for r in answer["Records"]] == [third["SequenceNumber"]]
    assert answer["MillisBehindLatest"] == 0


def test_errors_are_the_classes_of_the_model(kinesis, stream):
    errors = kinesis.exceptions
    with pytest.raises(errors.ResourceNotFoundException):
        kinesis.describe_stream_summary(StreamName="nobody")
    with pytest.raises(errors.ResourceInUseException):
        kinesis.create_stream(StreamName=stream, ShardCount=1)
    with pytest.raises(errors.InvalidArgumentException):
        kinesis.get_records(ShardIterator="no iterator")
    with pytest.raises(errors.InvalidArgumentException):
        kinesis.put_record(
            StreamName=stream, Data=b"x", PartitionKey="k", ExplicitHashKey=str(2**128)
        )
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        kinesis.put_record(StreamName=stream, Data=b"x" * (MIB + 1), PartitionKey="k")
    assert caught.value.response["Error"]["Code"] == "ValidationException"


def test_a_shard_takes_a_thousand_records_a_second(fors):
    eager = kinesis_client(
        fors, config=Config(retries={"mode": "standard", "total_max_attempts": 1})
    )
    for stream in fresh(eager, ShardCount=1):
        entries = [{"Data": b"x", "PartitionKey": "k"}] * 500
        answers = [eager.put_records(StreamName=stream, Records=entries) for _ in range(4)]
        failed = [r for a in answers for r in a["Records"] if "ErrorCode" in r]
        assert {r["ErrorCode"] for r in failed} == {"ProvisionedThroughputExceededException"}
        assert sum(a["FailedRecordCount"] for a in answers) == len(failed) > 0
        with pytest.raises(eager.exceptions.ProvisionedThroughputExceededException):
            for _ in range(20):  # a second's worth of bytes each
                eager.put_record(StreamName=stream, Data=b"x" * (MIB - 1), PartitionKey="k")


def test_retention_and_tags(kinesis, stream):
    kinesis.increase_stream_retention_period(StreamName=stream, RetentionPeriodHours=48)
    kinesis.decrease_stream_retention_period(StreamName=stream, RetentionPeriodHours=25)
    summary = kinesis.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"]
    assert summary["RetentionPeriodHours"] == 25
    kinesis.add_tags_to_stream(StreamName=stream, Tags={"team": "a", "stage": "test"})
    kinesis.remove_tags_from_stream(StreamName=stream, TagKeys=["team"])
    assert kinesis.list_tags_for_stream(StreamName=stream)["Tags"] == [
        {"Key": "stage", "Value": "test"}
    ]


def code_of(call):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call()
    return caught.value.response["Error"]["Code"]


def test_a_wrong_secret_and_an_unknown_key_are_refused(fors_verified):
    key, secret = fors_verified.credentials
    wrong = kinesis_client(fors_verified, aws_secret_access_key=secret + "x")
    assert code_of(wrong.list_streams) == "InvalidSignatureException"
    unknown = kinesis_client(fors_verified, aws_access_key_id=key[::-1])
    assert code_of(unknown.list_streams) == "UnrecognizedClientException"


def signed(server, body, when=None):
    """A request signed by botocore, at another time if asked."""
    request = AWSRequest(
        "POST",
        server.endpoint + "/",
        data=body,
        headers={
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": "Kinesis_20131202.ListStreams",
        },
    )
    auth = SigV4Auth(Credentials(*server.credentials), "kinesis", "us-east-1")
    auth.add_auth(request)
    if when:
        request.context["timestamp"] = when
        request.headers["X-Amz-Date"] = when
        del request.headers["Authorization"]
        canonical = auth.canonical_request(request)
        signature = auth.signature(auth.string_to_sign(request, canonical), request)
        auth._inject_signature_to_request(request, signature)
    return request


def send(server, request, body=None):
    """Status and text of the answer, the body replaced if asked."""
    link = http.client.HTTPConnection(urlsplit(server.endpoint).netloc)
    link.request("POST", "/", body=body or request.data, headers=dict(request.headers.items()))
    answer = link.getresponse()
    return answer.status, answer.read().decode()


def test_a_stale_date_and_a_changed_body_are_refused(fors_verified):
    assert send(fors_verified, signed(fors_verified, b"{}"))[0] == 200
    status, text = send(fors_verified, signed(fors_verified, b'{"Limit": 1}'), b'{"Limit": 2}')
    assert status == 400 and "InvalidSignatureException" in text
    stale = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time() - 1200))
    status, text = send(fors_verified, signed(fors_verified, b"{}", stale))
    assert status == 400 and "Signature expired" in text
