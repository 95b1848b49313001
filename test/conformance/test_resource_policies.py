# SPDX-License-Identifier: Apache-2.0
"""Resource policies: who of another account may do what (developer guide, "Share your stream")."""

import json
import uuid

import pytest
from botocore.exceptions import ClientError

from support.clients import kinesis_client
from support.fors_server import ForsServer, free_port

OWNER, GUEST, STRANGER = "111111111111", "222222222222", "333333333333"
SHARD = "shardId-000000000000"
EVERYTHING_SHAREABLE = [
    "kinesis:DescribeStream",
    "kinesis:DescribeStreamSummary",
    "kinesis:GetRecords",
    "kinesis:GetShardIterator",
    "kinesis:ListShards",
    "kinesis:PutRecord*",
]


def account(server, number):
    """A client of an account: in open mode the access key id is the account."""
    return kinesis_client(server, aws_access_key_id=number)


@pytest.fixture(scope="module")
def owner(fors_unlimited):
    return account(fors_unlimited, OWNER)


@pytest.fixture(scope="module")
def guest(fors_unlimited):
    return account(fors_unlimited, GUEST)


@pytest.fixture(scope="module")
def stranger(fors_unlimited):
    return account(fors_unlimited, STRANGER)


def create(kinesis):
    """The ARN of a new ACTIVE stream."""
    name = f"shared-{uuid.uuid4().hex[:8]}"
    kinesis.create_stream(StreamName=name, ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 0.05})
    return kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]


@pytest.fixture
def stream(owner):
    """The ARN of the owner's stream."""
    arn = create(owner)
    yield arn
    owner.delete_resource_policy(ResourceARN=arn) if has_policy(owner, arn) else None
    owner.delete_stream(StreamARN=arn, EnforceConsumerDeletion=True)


@pytest.fixture
def consumer(owner, stream):
    """The ARN of a registered consumer of the stream."""
    arn = owner.register_stream_consumer(StreamARN=stream, ConsumerName="c")["Consumer"][
        "ConsumerARN"
    ]
    for _ in range(2000):
        described = owner.describe_stream_consumer(ConsumerARN=arn)["ConsumerDescription"]
        if described["ConsumerStatus"] == "ACTIVE":
            return arn
    raise AssertionError("it never became ACTIVE")


def has_policy(kinesis, arn):
    return kinesis.get_resource_policy(ResourceARN=arn)["Policy"] != "{}"


def statement(arn, effect="Allow", principal=GUEST, action=tuple(EVERYTHING_SHAREABLE), **more):
    return {
        "Sid": "s",
        "Effect": effect,
        "Principal": {"AWS": principal} if principal != "*" else "*",
        "Action": action,
        "Resource": arn,
        **more,
    }


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def refusal(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def denied(call, **arguments):
    """The text with which the call was refused."""
    code, message = refusal(call, **arguments)
    assert code == "AccessDeniedException", message
    return message


def put(kinesis, arn):
    return kinesis.put_record(StreamARN=arn, PartitionKey="k", Data=b"d")


def iterator(kinesis, arn):
    return kinesis.get_shard_iterator(
        StreamARN=arn, ShardId=SHARD, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]


def test_without_a_policy_another_account_is_refused(owner, guest, stream):
    text = denied(guest.put_record, StreamARN=stream, PartitionKey="k", Data=b"d")
    assert text == (
        f"User: arn:aws:iam::{GUEST}:root is not authorized to perform: kinesis:PutRecord on"
        f" resource: {stream} because no resource-based policy allows the kinesis:PutRecord action"
    )
    denied(guest.describe_stream, StreamARN=stream)
    denied(guest.list_shards, StreamARN=stream)
    denied(guest.delete_stream, StreamARN=stream)
    token = iterator(owner, stream)
    denied(guest.get_records, ShardIterator=token)


def test_whether_a_foreign_stream_exists_is_not_told(guest, stream):
    existing = denied(guest.describe_stream, StreamARN=stream)
    missing = denied(guest.describe_stream, StreamARN=stream + "x")
    assert missing == existing.replace(stream, stream + "x")


def test_an_allowed_account_writes_and_reads(owner, guest, stranger, stream):
    owner.put_resource_policy(ResourceARN=stream, Policy=policy(statement(stream)))
    written = put(guest, stream)["SequenceNumber"]
    batch = guest.put_records(StreamARN=stream, Records=[{"PartitionKey": "k", "Data": b"e"}])
    assert batch["FailedRecordCount"] == 0
    description = guest.describe_stream_summary(StreamARN=stream)["StreamDescriptionSummary"]
    assert description["StreamARN"] == stream
    assert [s["ShardId"] for s in guest.list_shards(StreamARN=stream)["Shards"]] == [SHARD]
    records = guest.get_records(ShardIterator=iterator(guest, stream), StreamARN=stream)["Records"]
    assert [r["SequenceNumber"] for r in records][0] == written and len(records) == 2
    assert owner.get_records(ShardIterator=iterator(owner, stream))["Records"] == records
    denied(stranger.describe_stream_summary, StreamARN=stream)
    assert guest.list_streams()["StreamNames"] == []


def test_what_can_not_be_shared_stays_refused(owner, guest, stream):
    everything = policy(statement(stream, action="kinesis:*"))
    owner.put_resource_policy(ResourceARN=stream, Policy=everything)
    guest.describe_stream(StreamARN=stream)
    for call, members in (
        (guest.delete_stream, {}),
        (guest.increase_stream_retention_period, {"RetentionPeriodHours": 48}),
        (guest.register_stream_consumer, {"ConsumerName": "mine"}),
        (guest.update_shard_count, {"TargetShardCount": 2, "ScalingType": "UNIFORM_SCALING"}),
    ):
        denied(call, StreamARN=stream, **members)
    denied(guest.put_resource_policy, ResourceARN=stream, Policy=everything)
    denied(guest.get_resource_policy, ResourceARN=stream)


def test_only_the_named_actions(owner, guest, stream):
    writing = policy(statement(stream, action=["kinesis:PutRecord"]))
    owner.put_resource_policy(ResourceARN=stream, Policy=writing)
    put(guest, stream)
    denied(guest.put_records, StreamARN=stream, Records=[{"PartitionKey": "k", "Data": b""}])
    denied(guest.list_shards, StreamARN=stream)


def test_a_deny_wins_and_holds_for_the_owner_too(owner, guest, stream):
    owner.put_resource_policy(
        ResourceARN=stream,
        Policy=policy(
            statement(stream, principal="*", action="kinesis:*"),
            statement(stream, "Deny", principal="*", action="kinesis:PutRecord"),
        ),
    )
    guest.describe_stream(StreamARN=stream)
    for kinesis, number in ((guest, GUEST), (owner, OWNER)):
        text = denied(kinesis.put_record, StreamARN=stream, PartitionKey="k", Data=b"d")
        assert text == (
            f"User: arn:aws:iam::{number}:root is not authorized to perform: kinesis:PutRecord on"
            f" resource: {stream} with an explicit deny in a resource-based policy"
        )
    owner.delete_resource_policy(ResourceARN=stream)
    put(owner, stream)


def test_an_owner_who_denied_everything_can_still_take_the_policy_away(owner, stream):
    locked = policy(statement(stream, "Deny", principal="*", action="kinesis:*"))
    owner.put_resource_policy(ResourceARN=stream, Policy=locked)
    denied(owner.describe_stream, StreamARN=stream)
    assert json.loads(owner.get_resource_policy(ResourceARN=stream)["Policy"]) == json.loads(locked)
    owner.delete_resource_policy(ResourceARN=stream)
    owner.describe_stream(StreamARN=stream)


@pytest.mark.parametrize(
    "condition, holds",
    [
        ({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, True),
        ({"NotIpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, False),
        ({"Bool": {"aws:SecureTransport": "false"}}, True),
        ({"Bool": {"aws:SecureTransport": "true"}}, False),
        ({"StringEquals": {"aws:PrincipalAccount": GUEST}}, True),
        ({"StringLike": {"aws:PrincipalArn": f"arn:aws:iam::{STRANGER}:*"}}, False),
        ({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, True),
        ({"DateGreaterThan": {"aws:CurrentTime": "2999-01-01T00:00:00Z"}}, False),
        ({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}, True),
        ({"StringEquals": {"aws:NoSuchKey": "x"}}, False),
    ],
    ids=str,
)
def test_conditions(owner, guest, stream, condition, holds):
    owner.put_resource_policy(
        ResourceARN=stream, Policy=policy(statement(stream, Condition=condition))
    )
    if holds:
        put(guest, stream)
    else:
        denied(guest.put_record, StreamARN=stream, PartitionKey="k", Data=b"d")


def test_an_iterator_is_good_only_as_long_as_the_policy(owner, guest, stream):
    owner.put_resource_policy(ResourceARN=stream, Policy=policy(statement(stream)))
    token = guest.get_records(ShardIterator=iterator(guest, stream))["NextShardIterator"]
    owner.delete_resource_policy(ResourceARN=stream)
    denied(guest.get_records, ShardIterator=token)


def test_a_next_token_is_good_only_as_long_as_the_policy(owner, guest, stream):
    owner.split_shard(StreamARN=stream, ShardToSplit=SHARD, NewStartingHashKey=str(1 << 127))
    owner.put_resource_policy(ResourceARN=stream, Policy=policy(statement(stream)))
    token = guest.list_shards(StreamARN=stream, MaxResults=1)["NextToken"]
    assert guest.list_shards(NextToken=token)["Shards"]
    owner.delete_resource_policy(ResourceARN=stream)
    denied(guest.list_shards, NextToken=token)


def test_who_may_not_call_uses_up_no_calls(fors):
    """DescribeStreamConsumer has 20 calls a second for the stream: they are its owner's."""
    owner, stranger = account(fors, OWNER), account(fors, STRANGER)
    arn = create(owner)
    owner.register_stream_consumer(StreamARN=arn, ConsumerName="c")
    for _ in range(30):
        denied(stranger.describe_stream_consumer, StreamARN=arn, ConsumerName="c")
    assert owner.describe_stream_consumer(StreamARN=arn, ConsumerName="c")
    owner.delete_stream(StreamARN=arn, EnforceConsumerDeletion=True)


def test_an_iterator_and_an_arn_of_two_streams(owner, stream):
    other = create(owner)
    code, _ = refusal(owner.get_records, ShardIterator=iterator(owner, stream), StreamARN=other)
    assert code == "InvalidArgumentException"
    owner.delete_stream(StreamARN=other)


def test_a_consumer_has_a_policy_of_its_own(owner, guest, stream, consumer):
    owner.put_resource_policy(ResourceARN=stream, Policy=policy(statement(stream)))
    start = {"ShardId": SHARD, "StartingPosition": {"Type": "TRIM_HORIZON"}}
    denied(guest.subscribe_to_shard, ConsumerARN=consumer, **start)
    denied(guest.describe_stream_consumer, ConsumerARN=consumer)
    pushed = ["kinesis:SubscribeToShard", "kinesis:DescribeStreamConsumer"]
    owner.put_resource_policy(
        ResourceARN=consumer, Policy=policy(statement(consumer, action=pushed))
    )
    written = put(guest, stream)["SequenceNumber"]
    guest.describe_stream_consumer(ConsumerARN=consumer)
    events = guest.subscribe_to_shard(ConsumerARN=consumer, **start)["EventStream"]
    first = next(e for e in events if e["SubscribeToShardEvent"]["Records"])
    assert first["SubscribeToShardEvent"]["Records"][0]["SequenceNumber"] == written
    events.close()
    denied(guest.deregister_stream_consumer, ConsumerARN=consumer)
    assert json.loads(owner.get_resource_policy(ResourceARN=consumer)["Policy"])["Statement"]


@pytest.mark.parametrize(
    "document",
    [
        "not json",
        "[]",
        "{}",
        '{"Version":"2012-10-17","Statement":[]}',
        policy({"Effect": "Allow", "Action": "kinesis:PutRecord", "Resource": "*"}),  # for whom?
        policy(statement("*", effect="Perhaps")),
        policy(statement("*", Condition={"NoSuchOperator": {"a": "b"}})),
        policy(statement("*", Colour="red")),
        policy(statement("*")) + " " * (20 << 10),
    ],
    ids=range(9),
)
def test_a_policy_that_can_not_be_kept_to_is_refused(owner, stream, document):
    code, _ = refusal(owner.put_resource_policy, ResourceARN=stream, Policy=document)
    assert code == "InvalidArgumentException"
    assert not has_policy(owner, stream)


def test_a_policy_of_nothing(owner, stream):
    assert owner.get_resource_policy(ResourceARN=stream)["Policy"] == "{}"
    code, _ = refusal(owner.delete_resource_policy, ResourceARN=stream)
    assert code == "ResourceNotFoundException"
    missing = stream + "-missing"
    for call in (owner.get_resource_policy, owner.delete_resource_policy):
        assert refusal(call, ResourceARN=missing)[0] == "ResourceNotFoundException"
    code, _ = refusal(owner.put_resource_policy, ResourceARN=missing, Policy=policy())
    assert code in ("ResourceNotFoundException", "InvalidArgumentException")


def test_policies_survive_a_sudden_death():
    with ForsServer("--limits", "none", port=free_port()) as server:
        owner, guest = account(server, OWNER), account(server, GUEST)
        arn = create(owner)
        document = policy(statement(arn))
        owner.put_resource_policy(ResourceARN=arn, Policy=document)
        server.kill9()
        server.restart()
        assert owner.get_resource_policy(ResourceARN=arn)["Policy"] == document
        put(guest, arn)
        denied(account(server, STRANGER).describe_stream, StreamARN=arn)
