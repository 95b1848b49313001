# SPDX-License-Identifier: Apache-2.0
"""What a server holds, as plain values: filled with some of everything, and read back whole."""

import hashlib

from support.clients import aws_client, kinesis_client

SECONDS_MAX = 60


def put(kinesis, stream, records, encrypted=False):
    """Puts (key, data) pairs, a request for as many as it takes."""
    while records:
        entries, size = [], 0
        while records and len(entries) < 500 and size + len(records[0][1]) < 4 << 20:
            key, data = records.pop(0)
            size += len(data) + len(key)
            entries.append({"PartitionKey": key, "Data": data})
        answer = kinesis.put_records(StreamName=stream, Records=entries)
        assert answer["FailedRecordCount"] == 0
        assert ("EncryptionType" in answer) == encrypted


def wait_active(kinesis, stream):
    """Until the stream is ACTIVE."""
    kinesis.get_waiter("stream_exists").wait(
        StreamName=stream, WaiterConfig={"Delay": 0.05, "MaxAttempts": SECONDS_MAX * 20}
    )


def fill(server, large=60, record_bytes=100_000):
    """Streams with split and merged shards, an encrypted one, a deleted one; tags, consumers, keys.

    `large` records of `record_bytes` go to the stream `plain`: with --cache-mib 16 more than 6 MB
    become a chunk.
    """
    kinesis, kms = kinesis_client(server), aws_client(server, "kms")
    for name, shards in (("plain", 2), ("split", 1), ("sealed", 2), ("gone", 1)):
        kinesis.create_stream(StreamName=name, ShardCount=shards)
        wait_active(kinesis, name)
    put(kinesis, "gone", [("gone", b"gone" * 10)])
    put(kinesis, "split", [(f"key-{n}", b"before %d" % n) for n in range(20)])
    kinesis.split_shard(
        StreamName="split", ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**126)
    )
    wait_active(kinesis, "split")
    put(kinesis, "split", [(f"key-{n}", b"between %d" % n) for n in range(20)])
    kinesis.merge_shards(
        StreamName="split",
        ShardToMerge="shardId-000000000001",
        AdjacentShardToMerge="shardId-000000000002",
    )
    wait_active(kinesis, "split")
    put(kinesis, "split", [(f"key-{n}", b"after %d" % n) for n in range(20)])
    key = kms.create_key(Description="of the stream sealed")["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/sealed", TargetKeyId=key)
    put(kinesis, "sealed", [("early", b"not sealed yet")])
    kinesis.start_stream_encryption(
        StreamName="sealed", EncryptionType="KMS", KeyId="alias/sealed"
    )
    wait_active(kinesis, "sealed")
    put(kinesis, "sealed", [(f"key-{n}", b"sealed %d" % n) for n in range(30)], encrypted=True)
    kms.rotate_key_on_demand(KeyId=key)
    kinesis.add_tags_to_stream(StreamName="plain", Tags={"colour": "green"})
    arn = kinesis.describe_stream_summary(StreamName="plain")["StreamDescriptionSummary"][
        "StreamARN"
    ]
    kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="reader")
    kinesis.increase_stream_retention_period(StreamName="plain", RetentionPeriodHours=48)
    kinesis.delete_stream(StreamName="gone", EnforceConsumerDeletion=True)
    kinesis.get_waiter("stream_not_exists").wait(
        StreamName="gone", WaiterConfig={"Delay": 0.05, "MaxAttempts": SECONDS_MAX * 20}
    )
    data = [bytes([97 + n % 26]) * record_bytes for n in range(large)]
    put(kinesis, "plain", [(f"key-{n}", each) for n, each in enumerate(data)])
    return key


def records_of_shard(kinesis, stream, shard):
    """All of its records, oldest first, as in a JSON file."""
    found = []
    at = kinesis.get_shard_iterator(
        StreamName=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    while at:
        answer = kinesis.get_records(ShardIterator=at)
        for record in answer["Records"]:
            data = record["Data"]
            arrival = record["ApproximateArrivalTimestamp"]
            found.append(
                {
                    "sequence": record["SequenceNumber"],
                    "key": record["PartitionKey"],
                    "bytes": len(data),
                    "sha256": hashlib.sha256(data).hexdigest(),
                    "arrival_ms": round(arrival.timestamp() * 1000),
                    "encryption": record.get("EncryptionType", "NONE"),
                }
            )
        if not answer["Records"] and not answer.get("MillisBehindLatest"):
            break
        at = answer.get("NextShardIterator")
    return found


def shards_of(kinesis, stream):
    """Its shards as the server lists them, closed ones as well."""
    return kinesis.list_shards(StreamName=stream)["Shards"]


def contents(server):
    """Every stream with its settings, shards and records; every key."""
    kinesis, kms = kinesis_client(server), aws_client(server, "kms")
    streams = {}
    for name in kinesis.list_streams()["StreamNames"]:
        summary = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
        shards = shards_of(kinesis, name)
        consumers = kinesis.list_stream_consumers(StreamARN=summary["StreamARN"])["Consumers"]
        streams[name] = {
            "retention_hours": summary["RetentionPeriodHours"],
            "encryption": summary["EncryptionType"],
            "tags": kinesis.list_tags_for_stream(StreamName=name)["Tags"],
            "consumers": [consumer["ConsumerName"] for consumer in consumers],
            "shards": shards,
            "records": {
                shard["ShardId"]: records_of_shard(kinesis, name, shard["ShardId"])
                for shard in shards
            },
        }
    aliases = {
        alias["AliasName"]: alias["TargetKeyId"]
        for alias in kms.list_aliases()["Aliases"]  # makes alias/aws/kinesis when it is not there
        if "TargetKeyId" in alias
    }
    keys = {
        key["KeyId"]: kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["Description"]
        for key in kms.list_keys()["Keys"]
    }
    return {"streams": streams, "keys": keys, "aliases": aliases}
