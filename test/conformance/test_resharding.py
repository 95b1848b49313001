# SPDX-License-Identifier: Apache-2.0
"""SplitShard, MergeShards, UpdateShardCount: lineage, the end of shards, refusals."""

import uuid

import pytest
from botocore.exceptions import ClientError

from support.clients import kinesis_client
from support.fors_server import ForsServer

HASH_KEYS = 1 << 128


@pytest.fixture
def stream(kinesis):
    """Makes ACTIVE streams of a number of shards."""

    def make(shards, **more):
        name = f"reshard-{uuid.uuid4().hex[:8]}"
        kinesis.create_stream(StreamName=name, ShardCount=shards, **more)
        wait_active(kinesis, name)
        return name

    return make


def wait_active(kinesis, name):
    """Waits as people do; a transition takes a tenth of a second."""
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 0.05})


def test_a_split_is_not_refused_for_streams_that_are_being_created():
    """Five at once may be in CREATING; that is no concern of those that are there."""
    with ForsServer("--ephemeral", "--transition-ms", "1500") as server:
        kinesis = kinesis_client(server)
        kinesis.create_stream(StreamName="there", ShardCount=1)
        kinesis.get_waiter("stream_exists").wait(StreamName="there", WaiterConfig={"Delay": 0.2})
        for number in range(5):
            kinesis.create_stream(StreamName=f"new-{number}", ShardCount=1)
        kinesis.split_shard(
            StreamName="there", ShardToSplit="shardId-000000000000",
            NewStartingHashKey=str(HASH_KEYS // 2),
        )


def shards_of(kinesis, name, **filters):
    shards = kinesis.list_shards(StreamName=name, **filters)["Shards"]
    return {int(shard["ShardId"][-12:]): shard for shard in shards}


def is_open(shard):
    return "EndingSequenceNumber" not in shard["SequenceNumberRange"]


def span(shard):
    keys = shard["HashKeyRange"]
    return int(keys["StartingHashKey"]), int(keys["EndingHashKey"])


def read_to_end(kinesis, name, shard):
    """(records, ChildShards of the last answer) of a closed shard."""
    iterator = kinesis.get_shard_iterator(
        StreamName=name, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    records = []
    while iterator:
        answer = kinesis.get_records(ShardIterator=iterator, Limit=10)
        records += answer["Records"]
        iterator = answer.get("NextShardIterator")
        # The end and the children come together, never one without the other.
        assert ("ChildShards" in answer) == (iterator is None)
    return records, answer["ChildShards"]


def expect_tiling(shards):
    spans = sorted(span(shard) for shard in shards if is_open(shard))
    assert spans[0][0] == 0 and spans[-1][1] == HASH_KEYS - 1
    for (_, end), (start, _) in zip(spans, spans[1:]):
        assert start == end + 1


def put(kinesis, name, count):
    """Key -> sequence numbers in the order of putting."""
    numbers = {}
    for n in range(count):
        key = f"key{n % 10}"
        answer = kinesis.put_record(StreamName=name, PartitionKey=key, Data=str(n))
        numbers.setdefault(key, []).append(int(answer["SequenceNumber"]))
    return numbers


def refusal(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def test_split_closes_the_parent_and_opens_two_children(kinesis, stream):
    name = stream(1)
    before = put(kinesis, name, 40)
    kinesis.split_shard(
        StreamName=name,
        ShardToSplit="shardId-000000000000",
        NewStartingHashKey=str(HASH_KEYS // 2),
    )
    status = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
    assert status["StreamStatus"] == "UPDATING" and status["OpenShardCount"] == 2
    put(kinesis, name, 5)  # goes on while it is UPDATING
    wait_active(kinesis, name)
    after = put(kinesis, name, 40)

    shards = shards_of(kinesis, name)
    assert sorted(shards) == [0, 1, 2]
    assert [is_open(shards[n]) for n in range(3)] == [False, True, True]
    assert span(shards[1]) == (0, HASH_KEYS // 2 - 1)
    assert span(shards[2]) == (HASH_KEYS // 2, HASH_KEYS - 1)
    for child in (1, 2):
        assert shards[child]["ParentShardId"] == "shardId-000000000000"
        assert "AdjacentParentShardId" not in shards[child]
    expect_tiling(shards.values())

    records, children = read_to_end(kinesis, name, "shardId-000000000000")
    assert [int(r["Data"]) for r in records] == list(range(40))
    assert [(c["ShardId"], c["ParentShards"]) for c in children] == [
        ("shardId-000000000001", ["shardId-000000000000"]),
        ("shardId-000000000002", ["shardId-000000000000"]),
    ]
    # A key's numbers rise across the split.
    for key, numbers in after.items():
        assert min(numbers) > max(before[key])
    end = int(shards[0]["SequenceNumberRange"]["EndingSequenceNumber"])
    assert max(max(numbers) for numbers in before.values()) < end
    assert end < min(min(numbers) for numbers in after.values())


def test_the_end_of_a_shard_comes_without_records(kinesis, stream):
    """KinesisStreamsSource of Flink's connector 4.3 reads records that come with the end twice."""
    name = stream(1)
    kinesis.put_record(StreamName=name, PartitionKey="key", Data=b"last")
    kinesis.split_shard(
        StreamName=name,
        ShardToSplit="shardId-000000000000",
        NewStartingHashKey=str(HASH_KEYS // 2),
    )
    wait_active(kinesis, name)
    iterator = kinesis.get_shard_iterator(
        StreamName=name, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    last = kinesis.get_records(ShardIterator=iterator)
    assert [record["Data"] for record in last["Records"]] == [b"last"]
    assert "ChildShards" not in last
    end = kinesis.get_records(ShardIterator=last["NextShardIterator"])
    assert end["Records"] == [] and "NextShardIterator" not in end
    assert len(end["ChildShards"]) == 2


def test_merge_closes_two_parents_and_opens_one_child(kinesis, stream):
    name = stream(3)
    kinesis.merge_shards(
        StreamName=name,
        ShardToMerge="shardId-000000000000",
        AdjacentShardToMerge="shardId-000000000001",
    )
    wait_active(kinesis, name)
    shards = shards_of(kinesis, name)
    assert shards[3]["ParentShardId"] == "shardId-000000000000"
    assert shards[3]["AdjacentParentShardId"] == "shardId-000000000001"
    assert span(shards[3]) == (span(shards[0])[0], span(shards[1])[1])
    expect_tiling(shards.values())
    for parent in ("shardId-000000000000", "shardId-000000000001"):
        _, (child,) = read_to_end(kinesis, name, parent)
        assert child["ShardId"] == "shardId-000000000003"
        assert child["ParentShards"] == ["shardId-000000000000", "shardId-000000000001"]


@pytest.mark.parametrize("shards, target", [(2, 4), (4, 2), (4, 6), (3, 5), (5, 3), (1, 2)])
def test_update_shard_count_ends_in_equal_shards(kinesis, stream, shards, target):
    name = stream(shards)
    answer = kinesis.update_shard_count(
        StreamName=name, TargetShardCount=target, ScalingType="UNIFORM_SCALING"
    )
    assert (answer["CurrentShardCount"], answer["TargetShardCount"]) == (shards, target)
    wait_active(kinesis, name)
    everything = shards_of(kinesis, name)
    expect_tiling(everything.values())
    latest = shards_of(kinesis, name, ShardFilter={"Type": "AT_LATEST"})
    assert len(latest) == target
    for shard in latest.values():
        start, end = span(shard)
        assert abs((end - start) - HASH_KEYS // target) < 1 << 20
    for shard in everything.values():
        parents = [shard.get("ParentShardId"), shard.get("AdjacentParentShardId")]
        for parent in filter(None, parents):
            assert not is_open(everything[int(parent[-12:])])


def test_refusals(kinesis, stream):
    name = stream(3)
    split = {"StreamName": name, "ShardToSplit": "shardId-000000000000"}
    code, message = refusal(kinesis.split_shard, **split, NewStartingHashKey="1")
    assert code == "InvalidArgumentException"
    assert "is not both greater than one plus the shard's StartingHashKey 0" in message
    unknown = {**split, "ShardToSplit": "shardId-000000000009"}
    code, message = refusal(kinesis.split_shard, **unknown, NewStartingHashKey="9")
    assert code == "ResourceNotFoundException"
    assert message == (
        f"Could not find shard shardId-000000000009 in stream {name} under account 000000000000."
    )
    code, message = refusal(
        kinesis.merge_shards,
        StreamName=name,
        ShardToMerge="shardId-000000000000",
        AdjacentShardToMerge="shardId-000000000002",
    )
    assert code == "InvalidArgumentException"
    assert message.endswith("are not an adjacent pair of shards eligible for merging")
    resize = {"StreamName": name, "ScalingType": "UNIFORM_SCALING"}
    code, message = refusal(kinesis.update_shard_count, **resize, TargetShardCount=7)
    assert code == "LimitExceededException" and "over double" in message
    code, message = refusal(kinesis.update_shard_count, **resize, TargetShardCount=1)
    assert code == "LimitExceededException" and "below half" in message


def test_one_resharding_at_a_time(kinesis, stream):
    name = stream(2)
    kinesis.split_shard(
        StreamName=name, ShardToSplit="shardId-000000000000", NewStartingHashKey="1000"
    )
    code, message = refusal(
        kinesis.split_shard,
        StreamName=name,
        ShardToSplit="shardId-000000000001",
        NewStartingHashKey=str(HASH_KEYS - 1000),
    )
    assert code == "ResourceInUseException" and "UPDATING" in message
    wait_active(kinesis, name)
    code, message = refusal(
        kinesis.split_shard,
        StreamName=name,
        ShardToSplit="shardId-000000000000",
        NewStartingHashKey="500",
    )
    assert code == "InvalidArgumentException" and "already been merged or split" in message


def test_on_demand_streams_are_not_resharded_by_hand(kinesis, stream):
    name = f"reshard-{uuid.uuid4().hex[:8]}"
    kinesis.create_stream(StreamName=name, StreamModeDetails={"StreamMode": "ON_DEMAND"})
    wait_active(kinesis, name)
    code, message = refusal(
        kinesis.update_shard_count,
        StreamName=name,
        TargetShardCount=8,
        ScalingType="UNIFORM_SCALING",
    )
    assert code == "ValidationException"
    assert message == (
        f"Request is invalid. Stream {name} under account 000000000000 is in On-Demand mode."
    )


def test_ten_resizes_a_day(kinesis, stream):
    name = stream(1)
    for n in range(10):
        kinesis.update_shard_count(
            StreamName=name, TargetShardCount=2 - n % 2, ScalingType="UNIFORM_SCALING"
        )
        wait_active(kinesis, name)
    code, _ = refusal(
        kinesis.update_shard_count,
        StreamName=name,
        TargetShardCount=2,
        ScalingType="UNIFORM_SCALING",
    )
    assert code == "LimitExceededException"
