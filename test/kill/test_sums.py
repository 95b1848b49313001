# SPDX-License-Identifier: Apache-2.0
"""The soak's comparison is itself checked: a reader that was left out of something is found."""

from crash.read_back import compare
from crash.sums import Sum, Sums

PLACE = ("stream", "shardId-000000000000")
RECORDS = [("writer-1", 10), ("writer-2", 20), ("writer-3", 30)]


def sum_of(records):
    total = Sum()
    for name, number in records:
        total.add(name, number)
    return total


def problems(tmp_path, heard, caught_up=False):
    """Of a reader that was given these of the records, in a shard that is open, and says that this
    was all."""
    ledger = Sums(tmp_path / "reader.ledger")
    ledger.put("stream", 0, 0, [name for name, _ in RECORDS], [(PLACE[1], n) for _, n in RECORDS])
    if heard:
        ledger.seen(*PLACE, heard)
    if caught_up:
        ledger.caught_up_with(PLACE[0])
    prefixes = {(*PLACE, n): sum_of(RECORDS[: at + 1]) for at, (_, n) in enumerate(RECORDS)}
    return compare([ledger], ({PLACE: sum_of(RECORDS)}, prefixes, {PLACE: []}, []))[1]


def test_a_reader_may_not_have_come_to_the_end(tmp_path):
    for come in range(1, 4):
        assert not problems(tmp_path, RECORDS[:come])


def test_a_reader_that_has_caught_up_was_given_all(tmp_path):
    assert not problems(tmp_path, RECORDS, caught_up=True)
    for come in range(3):
        assert problems(tmp_path, RECORDS[:come], caught_up=True)


def test_a_record_that_was_left_out_is_missed(tmp_path):
    assert problems(tmp_path, [RECORDS[0], RECORDS[2]])
    assert problems(tmp_path, [RECORDS[1], RECORDS[2]])


def test_a_record_that_came_twice_or_changed_is_found(tmp_path):
    assert problems(tmp_path, [RECORDS[0], RECORDS[0]])
    assert problems(tmp_path, [RECORDS[0], ("writer-9", 20)])
