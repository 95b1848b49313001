# SPDX-License-Identifier: Apache-2.0
"""Streams: life, addressing, paging, shard lists, retention, tags, and AWS's error texts."""

import time

import pytest

from conftest import wait_active, wait_gone
from support.sequence_numbers import HASH_KEYS, decode


def describe(raw, name, **members):
    """The StreamDescription."""
    return raw.call("DescribeStream", StreamName=name, **members).ok()["StreamDescription"]


def summary(raw, name):
    """The StreamDescriptionSummary."""
    return raw.call("DescribeStreamSummary", StreamName=name).ok()["StreamDescriptionSummary"]


def account_of(raw, name):
    """The account that owns the stream."""
    return summary(raw, name)["StreamARN"].split(":")[4]


# Life of a stream


def test_a_new_stream_has_the_documented_defaults(raw, streams):
    name = streams(shards=2)
    description = describe(raw, name)
    assert abs(description.pop("StreamCreationTimestamp") - time.time()) < 60
    arn = description.pop("StreamARN")
    assert arn == f"arn:aws:kinesis:us-east-1:{arn.split(':')[4]}:stream/{name}"
    assert len(description.pop("Shards")) == 2
    assert description == {
        "StreamName": name,
        "StreamStatus": "ACTIVE",
        "HasMoreShards": False,
        "StreamModeDetails": {"StreamMode": "PROVISIONED"},
        "RetentionPeriodHours": 24,
        "EnhancedMonitoring": [{"ShardLevelMetrics": []}],
        "EncryptionType": "NONE",
    }
    short = summary(raw, name)
    assert short["OpenShardCount"] == 2
    assert short["MaxRecordSizeInKiB"] == 1024
    assert "RecordDistributionStrategy" not in short
    assert "Shards" not in short


def test_an_on_demand_stream_starts_with_four_shards(raw, streams):
    name = streams(StreamModeDetails={"StreamMode": "ON_DEMAND"})
    short = summary(raw, name)
    assert short["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}
    assert short["OpenShardCount"] == 4
    assert short["RecordDistributionStrategy"] == "USER_PARTITION_KEY"


def test_a_name_is_taken_until_the_stream_is_gone(raw, streams):
    name = streams()
    account, first = account_of(raw, name), describe(raw, name)["StreamCreationTimestamp"]
    again = raw.call("CreateStream", StreamName=name, ShardCount=1)
    again.fails("ResourceInUseException", f"Stream {name} under account {account} already exists.")
    raw.call("DeleteStream", StreamName=name).ok()
    wait_gone(raw, name)
    raw.call("CreateStream", StreamName=name, ShardCount=1).ok()
    wait_active(raw, name)
    assert describe(raw, name)["StreamCreationTimestamp"] > first


def test_a_deleted_stream_is_unknown(raw, streams):
    name = streams()
    account = account_of(raw, name)
    raw.call("DeleteStream", StreamName=name).ok()
    wait_gone(raw, name)
    text = f"Stream {name} under account {account} not found."
    calls = {
        "DescribeStream": {},
        "DescribeStreamSummary": {},
        "DeleteStream": {},
        "ListShards": {},
        "ListTagsForStream": {},
        "AddTagsToStream": {"Tags": {"a": "b"}},
        "RemoveTagsFromStream": {"TagKeys": ["a"]},
        "IncreaseStreamRetentionPeriod": {"RetentionPeriodHours": 48},
        "DecreaseStreamRetentionPeriod": {"RetentionPeriodHours": 24},
        "PutRecord": {"PartitionKey": "k", "Data": b""},
        "PutRecords": {"Records": [{"PartitionKey": "k", "Data": ""}]},
    }
    for operation, members in calls.items():
        raw.call(operation, StreamName=name, **members).fails("ResourceNotFoundException", text)
    arn = f"arn:aws:kinesis:us-east-1:{account}:stream/{name}"
    raw.call("DescribeStream", StreamARN=arn).fails("ResourceNotFoundException", text)


@pytest.mark.parametrize(
    "members",
    [
        {"ShardCount": 1, "StreamModeDetails": {"StreamMode": "ON_DEMAND"}},
        {"StreamModeDetails": {"StreamMode": "PROVISIONED"}},
        {"ShardCount": 1, "RecordDistributionStrategy": "AUTO"},
        {"ShardCount": 1, "WarmThroughputMiBps": 10},
        {"ShardCount": 1, "Tags": {"bad;key": "v"}},
    ],
)
def test_contradictions_at_creation_are_refused(raw, members):
    answer = raw.call("CreateStream", StreamName="contradiction", **members)
    assert answer.status == 400 and answer.type in (
        "InvalidArgumentException",
        "ValidationException",
    )
    raw.call("DescribeStream", StreamName="contradiction").fails("ResourceNotFoundException")


# Addressing


def test_a_stream_is_found_by_name_arn_or_both(raw, streams):
    name, other = streams(), streams()
    arn = summary(raw, name)["StreamARN"]
    for reference in (
        {"StreamName": name},
        {"StreamARN": arn},
        {"StreamName": name, "StreamARN": arn},
    ):
        found = raw.call("DescribeStreamSummary", **reference).ok()["StreamDescriptionSummary"]
        assert found["StreamName"] == name
    disagreeing = raw.call("DescribeStreamSummary", StreamName=other, StreamARN=arn)
    assert disagreeing.status == 400 and disagreeing.type == "InvalidArgumentException"


def test_the_stream_id_is_taken_when_it_matches(raw, streams):
    found = summary(raw, streams())
    reference = {key: found[key] for key in ("StreamName", "StreamARN", "StreamId") if key in found}
    assert raw.call("DescribeStreamSummary", **reference).status == 200


@pytest.mark.parametrize(
    "operation, members",
    [
        ("DescribeStream", {}),
        ("DescribeStreamSummary", {}),
        ("DeleteStream", {}),
        ("ListTagsForStream", {}),
        ("PutRecord", {"PartitionKey": "k", "Data": ""}),
        ("AddTagsToStream", {"Tags": {"a": "b"}}),
        ("GetShardIterator", {"ShardId": "shardId-000000000000", "ShardIteratorType": "LATEST"}),
    ],
)
def test_neither_name_nor_arn_is_refused(raw, operation, members):
    answer = raw.call(operation, **members)
    assert answer.status == 400 and answer.type in (
        "InvalidArgumentException",
        "ValidationException",
    )


# Paging


def test_streams_are_listed_in_name_order_and_pages(raw, streams):
    mine = sorted(streams() for _ in range(5))
    everything = raw.call("ListStreams").ok()
    assert everything["StreamNames"] == sorted(everything["StreamNames"])
    assert set(mine) <= set(everything["StreamNames"])
    assert [s["StreamName"] for s in everything["StreamSummaries"]] == everything["StreamNames"]
    assert everything["HasMoreStreams"] is False and "NextToken" not in everything

    by_token, request = [], {"Limit": 2}
    while request:
        page = raw.call("ListStreams", **request).ok()
        assert len(page["StreamNames"]) <= 2
        assert page["HasMoreStreams"] == ("NextToken" in page)
        by_token += page["StreamNames"]
        request = {"NextToken": page["NextToken"], "Limit": 2} if page["HasMoreStreams"] else None
    assert by_token == everything["StreamNames"]

    after = raw.call("ListStreams", ExclusiveStartStreamName=mine[1]).ok()["StreamNames"]
    assert after == [name for name in everything["StreamNames"] if name > mine[1]]
    first = raw.call("ListStreams", Limit=1).ok()
    assert first["StreamNames"] == everything["StreamNames"][:1]


def test_a_page_of_streams_has_at_most_100(raw, streams):
    for _ in range(101):
        streams()
    page = raw.call("ListStreams", Limit=10000).ok()
    assert len(page["StreamNames"]) == 100 and page["HasMoreStreams"] is True


def test_a_foreign_token_is_refused(raw, streams):
    token = raw.call("ListStreams", Limit=1).ok().get("NextToken")
    if not token:
        streams(), streams()
        token = raw.call("ListStreams", Limit=1).ok()["NextToken"]
    for call, members in (
        ("ListShards", {"NextToken": token}),
        ("ListStreams", {"NextToken": "bad"}),
        ("ListStreams", {"NextToken": token[:-4] + "AAAA"}),
    ):
        answer = raw.call(call, **members)
        assert answer.status == 400 and answer.type == "InvalidArgumentException"


def test_a_description_lists_its_shards_in_pages(raw, streams):
    name = streams(shards=120)
    first = describe(raw, name)
    assert len(first["Shards"]) == 100 and first["HasMoreShards"] is True
    assert len(describe(raw, name, Limit=10000)["Shards"]) == 100
    last = first["Shards"][-1]["ShardId"]
    rest = describe(raw, name, ExclusiveStartShardId=last)
    assert [s["ShardId"] for s in rest["Shards"]] == [f"shardId-{n:012}" for n in range(100, 120)]
    assert rest["HasMoreShards"] is False
    three = describe(raw, name, Limit=3, ExclusiveStartShardId="shardId-000000000001")
    assert [s["ShardId"][-1] for s in three["Shards"]] == ["2", "3", "4"]
    assert three["HasMoreShards"] is True


# Shards


@pytest.mark.parametrize(
    "count, starts",
    [
        (1, ["0"]),
        (2, ["0", "170141183460469231731687303715884105728"]),
        (
            3,
            [
                "0",
                "113427455640312821154458202477256070485",
                "226854911280625642308916404954512140970",
            ],
        ),
        (
            4,
            [
                "0",
                "85070591730234615865843651857942052864",
                "170141183460469231731687303715884105728",
                "255211775190703847597530955573826158592",
            ],
        ),
    ],
)
def test_shards_tile_the_hash_space(raw, streams, count, starts):
    shards = raw.call("ListShards", StreamName=streams(shards=count)).ok()["Shards"]
    ranges = [shard["HashKeyRange"] for shard in shards]
    assert [r["StartingHashKey"] for r in ranges] == starts
    ends = [str(int(start) - 1) for start in starts[1:]] + [str(HASH_KEYS - 1)]
    assert [r["EndingHashKey"] for r in ranges] == ends


def test_a_new_shard_starts_with_index_zero(raw, streams):
    name = streams(shards=18)
    created = describe(raw, name)["StreamCreationTimestamp"]
    for number, shard in enumerate(raw.call("ListShards", StreamName=name).ok()["Shards"]):
        assert shard["ShardId"] == f"shardId-{number:012}"
        assert set(shard["SequenceNumberRange"]) == {"StartingSequenceNumber"}
        assert "ParentShardId" not in shard and "AdjacentParentShardId" not in shard
        fields = decode(shard["SequenceNumberRange"]["StartingSequenceNumber"])
        assert (fields.shard, fields.index) == (number, 0)
        assert fields.put == fields.created and abs(fields.created - created) <= 3


def shard_numbers(answer):
    """The numbers in the shard ids of an answer."""
    return [int(shard["ShardId"][8:]) for shard in answer["Shards"]]


def test_shards_are_listed_in_pages(raw, streams):
    name = streams(shards=7)
    numbers, request = [], {"StreamName": name}
    while request:
        page = raw.call("ListShards", MaxResults=3, **request).ok()
        numbers.append(shard_numbers(page))
        request = {"NextToken": page["NextToken"]} if "NextToken" in page else None
    assert numbers == [[0, 1, 2], [3, 4, 5], [6]]
    after = raw.call(
        "ListShards", StreamName=name, ExclusiveStartShardId="shardId-000000000004"
    ).ok()
    assert shard_numbers(after) == [5, 6]
    exact = raw.call("ListShards", StreamName=name, MaxResults=7).ok()
    assert "NextToken" not in exact


def test_a_shard_token_stands_alone(raw, streams):
    name = streams(shards=3)
    token = raw.call("ListShards", StreamName=name, MaxResults=1).ok()["NextToken"]
    text = "NextToken and StreamName cannot be provided together."
    raw.call("ListShards", StreamName=name, NextToken=token).fails("InvalidArgumentException", text)
    for more in (
        {"ExclusiveStartShardId": "shardId-000000000000"},
        {"StreamCreationTimestamp": 1700000000},
    ):
        raw.call("ListShards", NextToken=token, **more).fails("InvalidArgumentException")
    raw.call("ListShards").fails("InvalidArgumentException")
    assert shard_numbers(raw.call("ListShards", NextToken=token, MaxResults=1).ok()) == [1]


@pytest.mark.parametrize(
    "kind", ["AT_LATEST", "AT_TRIM_HORIZON", "FROM_TRIM_HORIZON", "AT_TIMESTAMP", "FROM_TIMESTAMP"]
)
def test_each_filter_covers_the_hash_space_of_a_stream_never_resharded(raw, streams, kind):
    name = streams(shards=3)
    moment = {"Timestamp": time.time()} if "TIMESTAMP" in kind else {}
    answer = raw.call("ListShards", StreamName=name, ShardFilter={"Type": kind, **moment}).ok()
    assert shard_numbers(answer) == [0, 1, 2]


def test_a_filter_holds_on_every_page(raw, streams):
    name = streams(shards=5)
    chosen = {"Type": "AFTER_SHARD_ID", "ShardId": "shardId-000000000001"}
    first = raw.call("ListShards", StreamName=name, ShardFilter=chosen, MaxResults=2).ok()
    assert shard_numbers(first) == [2, 3]
    assert shard_numbers(raw.call("ListShards", NextToken=first["NextToken"]).ok()) == [4]


@pytest.mark.parametrize(
    "chosen",
    [
        {"Type": "AFTER_SHARD_ID"},
        {"Type": "AT_TIMESTAMP"},
        {"Type": "FROM_TIMESTAMP"},
        {"Type": "AT_LATEST", "ShardId": "shardId-000000000000"},
        {"Type": "AT_TRIM_HORIZON", "Timestamp": 1},
    ],
)
def test_a_filter_needs_exactly_its_members(raw, streams, chosen):
    raw.call("ListShards", StreamName=streams(), ShardFilter=chosen).fails(
        "InvalidArgumentException"
    )


# Retention


def test_retention_is_raised_and_lowered_within_bounds(raw, streams):
    name = streams()

    def change(direction, hours, text=None):
        answer = raw.call(
            f"{direction}StreamRetentionPeriod", StreamName=name, RetentionPeriodHours=hours
        )
        if text is None:
            answer.ok()
            assert describe(raw, name)["RetentionPeriodHours"] == hours
            assert summary(raw, name)["RetentionPeriodHours"] == hours
        else:
            answer.fails("InvalidArgumentException", text)

    change("Increase", 24)  # the present value is taken
    change("Increase", 8760)
    change(
        "Increase",
        8761,
        "Maximum allowed retention period is 8760 hours. "
        "Requested retention period (8761 hours) is too long.",
    )
    change(
        "Increase",
        48,
        f"Requested retention period (48 hours) for stream {name} can not be shorter than "
        "existing retention period (8760 hours). Use DecreaseRetentionPeriod API.",
    )
    change("Decrease", 48)
    change("Decrease", 48)
    change(
        "Decrease",
        72,
        f"Requested retention period (72 hours) for stream {name} can not be longer than "
        "existing retention period (48 hours). Use IncreaseRetentionPeriod API.",
    )
    for direction in ("Increase", "Decrease"):
        change(
            direction,
            23,
            "Minimum allowed retention period is 24 hours. "
            "Requested retention period (23 hours) is too short.",
        )
    change("Decrease", 24)


# Tags


def tags_of(raw, name, **members):
    """(tags as pairs, HasMoreTags)."""
    answer = raw.call("ListTagsForStream", StreamName=name, **members).ok()
    return [(tag["Key"], tag["Value"]) for tag in answer["Tags"]], answer["HasMoreTags"]


def test_tags_are_added_overwritten_removed_and_paged(raw, streams):
    name = streams(Tags={"from": "birth"})
    assert tags_of(raw, name) == ([("from", "birth")], False)
    raw.call("AddTagsToStream", StreamName=name, Tags={"b": "2", "a": "", "Å": "ö _./=+-%@"}).ok()
    raw.call("AddTagsToStream", StreamName=name, Tags={"b": "3"}).ok()
    wanted = [("a", ""), ("b", "3"), ("from", "birth"), ("Å", "ö _./=+-%@")]
    assert tags_of(raw, name) == (wanted, False)
    assert tags_of(raw, name, Limit=2) == (wanted[:2], True)
    assert tags_of(raw, name, Limit=2, ExclusiveStartTagKey="b") == (wanted[2:], False)
    raw.call("RemoveTagsFromStream", StreamName=name, TagKeys=["a", "never there"]).ok()
    assert tags_of(raw, name) == (wanted[1:], False)


def test_a_stream_has_at_most_50_tags(raw, streams):
    name = streams()
    raw.call("AddTagsToStream", StreamName=name, Tags={f"key{n}": "v" for n in range(50)}).ok()
    answer = raw.call("AddTagsToStream", StreamName=name, Tags={"one too many": "v"})
    answer.fails(
        "InvalidArgumentException",
        f"Failed to add tags to stream {name} under account {account_of(raw, name)} because a given"
        " stream cannot have more than 10 tags associated with it.",
    )
    raw.call("AddTagsToStream", StreamName=name, Tags={"key7": "changed"}).ok()  # no new key
    assert len(tags_of(raw, name, Limit=50)[0]) == 50


@pytest.mark.parametrize("tags", [{"semi;colon": "v"}, {"k": "a;b"}, {"k": "{}"}, {"#": ""}])
def test_tags_have_their_characters(raw, streams, tags):
    answer = raw.call("AddTagsToStream", StreamName=streams(), Tags=tags).fails(
        "InvalidArgumentException"
    )
    assert answer.message in (
        (
            "Some tags contain invalid characters. Valid characters: "
            "Unicode letters, digits, white space, _ . / = + - % @."
        ),
    )


# Account


def test_limits_count_what_is_there(raw, streams):
    before = raw.call("DescribeLimits").ok()
    streams(shards=3)
    streams(StreamModeDetails={"StreamMode": "ON_DEMAND"})
    after = raw.call("DescribeLimits").ok()
    assert after["OpenShardCount"] == before["OpenShardCount"] + 3
    assert after["OnDemandStreamCount"] == before["OnDemandStreamCount"] + 1
    assert after["ShardLimit"] >= 200 and after["OnDemandStreamCountLimit"] >= 50
