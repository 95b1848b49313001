# SPDX-License-Identifier: Apache-2.0
"""KPL's aggregation by aws_kinesis_agg: the server keeps an aggregate as the bytes it is."""

import base64
import uuid

from aws_kinesis_agg.aggregator import RecordAggregator
from aws_kinesis_agg.deaggregator import deaggregate_records


def test_there_and_back(kinesis):
    name = f"agg-{uuid.uuid4().hex[:8]}"
    kinesis.create_stream(StreamName=name, ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 0.05})
    wanted = [(f"key-{n % 7}", f"value {n}".encode()) for n in range(200)]
    aggregator = RecordAggregator(max_size=2000)
    whole = []
    for key, data in wanted:
        if full := aggregator.add_user_record(key, data):
            whole.append(full)
    whole.append(aggregator.clear_and_get())
    for record in whole:
        key, _, data = record.get_contents()
        kinesis.put_record(StreamName=name, PartitionKey=key, Data=data)
    assert 1 < len(whole) < len(wanted)

    iterator = kinesis.get_shard_iterator(
        StreamName=name, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    stored = kinesis.get_records(ShardIterator=iterator)["Records"]
    assert len(stored) == len(whole)
    # The library takes records as Lambda events carry them.
    events = [
        {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": record["PartitionKey"],
                "sequenceNumber": record["SequenceNumber"],
                "data": base64.b64encode(record["Data"]).decode(),
                "approximateArrivalTimestamp": record["ApproximateArrivalTimestamp"].timestamp(),
            }
        }
        for record in stored
    ]
    parts = [each["kinesis"] for each in deaggregate_records(events)]
    assert [(p["partitionKey"], base64.b64decode(p["data"])) for p in parts] == wanted
