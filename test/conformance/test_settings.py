# SPDX-License-Identifier: Apache-2.0
"""What can be set on a stream later: record size, mode, distribution, tags by ARN."""

import time
import uuid

import pytest
from botocore.exceptions import ClientError

from support.clients import kinesis_client

MIB = 1 << 20


@pytest.fixture
def stream(kinesis):
    """(name, ARN) of an ACTIVE stream."""
    name = f"settings-{uuid.uuid4().hex[:8]}"
    kinesis.create_stream(StreamName=name, ShardCount=2)
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 0.05})
    return name, summary_of(kinesis, name)["StreamARN"]


def summary_of(kinesis, name):
    return kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]


def until_active(kinesis, name):
    for _ in range(300):
        summary = summary_of(kinesis, name)
        if summary["StreamStatus"] == "ACTIVE":
            return summary
        time.sleep(0.1)
    raise AssertionError("it never became ACTIVE")


def refusal(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def test_larger_records_once_they_are_allowed(kinesis, stream):
    name, arn = stream
    large = {"StreamName": name, "PartitionKey": "k", "Data": b"x" * (2 * MIB)}
    assert refusal(kinesis.put_record, **large)[0] == "ValidationException"
    kinesis.update_max_record_size(StreamARN=arn, MaxRecordSizeInKiB=4096)
    assert summary_of(kinesis, name)["StreamStatus"] == "UPDATING"
    assert refusal(kinesis.update_max_record_size, StreamARN=arn, MaxRecordSizeInKiB=1024)[0] == (
        "ResourceInUseException"
    )
    assert until_active(kinesis, name)["MaxRecordSizeInKiB"] == 4096
    kinesis.put_record(**large)


def test_a_mode_and_back_and_no_third_time(kinesis, stream):
    name, arn = stream

    def switch(mode):
        kinesis.update_stream_mode(StreamARN=arn, StreamModeDetails={"StreamMode": mode})

    switch("PROVISIONED")  # as it is: nothing happens
    assert summary_of(kinesis, name)["StreamStatus"] == "ACTIVE"
    switch("ON_DEMAND")
    assert summary_of(kinesis, name)["StreamStatus"] == "UPDATING"
    summary = until_active(kinesis, name)
    assert summary["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}
    assert summary["OpenShardCount"] == 2
    code, message = refusal(
        kinesis.split_shard,
        StreamName=name,
        ShardToSplit="shardId-000000000000",
        NewStartingHashKey="1000",
    )
    assert code == "ValidationException" and "On-Demand" in message
    switch("PROVISIONED")
    until_active(kinesis, name)
    code, _ = refusal(
        kinesis.update_stream_mode, StreamARN=arn, StreamModeDetails={"StreamMode": "ON_DEMAND"}
    )
    assert code == "LimitExceededException"


def test_distribution_is_for_on_demand_streams(raw):
    raw.call("CreateStream", StreamName="distributed").ok()
    arn = raw.call("DescribeStreamSummary", StreamName="distributed").ok()
    arn = arn["StreamDescriptionSummary"]["StreamARN"]
    record = {"StreamName": "distributed", "Data": "eA=="}
    raw.call("PutRecord", **record).fails("ValidationException")
    change = "UpdateStreamRecordDistributionStrategy"
    raw.call(change, StreamARN=arn, RecordDistributionStrategy="AUTO").ok()
    shards = {raw.call("PutRecord", **record).ok()["ShardId"] for _ in range(4)}
    assert len(shards) == 4
    provisioned = {"StreamMode": "PROVISIONED"}
    raw.call("UpdateStreamMode", StreamARN=arn, StreamModeDetails=provisioned).ok()
    raw.call(change, StreamARN=arn, RecordDistributionStrategy="AUTO").fails(
        "InvalidArgumentException"
    )
    raw.call("PutRecord", **record).fails("ValidationException")


def tags_of(kinesis, arn):
    tags = kinesis.list_tags_for_resource(ResourceARN=arn)["Tags"]
    return {tag["Key"]: tag["Value"] for tag in tags}


def test_tags_of_a_stream_by_its_arn(kinesis, stream):
    name, arn = stream
    kinesis.tag_resource(ResourceARN=arn, Tags={"a": "1", "b": "2"})
    kinesis.untag_resource(ResourceARN=arn, TagKeys=["a", "never there"])
    assert tags_of(kinesis, arn) == {"b": "2"}
    assert kinesis.list_tags_for_stream(StreamName=name)["Tags"] == [{"Key": "b", "Value": "2"}]


def test_tags_of_a_consumer_are_its_own(kinesis, stream):
    _, arn = stream
    consumer = kinesis.register_stream_consumer(
        StreamARN=arn, ConsumerName="app", Tags={"from": "start"}
    )["Consumer"]["ConsumerARN"]
    kinesis.tag_resource(ResourceARN=consumer, Tags={"a": "1"})
    assert tags_of(kinesis, consumer) == {"from": "start", "a": "1"}
    kinesis.untag_resource(ResourceARN=consumer, TagKeys=["from"])
    assert tags_of(kinesis, consumer) == {"a": "1"}
    assert tags_of(kinesis, arn) == {}


def test_refusals_of_tags(kinesis, stream):
    _, arn = stream
    nobody = arn.replace("settings-", "nobody-")
    assert refusal(kinesis.tag_resource, ResourceARN=nobody, Tags={"a": "1"})[0] == (
        "ResourceNotFoundException"
    )
    assert refusal(kinesis.tag_resource, ResourceARN=arn, Tags={"aws:x": "1"})[0] == (
        "InvalidArgumentException"
    )
    elsewhere = "arn:aws:kinesis:us-east-1:000000000000:other/stream/x"
    assert refusal(kinesis.list_tags_for_resource, ResourceARN=elsewhere)[0] == (
        "ResourceNotFoundException"
    )
    many = {str(n): "" for n in range(51)}
    assert refusal(kinesis.tag_resource, ResourceARN=arn, Tags=many)[0] == (
        "InvalidArgumentException"
    )


def commitment_of(kinesis):
    return kinesis.describe_account_settings()["MinimumThroughputBillingCommitment"]


def commit(kinesis, status):
    wanted = {"Status": status}
    return kinesis.update_account_settings(MinimumThroughputBillingCommitment=wanted)[
        "MinimumThroughputBillingCommitment"
    ]


@pytest.fixture
def other_account(fors):
    """A client of an account that no other test uses: its settings are its own."""
    return kinesis_client(fors, aws_access_key_id=f"{uuid.uuid4().int % 10**12:012}")


def test_warm_throughput_needs_a_commitment_and_is_kept_ready(other_account):
    kinesis = other_account
    assert commitment_of(kinesis) == {"Status": "DISABLED"}
    kinesis.create_stream(StreamName="warm", StreamModeDetails={"StreamMode": "ON_DEMAND"})
    until_active(kinesis, "warm")
    arn = summary_of(kinesis, "warm")["StreamARN"]
    assert "WarmThroughput" not in summary_of(kinesis, "warm")
    warm = kinesis.update_stream_warm_throughput
    assert refusal(warm, StreamARN=arn, WarmThroughputMiBps=11)[0] == "InvalidArgumentException"
    begun = commit(kinesis, "ENABLED")
    assert begun["Status"] == "ENABLED"
    assert (begun["EarliestAllowedEndAt"] - begun["StartedAt"]).total_seconds() == 86400

    answer = warm(StreamARN=arn, WarmThroughputMiBps=11)
    assert answer["StreamName"] == "warm"
    assert answer["WarmThroughput"] == {"TargetMiBps": 11, "CurrentMiBps": 4}
    for _ in range(2000):
        if summary_of(kinesis, "warm")["OpenShardCount"] == 11:
            break
    summary = until_active(kinesis, "warm")
    assert summary["WarmThroughput"] == {"TargetMiBps": 11, "CurrentMiBps": 11}

    kinesis.create_stream(
        StreamName="born-warm",
        StreamModeDetails={"StreamMode": "ON_DEMAND"},
        WarmThroughputMiBps=6,
    )
    assert until_active(kinesis, "born-warm")["OpenShardCount"] == 6
    code, message = refusal(
        kinesis.update_account_settings, MinimumThroughputBillingCommitment={"Status": "DISABLED"}
    )
    assert code == "InvalidArgumentException" and "has warm throughput" in message


def test_a_commitment_lasts_a_day_at_least(other_account):
    kinesis = other_account
    started = commit(kinesis, "ENABLED")["StartedAt"]
    ending = commit(kinesis, "DISABLED")
    assert ending["Status"] == "ENABLED_UNTIL_EARLIEST_ALLOWED_END"
    assert (ending["EarliestAllowedEndAt"] - started).total_seconds() == 86400
    assert commit(kinesis, "ENABLED")["Status"] == "ENABLED"
    assert commitment_of(kinesis)["StartedAt"] == started
