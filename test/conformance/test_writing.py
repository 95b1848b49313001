# SPDX-License-Identifier: Apache-2.0
"""PutRecord and PutRecords: routing, sequence numbers, sizes, and throttling under AWS's limits."""

import base64
import re
import time
from collections import Counter

import pytest

from conftest import stream_maker
from support.raw_kinesis import RawKinesis
from support.sequence_numbers import HASH_KEYS, INDEX_AT_END, SequenceNumber, decode

MIB = 1 << 20


def put(raw, name, key="k", data=b"data", **members):
    """The answer of PutRecord."""
    return raw.call("PutRecord", StreamName=name, PartitionKey=key, Data=data, **members)


def read_all(raw, name, shard="shardId-000000000000"):
    """All records of a shard."""
    token = raw.call(
        "GetShardIterator", StreamName=name, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    ).ok()["ShardIterator"]
    found = []
    while True:
        answer = raw.call("GetRecords", ShardIterator=token)
        if answer.status == 400 and answer.type == "ProvisionedThroughputExceededException":
            time.sleep(0.25)
            continue
        found += answer.ok()["Records"]
        if not answer.json["Records"] and answer.json["MillisBehindLatest"] == 0:
            return found
        token = answer.json["NextShardIterator"]


# Sequence numbers: reference, section 4.2


@pytest.mark.parametrize(
    "fields, text",
    [
        (
            SequenceNumber(1553568712, 0, 195, 1553568735),
            "49594189147623985939251953501666965394405037144469929986",
        ),
        (
            SequenceNumber(1542776258, 6, 1734642199, 1545084650),
            "49590338271490256608559692538361571095921575989136588898",
        ),
        (
            SequenceNumber(1700000000, 0, 0, 1700000000),
            "49646437577108476416916876405825929425585429676275269634",
        ),
        (
            SequenceNumber(1700000000, 1, 5, 1700000100),
            "49646437577130777162115407028973509772956158055602454546",
        ),
        (
            SequenceNumber(1700000000, 0, INDEX_AT_END, 1700000500),
            "49646437577119626789516141717395488358902173587591921666",
        ),
    ],
)
def test_this_file_reads_numbers_as_aws_writes_them(fields, text):
    assert decode(text) == fields and fields.encode() == text


def test_numbers_carry_their_shard_and_rise(raw, streams):
    name = streams(shards=2)
    starts = [
        decode(shard["SequenceNumberRange"]["StartingSequenceNumber"])
        for shard in raw.call("ListShards", StreamName=name).ok()["Shards"]
    ]
    last = {start.shard: start.encode() for start in starts}
    for n in range(40):
        stored = put(raw, name, key=f"key-{n}").ok()
        fields, shard = decode(stored["SequenceNumber"]), int(stored["ShardId"][8:])
        assert fields.shard == shard and fields.created == starts[shard].created
        assert abs(fields.put - time.time()) < 10
        assert int(stored["SequenceNumber"]) > int(last[shard])
        assert len(stored["SequenceNumber"]) == 56 and stored["SequenceNumber"].startswith("49")
        last[shard] = stored["SequenceNumber"]


def test_numbers_of_a_batch_rise_with_its_order(raw, streams):
    name = streams()
    entries = [
        {"PartitionKey": "k", "Data": base64.b64encode(str(n).encode()).decode()} for n in range(50)
    ]
    stored = raw.call("PutRecords", StreamName=name, Records=entries).ok()["Records"]
    numbers = [int(result["SequenceNumber"]) for result in stored]
    assert numbers == sorted(set(numbers))
    assert [base64.b64decode(r["Data"]) for r in read_all(raw, name)] == [
        str(n).encode() for n in range(50)
    ]


def test_ordering_by_a_number(raw, streams):
    name = streams()
    first = put(raw, name).ok()["SequenceNumber"]
    second = put(raw, name, SequenceNumberForOrdering=first).ok()["SequenceNumber"]
    assert int(second) > int(first)
    arn = raw.call("DescribeStreamSummary", StreamName=name).ok()["StreamDescriptionSummary"][
        "StreamARN"
    ]
    account = arn.split(":")[4]
    last = decode(second)
    future = SequenceNumber(last.created, last.shard, last.index + 10**6, last.put + 10**6).encode()
    for bad in ("9" * 60, future):
        put(raw, name, SequenceNumberForOrdering=bad).fails(
            "InvalidArgumentException",
            f"ExclusiveMinimumSequenceNumber {bad} used in PutRecord on stream {name} "
            f"under account {account} is invalid.",
        )


# Routing: reference, sections 4.1 and 9


@pytest.mark.parametrize(
    "key, hash_key",
    [
        ("a", 16955237001963240173058271559858726497),
        ("partition-1", 198019941650871988756153596255032211816),
        ("é", 136732923097551493579404309126273812335),
    ],
)
def test_a_key_goes_where_its_md5_lies(raw, streams, key, hash_key):
    name = streams(shards=8)
    assert put(raw, name, key=key).ok()["ShardId"] == f"shardId-{hash_key * 8 // HASH_KEYS:012}"


def test_an_explicit_hash_key_decides(raw, streams):
    name = streams(shards=3)
    ranges = [
        shard["HashKeyRange"] for shard in raw.call("ListShards", StreamName=name).ok()["Shards"]
    ]
    for number, limits in enumerate(ranges):
        for edge in limits.values():
            stored = put(raw, name, ExplicitHashKey=edge).ok()
            assert stored["ShardId"] == f"shardId-{number:012}"
    records = read_all(raw, name, "shardId-000000000002")
    assert [record["PartitionKey"] for record in records] == [
        "k",
        "k",
    ]  # the key is kept all the same


def test_an_explicit_hash_key_beyond_the_space(raw, streams):
    name = streams()
    text = (
        "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. "
        f"Specified value was {HASH_KEYS}"
    )
    put(raw, name, ExplicitHashKey=str(HASH_KEYS)).fails("InvalidArgumentException", text)
    entries = [
        {"PartitionKey": "k", "Data": ""},
        {"PartitionKey": "k", "Data": "", "ExplicitHashKey": "9" * 39},
    ]
    raw.call("PutRecords", StreamName=name, Records=entries).fails("InvalidArgumentException")
    assert read_all(raw, name) == []  # a refused request leaves nothing


def test_a_partition_key_is_needed(raw, streams):
    name = streams()
    raw.call("PutRecord", StreamName=name, Data=b"").fails("ValidationException")
    entries = [{"PartitionKey": "k", "Data": ""}, {"Data": ""}]
    answer = raw.call("PutRecords", StreamName=name, Records=entries).fails("ValidationException")
    assert "'records.2.member.partitionKey'" in answer.message
    assert read_all(raw, name) == []


def test_an_auto_stream_needs_none(raw, streams):
    name = streams(StreamModeDetails={"StreamMode": "ON_DEMAND"}, RecordDistributionStrategy="AUTO")
    stored = raw.call("PutRecord", StreamName=name, Data=b"keyless").ok()
    records = read_all(raw, name, stored["ShardId"])
    assert records[0]["PartitionKey"] is None and base64.b64decode(records[0]["Data"]) == b"keyless"
    put(raw, name, SequenceNumberForOrdering=stored["SequenceNumber"]).fails(
        "InvalidArgumentException",
        "Stream has SERVICE_DEFINED PartitionKey enabled. SequenceNumberForOrdering must not be"
        " provided.",
    )


# Sizes


@pytest.mark.parametrize("kib, members", [(1024, {}), (2048, {"MaxRecordSizeInKiB": 2048})])
def test_key_and_data_together_have_a_limit(raw, streams, kib, members):
    name, limit = streams(**members), kib * 1024
    put(raw, name, key="é", data=b"x" * (limit - 2)).ok()  # the key counts in UTF-8 bytes
    for key, size in (("é", limit - 1), ("k", limit)):
        answer = put(raw, name, key=key, data=b"x" * size)
        assert answer.status == 400 and answer.type in (
            "ValidationException",
            "InvalidArgumentException",
        )
        entry = {"PartitionKey": key, "Data": base64.b64encode(b"x" * size).decode()}
        answer = raw.call(
            "PutRecords", StreamName=name, Records=[{"PartitionKey": "k", "Data": ""}, entry]
        )
        assert answer.status == 400 and answer.type in (
            "ValidationException",
            "InvalidArgumentException",
        )
    assert len(read_all(raw, name)) == 1


def test_a_batch_has_a_limit(raw, streams):
    name = streams()
    entry = {"PartitionKey": "k", "Data": base64.b64encode(b"x" * (MIB - 1)).decode()}
    stored = raw.call("PutRecords", StreamName=name, Records=[entry] * 10).ok()
    assert stored["FailedRecordCount"] == 0
    more = [entry] * 10 + [{"PartitionKey": "k", "Data": ""}]
    answer = raw.call("PutRecords", StreamName=name, Records=more).fails("InvalidArgumentException")
    assert re.fullmatch(r"Records size exceeds \d+ MB limit", answer.message)


def test_an_empty_record_is_a_record(raw, streams):
    name = streams()
    put(raw, name, data=b"").ok()
    assert [record["Data"] for record in read_all(raw, name)] == [""]


def test_an_answer_names_no_encryption(raw, streams):
    name = streams()
    assert set(put(raw, name).ok()) == {"ShardId", "SequenceNumber"}
    answer = raw.call(
        "PutRecords", StreamName=name, Records=[{"PartitionKey": "k", "Data": ""}]
    ).ok()
    assert set(answer) == {"FailedRecordCount", "Records"}
    assert set(answer["Records"][0]) == {"ShardId", "SequenceNumber"}


def test_a_dry_run_stores_nothing(raw, streams):
    name = streams()
    put(raw, name, DryRun=True).fails("DryRunOperationException")
    entries = [{"PartitionKey": "k", "Data": ""}]
    raw.call("PutRecords", StreamName=name, Records=entries, DryRun=True).fails(
        "DryRunOperationException"
    )
    put(raw, name, ExplicitHashKey=str(HASH_KEYS), DryRun=True).fails("InvalidArgumentException")
    assert read_all(raw, name) == []
    put(raw, name, DryRun=False).ok()


# Limits of AWS: reference, sections 4.8 and 4.9


@pytest.fixture(scope="module")
def limited(fors):
    """Raw calls to a server with AWS's limits, and a maker of streams there."""
    connection = RawKinesis(fors.endpoint)
    make, _ = stream_maker(connection)
    yield connection, make
    connection.close()


def throttle_texts(name, shard="shardId-000000000000"):
    """Both wordings AWS has been seen with."""
    return re.compile(
        rf"Rate exceeded for shard {shard} in stream {name} under account \d{{12}}\.|"
        rf"Rate exceeded for Shard - \d{{12}}/{name}/{shard}"
    )


def test_a_batch_may_fail_in_part(limited):
    raw, make = limited
    name = make()
    stored, failed = [], Counter()
    for turn in range(6):  # 3,000 records at once, where a shard takes 1,000 in a second
        entries = [
            {"PartitionKey": "k", "Data": base64.b64encode(f"{turn}-{n}".encode()).decode()}
            for n in range(500)
        ]
        answer = raw.call(
            "PutRecords", StreamName=name, Records=entries
        ).ok()  # 200, even when all fail
        assert len(answer["Records"]) == 500
        for entry, result in zip(entries, answer["Records"]):
            if "ErrorCode" in result:
                assert set(result) == {"ErrorCode", "ErrorMessage"}
                assert throttle_texts(name).fullmatch(result["ErrorMessage"])
                failed[result["ErrorCode"]] += 1
            else:
                stored.append((entry["Data"], result["SequenceNumber"]))
        assert answer["FailedRecordCount"] == sum(
            "ErrorCode" in result for result in answer["Records"]
        )
    assert set(failed) == {"ProvisionedThroughputExceededException"} and len(stored) >= 1000
    found = [(record["Data"], record["SequenceNumber"]) for record in read_all(raw, name)]
    assert found == stored  # what was refused is not there, what was taken is


def test_one_shard_in_need_does_not_hold_up_another(limited):
    raw, make = limited
    name = make(shards=2)
    middle = str(HASH_KEYS // 2)
    crowd = [{"PartitionKey": "k", "Data": "", "ExplicitHashKey": "0"}] * 499
    lone = {"PartitionKey": "k", "Data": "", "ExplicitHashKey": middle}
    for _ in range(6):
        results = raw.call("PutRecords", StreamName=name, Records=[*crowd, lone]).ok()["Records"]
        assert results[-1].get("ShardId") == "shardId-000000000001", results[-1]


def test_a_put_is_throttled_by_bytes_and_recovers(limited):
    raw, make = limited
    name, answers = make(), []
    for _ in range(6):
        answers.append(put(raw, name, data=b"x" * (MIB // 2)))
    refused = [answer for answer in answers if answer.status == 400]
    assert refused and answers[0].status == 200
    for answer in refused:
        answer.fails("ProvisionedThroughputExceededException")
        assert throttle_texts(name).fullmatch(answer.message)
    deadline = time.monotonic() + 5
    while put(raw, name, data=b"x" * (MIB // 2)).status != 200:
        assert time.monotonic() < deadline, "the shard does not recover"
        time.sleep(0.1)


def test_reads_are_throttled_by_calls(limited):
    raw, make = limited
    name = make()
    token = raw.call(
        "GetShardIterator",
        StreamName=name,
        ShardId="shardId-000000000000",
        ShardIteratorType="LATEST",
    ).ok()["ShardIterator"]
    answers = [raw.call("GetRecords", ShardIterator=token) for _ in range(20)]
    refused = [answer for answer in answers if answer.status == 400]
    assert 10 <= len(refused) <= 15  # five at once, and what flows in meanwhile
    for answer in refused:
        answer.fails("ProvisionedThroughputExceededException")
        assert throttle_texts(name).fullmatch(answer.message)


def test_no_limits_means_none(raw, streams):
    name = streams()
    entries = [{"PartitionKey": "k", "Data": ""}] * 500
    for _ in range(6):
        assert (
            raw.call("PutRecords", StreamName=name, Records=entries).ok()["FailedRecordCount"] == 0
        )
    token = raw.call(
        "GetShardIterator",
        StreamName=name,
        ShardId="shardId-000000000000",
        ShardIteratorType="LATEST",
    ).ok()["ShardIterator"]
    for _ in range(20):
        raw.call("GetRecords", ShardIterator=token).ok()
