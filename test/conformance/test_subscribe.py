# SPDX-License-Identifier: Apache-2.0
"""SubscribeToShard: pushed events, shard end, who may sit at a shard. What takes minutes is tested
in virtual time (src/streams/subscription_test.cc)."""

import itertools
import threading
import uuid
from contextlib import closing

import pytest
from botocore.exceptions import ClientError, EventStreamError

from support.clients import kinesis_client
from support import tiny_cbor
from support.raw_kinesis import CBOR

FIRST = "shardId-000000000000"


@pytest.fixture(scope="module")
def kinesis(fors_unlimited):
    return kinesis_client(fors_unlimited)


def consumer_of(kinesis, shards=1):
    """(stream's name, ARN of an ACTIVE consumer of it)."""
    name = f"subscribe-{uuid.uuid4().hex[:8]}"
    kinesis.create_stream(StreamName=name, ShardCount=shards)
    summary = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
    consumer = kinesis.register_stream_consumer(StreamARN=summary["StreamARN"], ConsumerName="app")
    return name, consumer["Consumer"]["ConsumerARN"]


def subscribe(kinesis, consumer, shard=FIRST, **position):
    position.setdefault("Type", "TRIM_HORIZON")
    return closing(
        kinesis.subscribe_to_shard(
            ConsumerARN=consumer, ShardId=shard, StartingPosition=position
        )["EventStream"]
    )


def events_of(stream):
    for event in stream:
        yield event["SubscribeToShardEvent"]


def records_of(stream, count):
    """So many records, from however many events."""
    records = itertools.chain.from_iterable(event["Records"] for event in events_of(stream))
    return list(itertools.islice(records, count))


def put(kinesis, name, *texts):
    return [
        kinesis.put_record(StreamName=name, PartitionKey="k", Data=text.encode())["SequenceNumber"]
        for text in texts
    ]


def test_an_idle_shard_is_said_to_be_idle(kinesis):
    _, consumer = consumer_of(kinesis)
    with subscribe(kinesis, consumer) as stream:
        event = next(events_of(stream))
    assert event["Records"] == [] and event["MillisBehindLatest"] == 0
    assert event["ContinuationSequenceNumber"].isdigit()
    assert "ChildShards" not in event


def test_what_is_there_comes_and_what_is_put_later(kinesis):
    name, consumer = consumer_of(kinesis)
    before = put(kinesis, name, "a", "b")
    with subscribe(kinesis, consumer) as stream:
        events = events_of(stream)
        first = next(events)
        assert [r["Data"] for r in first["Records"]] == [b"a", b"b"]
        assert [r["SequenceNumber"] for r in first["Records"]] == before
        assert first["ContinuationSequenceNumber"] == before[-1]
        after = put(kinesis, name, "c")
        record = next(events)["Records"][0]
    assert (record["Data"], record["SequenceNumber"]) == (b"c", after[0])
    assert record["PartitionKey"] == "k" and "EncryptionType" not in record


def test_latest_leaves_out_what_is_there(kinesis):
    name, consumer = consumer_of(kinesis)
    put(kinesis, name, "old")
    with subscribe(kinesis, consumer, Type="LATEST") as stream:
        events = events_of(stream)
        assert next(events)["Records"] == []
        put(kinesis, name, "new")
        assert [r["Data"] for r in next(events)["Records"]] == [b"new"]


@pytest.mark.parametrize(
    ("kind", "wanted"), [("AT_SEQUENCE_NUMBER", b"b"), ("AFTER_SEQUENCE_NUMBER", b"c")]
)
def test_from_a_sequence_number(kinesis, kind, wanted):
    name, consumer = consumer_of(kinesis)
    numbers = put(kinesis, name, "a", "b", "c")
    with subscribe(kinesis, consumer, Type=kind, SequenceNumber=numbers[1]) as stream:
        assert next(events_of(stream))["Records"][0]["Data"] == wanted


@pytest.mark.parametrize("kind", ["AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"])
def test_the_continuation_of_an_idle_shard_goes_on(kinesis, kind):
    name, consumer = consumer_of(kinesis)
    with subscribe(kinesis, consumer) as stream:
        number = next(events_of(stream))["ContinuationSequenceNumber"]
    put(kinesis, name, "next")
    with subscribe(kinesis, consumer, Type=kind, SequenceNumber=number) as stream:
        assert records_of(stream, 1)[0]["Data"] == b"next"


def test_a_batch_comes_whole_and_in_order(kinesis):
    name, consumer = consumer_of(kinesis)
    wanted = [b"%d" % n + b"." * 20_000 for n in range(300)]
    with subscribe(kinesis, consumer) as stream:
        for at in range(0, len(wanted), 100):
            kinesis.put_records(
                StreamName=name,
                Records=[{"PartitionKey": "k", "Data": d} for d in wanted[at : at + 100]],
            )
        assert [r["Data"] for r in records_of(stream, len(wanted))] == wanted


def test_the_end_of_a_shard_names_its_children(kinesis):
    name, consumer = consumer_of(kinesis)
    put(kinesis, name, "last")
    with subscribe(kinesis, consumer) as stream:
        events = events_of(stream)
        assert len(next(events)["Records"]) == 1
        kinesis.split_shard(StreamName=name, ShardToSplit=FIRST, NewStartingHashKey="1000")
        end = next(events)
        assert list(events) == []
    assert "ContinuationSequenceNumber" not in end
    assert [c["ShardId"] for c in end["ChildShards"]] == [
        "shardId-000000000001",
        "shardId-000000000002",
    ]
    assert all(c["ParentShards"] == [FIRST] for c in end["ChildShards"])


def test_a_newer_subscription_takes_over(kinesis):
    name, consumer = consumer_of(kinesis)
    with subscribe(kinesis, consumer) as older:
        events = events_of(older)
        next(events)
        with subscribe(kinesis, consumer) as newer:
            with pytest.raises(EventStreamError, match="ResourceInUseException"):
                next(events)
            put(kinesis, name, "x")
            assert records_of(newer, 1)[0]["Data"] == b"x"


def test_two_consumers_hear_the_same(kinesis):
    name, consumer = consumer_of(kinesis)
    arn = consumer.split("/consumer/")[0]
    second = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="second")
    with (
        subscribe(kinesis, consumer) as one,
        subscribe(kinesis, second["Consumer"]["ConsumerARN"]) as two,
    ):
        put(kinesis, name, "x", "y")
        assert records_of(one, 2) == records_of(two, 2)


def test_a_deregistered_consumer_hears_no_more(kinesis):
    _, consumer = consumer_of(kinesis)
    with subscribe(kinesis, consumer) as stream:
        events = events_of(stream)
        next(events)
        kinesis.deregister_stream_consumer(ConsumerARN=consumer)
        with pytest.raises(EventStreamError, match="is not in ACTIVE status"):
            next(events)


def test_a_deleted_stream_ends_its_subscriptions(kinesis):
    name, consumer = consumer_of(kinesis)
    with subscribe(kinesis, consumer) as stream:
        events = events_of(stream)
        next(events)
        kinesis.delete_stream(StreamName=name, EnforceConsumerDeletion=True)
        with pytest.raises(EventStreamError, match="ResourceNotFoundException"):
            next(events)


def test_a_slow_reader_loses_nothing(kinesis):
    """It reads nothing while much more is put than sockets hold."""
    name, consumer = consumer_of(kinesis)
    wanted = 40
    with subscribe(kinesis, consumer) as stream:
        for n in range(wanted):
            kinesis.put_record(StreamName=name, PartitionKey="k", Data=b"%d" % n + b"." * 900_000)
        numbers = [int(r["Data"].split(b".")[0]) for r in records_of(stream, wanted)]
    assert numbers == list(range(wanted))


def test_many_at_once(fors_unlimited, kinesis):
    """Twenty consumers of four shards, and each record comes to all of them."""
    name, _ = consumer_of(kinesis, shards=4)
    summary = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
    consumers = [
        kinesis.register_stream_consumer(StreamARN=summary["StreamARN"], ConsumerName=f"c{n}")
        for n in range(19)
    ]
    heard, lock = [], threading.Lock()

    def listen(arn, shard):
        with subscribe(kinesis_client(fors_unlimited), arn, shard) as stream:
            for record in records_of(stream, 5):
                with lock:
                    heard.append(record["Data"])

    threads = [
        threading.Thread(target=listen, args=(c["Consumer"]["ConsumerARN"], f"shardId-{n:012}"))
        for c in consumers
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for n in range(4):
        for each in range(5):
            kinesis.put_record(
                StreamName=name,
                PartitionKey="k",
                ExplicitHashKey=str(n * 2**126),
                Data=b"%d-%d" % (n, each),
            )
    for thread in threads:
        thread.join(60)
    assert len(heard) == 19 * 4 * 5 and len(set(heard)) == 20


def refusal(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def test_refusals(kinesis):
    _, consumer = consumer_of(kinesis)
    horizon = {"Type": "TRIM_HORIZON"}
    ask = kinesis.subscribe_to_shard
    unknown = consumer.replace("/app:", "/other:")
    assert refusal(ask, ConsumerARN=unknown, ShardId=FIRST, StartingPosition=horizon)[0] == (
        "ResourceNotFoundException"
    )
    assert refusal(ask, ConsumerARN=consumer, ShardId="shardId-7", StartingPosition=horizon)[0] == (
        "ResourceNotFoundException"
    )
    assert refusal(
        ask, ConsumerARN=consumer, ShardId=FIRST, StartingPosition={"Type": "AT_TIMESTAMP"}
    )[0] == ("InvalidArgumentException")


def test_it_speaks_json_only(raw, kinesis):
    _, consumer = consumer_of(kinesis)
    request = {"ConsumerARN": consumer, "ShardId": FIRST, "StartingPosition": {"Type": "LATEST"}}
    target = "Kinesis_20131202.SubscribeToShard"
    answer = raw.send(
        tiny_cbor.encode(request), {"Content-Type": CBOR, "X-Amz-Target": target}
    )
    assert answer.status == 400 and b"application/x-amz-json-1.1 only" in answer.body


def test_with_limits_a_seat_is_kept_for_five_seconds(fors):
    kinesis = kinesis_client(fors)
    name = f"subscribe-{uuid.uuid4().hex[:8]}"
    kinesis.create_stream(StreamName=name, ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 0.05})
    arn = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]
    consumer = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="app")["Consumer"]
    request = {
        "ConsumerARN": consumer["ConsumerARN"],
        "ShardId": FIRST,
        "StartingPosition": {"Type": "LATEST"},
    }
    code, message = refusal(kinesis.subscribe_to_shard, **request)
    assert code == "ResourceInUseException" and "is not in ACTIVE status" in message
    for _ in range(2000):
        described = kinesis.describe_stream_consumer(ConsumerARN=consumer["ConsumerARN"])
        if described["ConsumerDescription"]["ConsumerStatus"] == "ACTIVE":
            break
    with closing(kinesis.subscribe_to_shard(**request)["EventStream"]) as stream:
        next(events_of(stream))
        code, message = refusal(kinesis.subscribe_to_shard, **request)
        assert code == "ResourceInUseException" and "Another active subscription" in message
