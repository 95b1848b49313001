# SPDX-License-Identifier: Apache-2.0
"""A region's streams, their ARNs and iterators are nothing to another region."""

import pytest
from botocore.exceptions import ClientError

from support.clients import kinesis_client
from support.contents import wait_active

HERE, THERE = "us-east-1", "eu-west-1"
FIRST = {"ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}


def error_of(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"]


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:stream/:kinesis:x:123456789012:stream/n",
        "arn:aws:kinesis:x:stream/y:123456789012:stream/n",
    ],
)
def test_an_odd_arn_names_a_stream_of_nowhere(fors, arn):
    here = kinesis_client(fors, region_name=HERE)
    assert error_of(here.describe_stream_summary, StreamARN=arn) == "ResourceNotFoundException"
    consumer = f"{arn}/consumer/c:1"
    assert error_of(here.describe_stream_consumer, ConsumerARN=consumer) == (
        "ResourceNotFoundException"
    )


def make(kinesis, name):
    kinesis.create_stream(StreamName=name, ShardCount=1)
    wait_active(kinesis, name)
    return kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]


def test_regions_are_apart(fors):
    here = kinesis_client(fors, region_name=HERE)
    there = kinesis_client(fors, region_name=THERE)
    name = "apart"
    arn = make(here, name)
    assert f":{HERE}:" in arn
    here.put_record(StreamName=name, PartitionKey="k", Data=b"here")
    iterator = here.get_shard_iterator(StreamName=name, **FIRST)["ShardIterator"]

    put = {"PartitionKey": "k", "Data": b"there"}
    assert error_of(there.put_record, StreamName=name, **put) == "ResourceNotFoundException"
    assert error_of(there.put_record, StreamARN=arn, **put) == "ResourceNotFoundException"
    assert error_of(there.get_shard_iterator, StreamName=name, **FIRST) == (
        "ResourceNotFoundException"
    )
    assert error_of(there.get_records, ShardIterator=iterator) == "ResourceNotFoundException"
    assert name not in there.list_streams()["StreamNames"]

    other = make(there, name)  # one of the same name
    assert other != arn
    there.put_record(StreamName=name, **put)
    for kinesis, data in ((here, b"here"), (there, b"there")):
        iterator = kinesis.get_shard_iterator(StreamName=name, **FIRST)["ShardIterator"]
        records = kinesis.get_records(ShardIterator=iterator)["Records"]
        assert [record["Data"] for record in records] == [data]
