# SPDX-License-Identifier: Apache-2.0
"""Consumers of enhanced fan-out: registered, described, listed, deregistered."""

import time
import uuid

import pytest
from botocore.exceptions import ClientError

from support.clients import kinesis_client
from support.fors_server import ForsServer


@pytest.fixture
def stream(kinesis):
    """(name, ARN) of an ACTIVE stream."""
    name = f"consumers-{uuid.uuid4().hex[:8]}"
    kinesis.create_stream(StreamName=name, ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 0.05})
    summary = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
    return name, summary["StreamARN"]


def refusal(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def status_of(kinesis, arn, name):
    description = kinesis.describe_stream_consumer(StreamARN=arn, ConsumerName=name)
    return description["ConsumerDescription"]["ConsumerStatus"]


def wait_for(condition):
    """Asks until it holds, within the rates of calls."""
    for _ in range(2000):
        try:
            if condition():
                return
        except ClientError as error:
            if error.response["Error"]["Code"] != "LimitExceededException":
                raise
        time.sleep(0.02)
    raise AssertionError("it never came true")


def test_a_consumer_becomes_active(kinesis, stream):
    name, arn = stream
    consumer = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="app")["Consumer"]
    created = int(consumer["ConsumerCreationTimestamp"].timestamp())
    assert consumer["ConsumerName"] == "app"
    assert consumer["ConsumerARN"] == f"{arn}/consumer/app:{created}"
    assert consumer["ConsumerStatus"] == "CREATING"
    wait_for(lambda: status_of(kinesis, arn, "app") == "ACTIVE")
    described = kinesis.describe_stream_consumer(ConsumerARN=consumer["ConsumerARN"])
    assert described["ConsumerDescription"]["StreamARN"] == arn
    summary = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
    assert summary["ConsumerCount"] == 1


def test_deregistered_it_is_gone(kinesis, stream):
    _, arn = stream
    kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="app")
    kinesis.deregister_stream_consumer(StreamARN=arn, ConsumerName="app")
    assert status_of(kinesis, arn, "app") == "DELETING"
    wait_for(lambda: not kinesis.list_stream_consumers(StreamARN=arn)["Consumers"])
    code, _ = refusal(kinesis.describe_stream_consumer, StreamARN=arn, ConsumerName="app")
    assert code == "ResourceNotFoundException"


def test_names_are_taken_once_and_arns_are_exact(kinesis, stream):
    _, arn = stream
    consumer = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="app")["Consumer"]
    code, _ = refusal(kinesis.register_stream_consumer, StreamARN=arn, ConsumerName="app")
    assert code == "ResourceInUseException"
    other = consumer["ConsumerARN"][:-1] + ("1" if consumer["ConsumerARN"][-1] != "1" else "2")
    code, _ = refusal(kinesis.describe_stream_consumer, ConsumerARN=other)
    assert code == "ResourceNotFoundException"
    code, _ = refusal(
        kinesis.describe_stream_consumer, ConsumerARN=consumer["ConsumerARN"], ConsumerName="b"
    )
    assert code == "InvalidArgumentException"
    code, _ = refusal(kinesis.describe_stream_consumer, StreamARN=arn)
    assert code == "InvalidArgumentException"


def test_a_stream_with_consumers_is_deleted_only_by_force(kinesis, stream):
    name, arn = stream
    kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="app")
    code, message = refusal(kinesis.delete_stream, StreamName=name)
    assert code == "ResourceInUseException"
    assert "because there are consumers associated with this data stream" in message
    kinesis.delete_stream(StreamName=name, EnforceConsumerDeletion=True)


def test_lists_page_by_page_and_survives_a_restart():
    with ForsServer("--limits", "none") as server:
        kinesis = kinesis_client(server)
        kinesis.create_stream(StreamName="many", ShardCount=1)
        arn = kinesis.describe_stream_summary(StreamName="many")["StreamDescriptionSummary"][
            "StreamARN"
        ]
        names = [f"consumer-{n:02}" for n in range(7)]
        for name in names:
            kinesis.register_stream_consumer(StreamARN=arn, ConsumerName=name, Tags={"a": "b"})
        server.kill9()
        server.start()
        kinesis = kinesis_client(server)
        first = kinesis.list_stream_consumers(StreamARN=arn, MaxResults=3)
        second = kinesis.list_stream_consumers(StreamARN=arn, NextToken=first["NextToken"])
        assert "NextToken" not in second
        listed = first["Consumers"] + second["Consumers"]
        assert [consumer["ConsumerName"] for consumer in listed] == names
        assert {consumer["ConsumerStatus"] for consumer in listed} == {"ACTIVE"}
