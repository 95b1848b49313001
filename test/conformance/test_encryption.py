# SPDX-License-Identifier: Apache-2.0
"""Server-side encryption through boto3: what clients see, and that the disk sees none of it."""

import itertools
import json
import time

import pytest
from botocore.exceptions import ClientError, EventStreamError

from support.clients import aws_client, kinesis_client

PLAINTEXT = b"the-plaintext-of-a-record-" * 4
PARTITION_KEY = "the-plaintext-of-a-partition-key"
OTHER_ACCOUNT = "111122223333"
NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def kms(fors):
    """boto3's KMS client."""
    return aws_client(fors, "kms")


@pytest.fixture
def key(kms):
    """The metadata of a new key."""
    return kms.create_key()["KeyMetadata"]


@pytest.fixture
def stream(kinesis):
    """The name of a new stream of one shard."""
    name = f"encryption-{next(NUMBERS)}"
    kinesis.create_stream(StreamName=name, ShardCount=1)
    wait_active(kinesis, name)
    yield name
    kinesis.delete_stream(StreamName=name, EnforceConsumerDeletion=True)


def wait_active(kinesis, name):
    """The stream's summary once it is ACTIVE."""
    while True:
        answer = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
        if answer["StreamStatus"] == "ACTIVE":
            return answer
        time.sleep(0.1)


def start(kinesis, stream, key_id):
    """Encrypts from now on; the summary once the stream is ACTIVE again."""
    kinesis.start_stream_encryption(StreamName=stream, EncryptionType="KMS", KeyId=key_id)
    return wait_active(kinesis, stream)


def stop(kinesis, stream, key_id):
    """Encrypts no longer."""
    kinesis.stop_stream_encryption(StreamName=stream, EncryptionType="KMS", KeyId=key_id)
    return wait_active(kinesis, stream)


def put(kinesis, stream, data=PLAINTEXT, **members):
    """PutRecord."""
    return kinesis.put_record(
        StreamName=stream, Data=data, PartitionKey=members.pop("key", PARTITION_KEY), **members
    )


def iterator(kinesis, stream, shard="shardId-000000000000"):
    """From the first record on."""
    return kinesis.get_shard_iterator(
        StreamName=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]


def records(kinesis, stream, shard="shardId-000000000000"):
    """All records of a shard."""
    return kinesis.get_records(ShardIterator=iterator(kinesis, stream, shard))["Records"]


def fails(call, error, text=None, **members):
    """Asserts that a call answers that error."""
    with pytest.raises(ClientError) as raised:
        call(**members)
    assert raised.value.response["Error"]["Code"] == error, raised.value
    if text is not None:
        assert raised.value.response["Error"]["Message"] == text


@pytest.mark.parametrize("naming", ["KeyId", "Arn", "alias", "alias ARN", "own"])
def test_an_encrypted_stream_says_so(kinesis, kms, stream, key, naming):
    kms.create_alias(AliasName=f"alias/{stream}", TargetKeyId=key["KeyId"])
    name = {
        "alias": f"alias/{stream}",
        "alias ARN": f"arn:aws:kms:us-east-1:000000000000:alias/{stream}",
        "own": "alias/aws/kinesis",
    }.get(naming) or key[naming]
    summary = start(kinesis, stream, name)
    assert (summary["EncryptionType"], summary["KeyId"]) == ("KMS", name)
    described = kinesis.describe_stream(StreamName=stream)["StreamDescription"]
    assert (described["EncryptionType"], described["KeyId"]) == ("KMS", name)
    assert put(kinesis, stream)["EncryptionType"] == "KMS"
    entries = [{"Data": b"second", "PartitionKey": "k2"}, {"Data": b"", "PartitionKey": "k3"}]
    assert kinesis.put_records(StreamName=stream, Records=entries)["EncryptionType"] == "KMS"
    got = records(kinesis, stream)
    assert [(each["Data"], each["PartitionKey"]) for each in got] == [
        (PLAINTEXT, PARTITION_KEY),
        (b"second", "k2"),
        (b"", "k3"),
    ]
    assert {each["EncryptionType"] for each in got} == {"KMS"}


def test_the_stream_is_updating_while_encryption_starts(kinesis, stream, key):
    kinesis.start_stream_encryption(StreamName=stream, EncryptionType="KMS", KeyId=key["KeyId"])
    again = {"StreamName": stream, "EncryptionType": "KMS", "KeyId": key["KeyId"]}
    fails(kinesis.start_stream_encryption, "ResourceInUseException", **again)
    put(kinesis, stream)  # UPDATING takes records
    wait_active(kinesis, stream)
    assert len(records(kinesis, stream)) == 1


def test_what_was_put_before_and_after_stays_readable(kinesis, stream, key):
    put(kinesis, stream, b"before")
    start(kinesis, stream, key["KeyId"])
    put(kinesis, stream, b"sealed")
    summary = stop(kinesis, stream, key["KeyId"])
    assert summary["EncryptionType"] == "NONE" and "KeyId" not in summary
    assert "EncryptionType" not in put(kinesis, stream, b"after")
    got = [(each["Data"], each.get("EncryptionType")) for each in records(kinesis, stream)]
    assert got == [(b"before", None), (b"sealed", "KMS"), (b"after", None)]
    again = {"StreamName": stream, "EncryptionType": "KMS", "KeyId": key["KeyId"]}
    fails(kinesis.stop_stream_encryption, "InvalidArgumentException", **again)


def test_a_rotated_or_changed_key_reads_what_is_old(kinesis, kms, stream, key):
    start(kinesis, stream, key["KeyId"])
    put(kinesis, stream, b"1")
    kms.rotate_key_on_demand(KeyId=key["KeyId"])
    put(kinesis, stream, b"2")
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    assert start(kinesis, stream, other)["KeyId"] == other
    put(kinesis, stream, b"3")
    assert [each["Data"] for each in records(kinesis, stream)] == [b"1", b"2", b"3"]
    # What is new is under the new key alone.
    kms.disable_key(KeyId=key["KeyId"])
    put(kinesis, stream, b"4")
    fails(
        kinesis.get_records, "KMSDisabledException", ShardIterator=iterator(kinesis, stream)
    )


def test_a_disabled_key_stops_puts_and_gets_at_once(kinesis, kms, stream, key):
    start(kinesis, stream, key["KeyId"])
    put(kinesis, stream)
    kms.disable_key(KeyId=key["KeyId"])
    text = f"{key['Arn']} is disabled."
    record = {"Data": b"x", "PartitionKey": "k"}
    fails(kinesis.put_record, "KMSDisabledException", text, StreamName=stream, **record)
    fails(kinesis.put_records, "KMSDisabledException", text, StreamName=stream, Records=[record])
    at = iterator(kinesis, stream)
    fails(kinesis.get_records, "KMSDisabledException", text, ShardIterator=at)
    kms.enable_key(KeyId=key["KeyId"])
    put(kinesis, stream, b"again")
    assert [each["Data"] for each in records(kinesis, stream)] == [PLAINTEXT, b"again"]


def test_a_key_that_waits_for_its_deletion(kinesis, kms, stream, key):
    start(kinesis, stream, key["KeyId"])
    put(kinesis, stream)
    kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
    text = f"{key['Arn']} is pending deletion."
    error = "KMSInvalidStateException"
    fails(kinesis.put_record, error, text, StreamName=stream, Data=b"x", PartitionKey="k")
    fails(kinesis.get_records, error, text, ShardIterator=iterator(kinesis, stream))


def test_a_key_that_can_not_be_used_starts_nothing(kinesis, kms, stream, key):
    members = {"StreamName": stream, "EncryptionType": "KMS"}
    begin = kinesis.start_stream_encryption
    fails(begin, "KMSNotFoundException", "Invalid keyId 'nope'", KeyId="nope", **members)
    fails(begin, "KMSNotFoundException", KeyId="alias/nope", **members)
    kms.disable_key(KeyId=key["KeyId"])
    fails(begin, "KMSDisabledException", KeyId=key["KeyId"], **members)
    kms.schedule_key_deletion(KeyId=key["KeyId"])
    fails(begin, "KMSInvalidStateException", KeyId=key["KeyId"], **members)
    members["EncryptionType"] = "NONE"
    fails(begin, "InvalidArgumentException", KeyId=key["KeyId"], **members)
    assert wait_active(kinesis, stream)["EncryptionType"] == "NONE"


def statement(effect, action, account):
    """Of a key policy."""
    principal = {"AWS": f"arn:aws:iam::{account}:root"}
    return {"Effect": effect, "Principal": principal, "Action": action, "Resource": "*"}


def put_policy(kms, key, *statements):
    """The owner may do everything that these don't deny."""
    every = [statement("Allow", "kms:*", "000000000000"), *statements]
    document = json.dumps({"Version": "2012-10-17", "Statement": every})
    kms.put_key_policy(KeyId=key["KeyId"], Policy=document)


def test_the_keys_policy_decides_who_writes_and_who_reads(kinesis, kms, stream, key):
    start(kinesis, stream, key["KeyId"])
    put(kinesis, stream)
    user = "arn:aws:iam::000000000000:root"
    put_policy(kms, key, statement("Deny", "kms:Decrypt", "000000000000"))
    put(kinesis, stream)
    text = f"User {user} is not authorized to decrypt records in stream 000000000000:{stream}"
    at = iterator(kinesis, stream)
    fails(kinesis.get_records, "KMSAccessDeniedException", text, ShardIterator=at)
    put_policy(kms, key, statement("Deny", "kms:GenerateDataKey", "000000000000"))
    assert len(records(kinesis, stream)) == 2
    with pytest.raises(ClientError, match="KMSAccessDeniedException") as raised:
        put(kinesis, stream)
    text = f"User: {user} is not authorized to perform: kms:GenerateDataKey on resource: "
    assert raised.value.response["Error"]["Message"].startswith(text + key["Arn"])


def test_who_may_only_write_writes_after_a_restart_too(fors, kinesis, kms, stream, key):
    start(kinesis, stream, key["KeyId"])
    put(kinesis, stream, b"1")
    put_policy(kms, key, statement("Deny", "kms:Decrypt", "000000000000"))
    fors.kill9()
    fors.restart()
    put(kinesis, stream, b"2")
    fails(
        kinesis.get_records, "KMSAccessDeniedException", ShardIterator=iterator(kinesis, stream)
    )
    put_policy(kms, key)
    assert [each["Data"] for each in records(kinesis, stream)] == [b"1", b"2"]


def test_another_account_needs_the_stream_and_the_key(fors, kinesis, kms, stream, key):
    guest = kinesis_client(fors, aws_access_key_id=OTHER_ACCOUNT)
    arn = start(kinesis, stream, key["Arn"])["StreamARN"]
    document = {
        "Version": "2012-10-17",
        "Statement": [{**statement("Allow", "kinesis:PutRecord", OTHER_ACCOUNT), "Resource": arn}],
    }
    kinesis.put_resource_policy(ResourceARN=arn, Policy=json.dumps(document))
    record = {"StreamARN": arn, "Data": b"guest", "PartitionKey": "k"}
    fails(guest.put_record, "KMSAccessDeniedException", **record)
    put_policy(kms, key, statement("Allow", "kms:GenerateDataKey", OTHER_ACCOUNT))
    guest.put_record(**record)
    assert [each["Data"] for each in records(kinesis, stream)] == [b"guest"]
    # The service's own key is for its account alone.
    start(kinesis, stream, "alias/aws/kinesis")
    fails(guest.put_record, "KMSAccessDeniedException", **record)


def subscribe(kinesis, consumer):
    """The events of the stream's first shard."""
    return iter(
        kinesis.subscribe_to_shard(
            ConsumerARN=consumer,
            ShardId="shardId-000000000000",
            StartingPosition={"Type": "TRIM_HORIZON"},
        )["EventStream"]
    )


def consumer_of(kinesis, arn, name):
    """The ARN of a new ACTIVE consumer."""
    consumer = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName=name)["Consumer"]
    arn = consumer["ConsumerARN"]
    while True:
        answer = kinesis.describe_stream_consumer(ConsumerARN=arn)["ConsumerDescription"]
        if answer["ConsumerStatus"] == "ACTIVE":
            return arn
        time.sleep(0.02)


def test_subscribers_get_records_while_the_key_may_be_used(kinesis, kms, stream, key):
    arn = start(kinesis, stream, key["KeyId"])["StreamARN"]
    first, second = (consumer_of(kinesis, arn, name) for name in ("c1", "c2"))
    put(kinesis, stream)
    [record] = next(subscribe(kinesis, first))["SubscribeToShardEvent"]["Records"]
    assert (record["Data"], record["PartitionKey"]) == (PLAINTEXT, PARTITION_KEY)
    assert record["EncryptionType"] == "KMS"
    kms.disable_key(KeyId=key["KeyId"])
    with pytest.raises(EventStreamError, match=f"KMSDisabledException.*{key['Arn']} is disabled"):
        next(subscribe(kinesis, second))


def test_a_split_shards_children_are_encrypted_too(kinesis, stream, key):
    start(kinesis, stream, key["KeyId"])
    put(kinesis, stream, b"parent")
    kinesis.update_shard_count(
        StreamName=stream, TargetShardCount=2, ScalingType="UNIFORM_SCALING"
    )
    wait_active(kinesis, stream)
    answer = put(kinesis, stream, b"child")
    assert answer["EncryptionType"] == "KMS"
    assert [each["Data"] for each in records(kinesis, stream)] == [b"parent"]
    assert [each["Data"] for each in records(kinesis, stream, answer["ShardId"])] == [b"child"]


def test_the_largest_record_is_no_smaller(kinesis, stream, key):
    start(kinesis, stream, key["KeyId"])
    data = bytes(range(256)) * 4096
    put(kinesis, stream, data[:-1], key="k")
    [record] = records(kinesis, stream)
    assert record["Data"] == data[:-1]


def test_twenty_five_starts_a_day(kinesis, stream, key):
    for _ in range(25):
        start(kinesis, stream, key["KeyId"])
    more = {"StreamName": stream, "EncryptionType": "KMS", "KeyId": key["KeyId"]}
    fails(kinesis.start_stream_encryption, "LimitExceededException", **more)
