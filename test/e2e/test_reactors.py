# SPDX-License-Identifier: Apache-2.0
"""More than one reactor: what arrives on any connection is one stream with one order."""

import threading

import pytest

from support.clients import kinesis_client
from support.fors_server import ForsServer, StartError

THREADS = 8
EACH = 150


@pytest.fixture(scope="module")
def server():
    with ForsServer("--limits", "none", "--reactors", "3") as started:
        yield started
        assert started.stop() == 0, started.log_tail()


def read_all(kinesis, stream):
    iterator = kinesis.get_shard_iterator(
        StreamName=stream, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    records = []
    while True:
        answer = kinesis.get_records(ShardIterator=iterator)
        records += answer["Records"]
        if not answer["Records"] and answer["MillisBehindLatest"] == 0:
            return records
        iterator = answer["NextShardIterator"]


def test_many_connections_write_one_shard(server):
    kinesis_client(server).create_stream(StreamName="shared", ShardCount=1)
    kinesis_client(server).get_waiter("stream_exists").wait(
        StreamName="shared", WaiterConfig={"Delay": 1}
    )
    acknowledged, failures = {}, []

    def write(name):
        try:
            kinesis = kinesis_client(server)  # a connection of its own
            for number in range(EACH):
                data = f"{name}-{number}"
                put = kinesis.put_record(StreamName="shared", PartitionKey=name, Data=data)
                acknowledged[put["SequenceNumber"]] = data
        except Exception as error:  # pylint: disable=broad-except  # told below
            failures.append(error)

    threads = [threading.Thread(target=write, args=(f"writer{n}",)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    records = read_all(kinesis_client(server), "shared")
    assert {r["SequenceNumber"]: r["Data"].decode() for r in records} == acknowledged
    numbers = [int(record["SequenceNumber"]) for record in records]
    assert numbers == sorted(numbers) and len(numbers) == THREADS * EACH
    for writer in range(THREADS):
        mine = [r["Data"].decode() for r in records if r["PartitionKey"] == f"writer{writer}"]
        assert mine == [f"writer{writer}-{number}" for number in range(EACH)]


def test_streams_made_on_one_connection_are_seen_on_all(server):
    kinesis_client(server).create_stream(StreamName="seen", ShardCount=2)
    for _ in range(12):
        summary = kinesis_client(server).describe_stream_summary(StreamName="seen")
        assert summary["StreamDescriptionSummary"]["OpenShardCount"] == 2


def test_another_server_does_not_get_in_on_the_port(server):
    taken = f"cannot listen on 127.0.0.1:{server.port}: Address already in use"
    with (
        pytest.raises(StartError, match=f"(?s)exit code 1.*{taken}"),
        ForsServer("--reactors", "3", port=server.port),
    ):
        pass
