# SPDX-License-Identifier: Apache-2.0
"""The checker of test/crash is itself checked: what a broken server would do, it must find."""

import base64
import itertools

import pytest

from crash.campaign import wait_active
from crash.checker import Checker, read_shard
from crash.ledger import Attempts, History
from crash.records import Sizes, chained, key_of, name_of, payload
from support.raw_kinesis import RawKinesis

SIZES = Sizes()
NAMES = [f"writer-{n}" for n in range(40)]
NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def kinesis(fors_unlimited):
    return RawKinesis(fors_unlimited.endpoint)


def put(kinesis, stream, name, key=None, data=None):
    """(shard, number) of a record put."""
    answer = kinesis.call(
        "PutRecord", StreamName=stream, PartitionKey=key or key_of(name),
        Data=data or payload(name, SIZES),
    ).ok()
    return answer["ShardId"], int(answer["SequenceNumber"])


@pytest.fixture
def stream(kinesis):
    """The name of a new stream of two shards, the first of them split."""
    name = f"checked-{next(NUMBERS)}"
    kinesis.call("CreateStream", StreamName=name, ShardCount=2).ok()
    wait_active(kinesis, name)
    for record in NAMES[:20]:
        put(kinesis, name, record)
    kinesis.call(
        "SplitShard", StreamName=name, ShardToSplit="shardId-000000000000",
        NewStartingHashKey=str(1 << 126),
    ).ok()
    wait_active(kinesis, name)
    for record in NAMES[20:]:
        put(kinesis, name, record)
    return name


@pytest.fixture
def history(kinesis, stream):
    """What honest clients would have written down: all that is there, put one after the other."""
    known = History()
    shards = kinesis.call("ListShards", StreamName=stream).ok()["Shards"]
    for shard in (each["ShardId"] for each in shards):
        digest, numbers = 0, []
        for record in itertools.chain.from_iterable(read_shard(kinesis, stream, shard)):
            name = name_of(base64.b64decode(record["Data"]), SIZES)
            numbers.append(int(record["SequenceNumber"]))
            digest = chained(digest, name, numbers[-1])
            at = NAMES.index(name)
            known.records[name] = Attempts(
                stream, at, places=[(shard, numbers[-1])], acknowledged=(at, at + 0.5)
            )
        known.runs.append(("poller0", stream, shard, len(numbers), numbers[-1], digest))
    first = "shardId-000000000000"
    children = [s["ShardId"] for s in shards if s.get("ParentShardId") == first]
    known.ends.append(("poller0", stream, first, children))
    known.reshaped.append((stream, "split", [first]))
    return known


def violations(kinesis, history, stream):
    """Texts of what the checker finds."""
    return Checker(kinesis.endpoint, history, SIZES).run([stream]).violations


def finds(kinesis, history, stream, *texts):
    """Asserts that the checker finds that and nothing else."""
    found = violations(kinesis, history, stream)
    assert len(found) == len(texts), found
    for violation, text in zip(found, texts):
        assert text in violation


def test_it_is_content_with_an_honest_server(kinesis, history, stream):
    assert violations(kinesis, history, stream) == []


def test_a_lost_record_is_found(kinesis, history, stream):
    lost = Attempts(stream, 50, places=[("shardId-000000000001", 7)], acknowledged=(50, 51))
    history.records["writer-lost"] = lost
    finds(kinesis, history, stream, "found nowhere")


def test_a_record_at_another_number_is_found(kinesis, history, stream):
    record = history.records[NAMES[3]]
    record.places = [(record.places[0][0], record.places[0][1] + 1)]
    finds(kinesis, history, stream, f"{NAMES[3]}: told")


def test_a_record_stored_twice_is_found(kinesis, history, stream):
    put(kinesis, stream, NAMES[30])
    finds(kinesis, history, stream, f"{NAMES[30]}: 2 times")


def test_as_many_copies_as_attempts_are_fine(kinesis, history, stream):
    put(kinesis, stream, NAMES[30])
    history.records[NAMES[30]].unknown = 1
    assert violations(kinesis, history, stream) == []
    put(kinesis, stream, NAMES[30])
    finds(kinesis, history, stream, f"{NAMES[30]}: 3 times")


def test_a_record_that_nobody_wrote_is_found(kinesis, history, stream):
    put(kinesis, stream, "stranger")
    finds(kinesis, history, stream, "stranger was never written")


def test_changed_bytes_are_found(kinesis, history, stream):
    put(kinesis, stream, NAMES[5], data=payload(NAMES[5], SIZES)[:-9] + b"?" + b"0" * 8)
    finds(kinesis, history, stream, f"record {NAMES[5]} has changed")


def test_a_record_in_the_wrong_shard_is_found(kinesis, history, stream):
    put(kinesis, stream, NAMES[5], key="another-key")
    history.records[NAMES[5]].unknown = 1
    finds(kinesis, history, stream, f"{NAMES[5]} is here with key another-key")


def test_reordering_is_found_across_shards(kinesis, history, stream):
    older, newer = next(
        (a, b) for a in NAMES[:20] for b in NAMES[20:] if key_of(a) == key_of(b)
    )
    history.records[newer].acknowledged = (-2, -1)  # before all others were sent
    found = violations(kinesis, history, stream)
    assert any(older in text and "below that of " + newer in text for text in found), found


def test_what_a_reader_saw_and_is_gone_is_found(kinesis, history, stream):
    client, _, shard, count, last, digest = history.runs[1]
    history.runs[1] = (client, stream, shard, count + 1, last, chained(digest, "gone", last + 1))
    finds(kinesis, history, stream, f"was given {count + 1} records")


def test_a_reader_sent_past_records_at_a_shards_end_is_found(kinesis, history, stream):
    count = history.runs.pop(0)[3]
    finds(kinesis, history, stream, f"{count} records were not given")


def test_a_reader_that_is_never_given_the_rest_is_found(kinesis, history, stream):
    history.caught_up.append(("poller0", stream))
    assert violations(kinesis, history, stream) == []
    _, _, shard, count, *_ = history.runs.pop()
    finds(kinesis, history, stream, f"of {shard} {count} records were not given")


def test_an_undone_reshard_is_found(kinesis, history, stream):
    history.reshaped.append((stream, "split", ["shardId-000000000001"]))
    history.ends.append(("poller0", stream, "shardId-000000000001", ["shardId-000000000009"]))
    found = violations(kinesis, history, stream)
    assert any("is undone" in text for text in found)
    assert any("now has []" in text for text in found)


def test_a_lost_tag_is_found(kinesis, history, stream):
    history.tags[stream] = [("1", True), ("2", False)]
    finds(kinesis, history, stream, "the tag is None, can only be one of ['1', '2']")
