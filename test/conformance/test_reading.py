# SPDX-License-Identifier: Apache-2.0
"""Shard iterators of all types with their edges, and what GetRecords gives from them."""

import base64
import re
import time

import pytest

from conftest import wait_active, wait_gone
from support.sequence_numbers import SequenceNumber, decode

SHARD = "shardId-000000000000"
MIB = 1 << 20


def put(raw, name, count, size=0):
    """Puts records "0", "1", … one by one (padded to `size`); their sequence numbers."""
    return [
        raw.call(
            "PutRecord", StreamName=name, PartitionKey="k", Data=str(n).encode().ljust(size)
        ).ok()["SequenceNumber"]
        for n in range(count)
    ]


def iterator(raw, name, kind, shard=SHARD, **members):
    """The answer of GetShardIterator."""
    return raw.call(
        "GetShardIterator", StreamName=name, ShardId=shard, ShardIteratorType=kind, **members
    )


def records(raw, name, kind, **members):
    """What one GetRecords gives from a fresh iterator."""
    token = iterator(raw, name, kind, **members).ok()["ShardIterator"]
    answer = raw.call("GetRecords", ShardIterator=token).ok()
    return [base64.b64decode(record["Data"]).decode().strip() for record in answer["Records"]]


@pytest.fixture(scope="module")
def four(raw, streams):
    """A stream with records 0 to 3, and a moment between 1 and 2."""
    name = streams()
    numbers = put(raw, name, 2)
    time.sleep(0.02)
    moment = int(time.time() * 1000) / 1000
    time.sleep(0.02)
    numbers += [
        raw.call("PutRecord", StreamName=name, PartitionKey="k", Data=data).ok()["SequenceNumber"]
        for data in (b"2", b"3")
    ]
    return name, numbers, moment


def start_of(raw, name, shard=0):
    """The shard's StartingSequenceNumber."""
    shards = raw.call("ListShards", StreamName=name).ok()["Shards"]
    return shards[shard]["SequenceNumberRange"]["StartingSequenceNumber"]


def account_of(raw, name):
    """The account that owns the stream."""
    answer = raw.call("DescribeStreamSummary", StreamName=name).ok()
    return answer["StreamDescriptionSummary"]["StreamARN"].split(":")[4]


# Positions: reference, section 4.6


def test_trim_horizon_and_latest(raw, four):
    name, _, _ = four
    assert records(raw, name, "TRIM_HORIZON") == ["0", "1", "2", "3"]
    assert records(raw, name, "LATEST") == []


def test_latest_is_the_moment_of_the_call(raw, streams):
    name = streams()
    put(raw, name, 1)
    token = iterator(raw, name, "LATEST").ok()["ShardIterator"]
    put(raw, name, 2)
    answer = raw.call("GetRecords", ShardIterator=token).ok()
    assert [base64.b64decode(r["Data"]) for r in answer["Records"]] == [b"0", b"1"]
    assert (
        len(raw.call("GetRecords", ShardIterator=token).ok()["Records"]) == 2
    )  # may be used again


def test_at_and_after_a_sequence_number(raw, four):
    name, numbers, _ = four
    for at, number in enumerate(numbers):
        rest = [str(n) for n in range(at, 4)]
        assert records(raw, name, "AT_SEQUENCE_NUMBER", StartingSequenceNumber=number) == rest
        assert (
            records(raw, name, "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=number) == rest[1:]
        )


def test_the_start_of_the_shard_is_a_position(raw, four):
    name, _, _ = four
    start = start_of(raw, name)
    for kind in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"):
        assert records(raw, name, kind, StartingSequenceNumber=start) == ["0", "1", "2", "3"]


def test_a_number_without_a_record_stands_before_the_next(raw, four):
    name, numbers, _ = four
    last = decode(numbers[-1])
    beyond = SequenceNumber(last.created, last.shard, last.index + 1000, last.put + 1).encode()
    for kind in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"):
        assert records(raw, name, kind, StartingSequenceNumber=beyond) == []


def test_at_timestamp(raw, four):
    name, _, moment = four
    assert records(raw, name, "AT_TIMESTAMP", Timestamp=moment) == ["2", "3"]
    assert records(raw, name, "AT_TIMESTAMP", Timestamp=1) == ["0", "1", "2", "3"]
    time.sleep(0.01)
    now = (
        int(time.time() * 1000) / 1000
    )  # whole milliseconds: a fraction of one may round into the future
    assert records(raw, name, "AT_TIMESTAMP", Timestamp=now) == []
    token = iterator(raw, name, "TRIM_HORIZON").ok()["ShardIterator"]
    arrivals = [
        r["ApproximateArrivalTimestamp"]
        for r in raw.call("GetRecords", ShardIterator=token).ok()["Records"]
    ]
    assert records(raw, name, "AT_TIMESTAMP", Timestamp=arrivals[2])[0] == "2"  # inclusive
    assert records(raw, name, "AT_TIMESTAMP", Timestamp=round(arrivals[3] + 0.001, 3)) == []


def test_a_timestamp_is_needed_and_not_in_the_future(raw, four):
    name, _, _ = four
    iterator(raw, name, "AT_TIMESTAMP").fails(
        "InvalidArgumentException",
        "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. "
        "Current request has no timestamp parameter.",
    )
    answer = iterator(raw, name, "AT_TIMESTAMP", Timestamp=4102444800.5).fails(
        "InvalidArgumentException"
    )
    found = re.fullmatch(
        r"The timestampInMillis parameter cannot be greater than the currentTimestampInMillis\. "
        r"timestampInMillis: 4102444800500, currentTimestampInMillis: (\d{13})",
        answer.message,
    )
    assert found and abs(int(found[1]) / 1000 - time.time()) < 60


@pytest.mark.parametrize(
    "kind, given",
    [
        ("AT_SEQUENCE_NUMBER", False),
        ("AFTER_SEQUENCE_NUMBER", False),
        ("TRIM_HORIZON", True),
        ("LATEST", True),
    ],
)
def test_type_and_number_belong_together(raw, four, kind, given):
    name, numbers, _ = four
    members = {"StartingSequenceNumber": numbers[0]} if given else {}
    iterator(raw, name, kind, **members).fails(
        "InvalidArgumentException",
        "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and"
        " StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber."
        f" Request specified {kind} and {'also a' if given else 'no'} StartingSequenceNumber.",
    )


def test_numbers_that_do_not_belong_here(raw, streams):
    name = streams(shards=2)
    account = account_of(raw, name)
    mine, other = start_of(raw, name), start_of(raw, name, 1)
    used = (
        f"used in GetShardIterator on shard {SHARD} in stream {name} under account {account} is"
        " invalid"
    )
    fields = decode(mine)
    elsewhen = SequenceNumber(fields.created - 1000, 0, 5, fields.put).encode()
    cases = [
        ("9" * 60, f"StartingSequenceNumber {'9' * 60} {used}."),
        (
            other,
            (
                "Invalid StartingSequenceNumber. It encodes shardId-000000000001, "
                f"while it was used in a call to a shard with {SHARD}"
            ),
        ),
        (
            elsewhen,
            f"StartingSequenceNumber {elsewhen} {used} because it did not come from this stream.",
        ),
    ]
    for number, text in cases:
        answer = iterator(raw, name, "AT_SEQUENCE_NUMBER", StartingSequenceNumber=number)
        answer.fails("InvalidArgumentException", text)


def test_shards_and_streams_that_are_not_there(raw, streams):
    name = streams()
    account = account_of(raw, name)
    missing = "Shard shardId-000000000007 in stream {} under account {} does not exist"
    for shard in ("shardId-000000000007", "shardId-7", "7"):
        iterator(raw, name, "LATEST", shard=shard).fails(
            "ResourceNotFoundException", missing.format(name, account)
        )
    iterator(raw, "nowhere", "LATEST", shard="shardId-7").fails(
        "ResourceNotFoundException", missing.format("nowhere", account)
    )
    for shard in ("shardId-x", "shard", "shardId-99999999999"):
        iterator(raw, name, "LATEST", shard=shard).fails(
            "ResourceNotFoundException",
            f"Could not find shard {shard} in stream {name} under account {account}.",
        )
    assert iterator(raw, name, "LATEST", shard="shardId-0").status == 200  # AWS normalises ids


# Iterators as tokens


def test_an_iterator_is_opaque_and_changes_with_every_read(raw, four):
    name, _, _ = four
    token = iterator(raw, name, "LATEST").ok()["ShardIterator"]
    seen = {token}
    for _ in range(3):
        time.sleep(0.002)
        token = raw.call("GetRecords", ShardIterator=token).ok()["NextShardIterator"]
        assert token not in seen and len(token) <= 512
        seen.add(token)


def test_literal_quotes_around_an_iterator_are_taken(raw, four):
    token = iterator(raw, four[0], "TRIM_HORIZON").ok()["ShardIterator"]
    assert len(raw.call("GetRecords", ShardIterator=f'"{token}"').ok()["Records"]) == 4


def test_a_bad_iterator(raw, four):
    token = iterator(raw, four[0], "TRIM_HORIZON").ok()["ShardIterator"]
    middle = len(token) // 2
    flipped = token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :]
    for bad in ("bad", "AAAA", token[:-8], token + "AAAA", flipped, '""', "é" * 20):
        raw.call("GetRecords", ShardIterator=bad).fails(
            "InvalidArgumentException", "Invalid ShardIterator."
        )


def test_an_iterator_does_not_outlive_its_stream(raw, streams):
    name = streams()
    put(raw, name, 1)
    token = iterator(raw, name, "TRIM_HORIZON").ok()["ShardIterator"]
    raw.call("DeleteStream", StreamName=name).ok()
    wait_gone(raw, name)
    raw.call("GetRecords", ShardIterator=token).fails("ResourceNotFoundException")
    raw.call("CreateStream", StreamName=name, ShardCount=1).ok()
    wait_active(raw, name)
    put(raw, name, 1)
    answer = raw.call("GetRecords", ShardIterator=token)
    assert answer.status == 400 and answer.type in (
        "ResourceNotFoundException",
        "InvalidArgumentException",
    )


# GetRecords: reference, section 4.7


def test_a_record_comes_back_as_it_was_put(raw, streams):
    name, data = streams(), bytes(range(256)) * 4
    stored = raw.call("PutRecord", StreamName=name, PartitionKey="nyckel-å", Data=data).ok()
    token = iterator(raw, name, "TRIM_HORIZON").ok()["ShardIterator"]
    answer = raw.call("GetRecords", ShardIterator=token).ok()
    record = answer["Records"][0]
    assert set(record) == {"SequenceNumber", "ApproximateArrivalTimestamp", "Data", "PartitionKey"}
    assert base64.b64decode(record["Data"]) == data
    assert record["PartitionKey"] == "nyckel-å"
    assert record["SequenceNumber"] == stored["SequenceNumber"]
    arrival = record["ApproximateArrivalTimestamp"]
    assert abs(arrival - time.time()) < 60 and abs(arrival * 1000 - round(arrival * 1000)) < 0.01
    assert "ChildShards" not in answer


def test_the_limit_is_kept_and_the_lag_is_honest(raw, streams):
    name = streams()
    numbers = put(raw, name, 5)
    time.sleep(0.05)
    token, got = iterator(raw, name, "TRIM_HORIZON").ok()["ShardIterator"], []
    for lag in (True, True, False):
        answer = raw.call("GetRecords", ShardIterator=token, Limit=2).ok()
        got += [record["SequenceNumber"] for record in answer["Records"]]
        assert (answer["MillisBehindLatest"] > 0) == lag
        token = answer["NextShardIterator"]
    assert got == numbers
    answer = raw.call("GetRecords", ShardIterator=token).ok()
    assert (answer["Records"], answer["MillisBehindLatest"]) == ([], 0)


def test_a_reply_has_at_most_ten_mebibytes(raw, streams):
    name = streams()
    numbers = put(raw, name, 12, size=MIB - 1)
    token, got, sizes = iterator(raw, name, "TRIM_HORIZON").ok()["ShardIterator"], [], []
    while len(got) < 12 and len(sizes) < 12:
        answer = raw.call("GetRecords", ShardIterator=token).ok()
        got += [record["SequenceNumber"] for record in answer["Records"]]
        sizes.append(sum(len(base64.b64decode(record["Data"])) for record in answer["Records"]))
        token = answer["NextShardIterator"]
    assert got == numbers
    assert max(sizes) <= 10 * MIB and sizes[0] > 5 * MIB


def test_a_record_of_ten_mebibytes_is_read_alone(raw, streams):
    name = streams(MaxRecordSizeInKiB=10240)
    big = b"x" * (10 * MIB - 1)
    put(raw, name, 1)
    raw.call("PutRecord", StreamName=name, PartitionKey="k", Data=big).ok()
    put(raw, name, 1)
    token, lengths = iterator(raw, name, "TRIM_HORIZON").ok()["ShardIterator"], []
    for _ in range(4):
        answer = raw.call("GetRecords", ShardIterator=token).ok()
        lengths += [len(base64.b64decode(record["Data"])) for record in answer["Records"]]
        token = answer["NextShardIterator"]
    assert lengths == [1, len(big), 1]


def test_a_reply_has_at_most_ten_thousand_records(raw, streams):
    name = streams()
    batch = [{"PartitionKey": "k", "Data": ""}] * 500
    for _ in range(21):
        assert raw.call("PutRecords", StreamName=name, Records=batch).ok()["FailedRecordCount"] == 0
    token = iterator(raw, name, "TRIM_HORIZON").ok()["ShardIterator"]
    first = raw.call("GetRecords", ShardIterator=token).ok()
    assert len(first["Records"]) == 10_000
    second = raw.call("GetRecords", ShardIterator=first["NextShardIterator"]).ok()
    assert len(second["Records"]) == 500


def test_a_read_may_name_the_stream_too(raw, four):
    name, _, _ = four
    arn = raw.call("DescribeStreamSummary", StreamName=name).ok()["StreamDescriptionSummary"][
        "StreamARN"
    ]
    token = iterator(raw, name, "TRIM_HORIZON", StreamARN=arn).ok()["ShardIterator"]
    assert len(raw.call("GetRecords", ShardIterator=token, StreamARN=arn).ok()["Records"]) == 4


def test_a_dry_run_reads_nothing(raw, four):
    name, _, _ = four
    iterator(raw, name, "LATEST", DryRun=True).fails("DryRunOperationException")
    token = iterator(raw, name, "LATEST").ok()["ShardIterator"]
    raw.call("GetRecords", ShardIterator=token, DryRun=True).fails("DryRunOperationException")
    raw.call("GetRecords", ShardIterator="bad", DryRun=True).fails("InvalidArgumentException")
