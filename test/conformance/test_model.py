# SPDX-License-Identifier: Apache-2.0
"""Every constraint of the published model, violated by one, answers AWS's ValidationException."""

import re

import pytest

import service_model as model

CASES = [case for operation in model.OPERATIONS for case in model.violations(operation)]
EDGES = [case for operation in model.OPERATIONS for case in model.edges(operation)]

LIST = "Start of list found where not expected"
STRUCTURE = "Start of structure or map found where not expected."
NUMBER = "class com.amazon.coral.value.json.numbers.TruncatingBigNumber"
BASE64 = "can not be converted to a Blob"
# Reference, section 3.2: wrong JSON values for each type and the text AWS answers.
WRONG = {
    "boolean": [
        (1, f"{NUMBER} can not be converted to an Boolean"),
        ("maybe", "'MAYBE' can not be converted to an Boolean"),
        ([], LIST),
        ({}, STRUCTURE),
    ],
    "string": [
        (True, "class java.lang.Boolean can not be converted to an String"),
        (5, f"{NUMBER} can not be converted to an String"),
        ([], LIST),
        ({}, STRUCTURE),
    ],
    "integer": [
        (True, "class java.lang.Boolean can not be converted to an Integer"),
        ("5", "class java.lang.String can not be converted to an Integer"),
        ([], LIST),
        ({}, STRUCTURE),
    ],
    "blob": [
        (True, f"class java.lang.Boolean {BASE64}"),
        (5, f"{NUMBER} {BASE64}"),
        (
            "AAA",
            f"'AAA' {BASE64}: Base64 encoded length is expected a multiple of 4 bytes but found: 3",
        ),
        ("A!AA", f"'A!AA' {BASE64}: Invalid Base64 character: '!'"),
        ("A=AA", f"'A=AA' {BASE64}: Invalid Base64 character: '='"),
        ("AB==", f"'AB==' {BASE64}: Invalid last non-pad Base64 character dectected"),
        ([], LIST),
        ({}, STRUCTURE),
    ],
    "timestamp": [
        (True, "class java.lang.Boolean can not be converted to milliseconds since epoch"),
        ("now", "class java.lang.String can not be converted to milliseconds since epoch"),
        ([], LIST),
        ({}, STRUCTURE),
    ],
    "list": [(v, "Expected list or null") for v in (True, 5, "x")] + [({}, STRUCTURE)],
    "map": [(v, "Expected map or null") for v in (True, 5, "x")] + [([], LIST)],
    "structure": [(v, "Expected null") for v in (True, 5, "x")] + [([], LIST)],
}
WRONG["long"] = [(v, t.replace("Integer", "Long")) for v, t in WRONG["integer"]]

ENTRY = re.compile(
    r"Value(?: '(?P<value>.*)'| null)? at '(?P<path>[^']+)' failed to satisfy constraint:"
    r" (?P<text>.*)",
    re.S,
)


def parse(message):
    """The (path, constraint, value) triples of a ValidationException's message."""
    lead = re.match(r"(\d+) validation errors? detected: ", message)
    assert lead, f"not AWS's form: {message[:300]}"
    parts = re.split(r"; (?=Value(?: '| null| at ))", message[lead.end() :])
    assert len(parts) == int(lead[1]), f"wrong count: {message[:300]}"
    assert lead[0].startswith(
        "1 validation error d" if len(parts) == 1 else f"{len(parts)} validation errors d"
    )
    found = [ENTRY.fullmatch(part) for part in parts]
    assert all(found), f"an entry is not in AWS's form: {message[:300]}"
    return [(f["path"], enum_in_order(f["text"]), f["value"]) for f in found]


def enum_in_order(text):
    """AWS prints enums in an order of its own, which is no part of the contract."""
    lead = "Member must satisfy enum value set: ["
    if not text.startswith(lead):
        return text
    return lead + ", ".join(sorted(text[len(lead) : -1].split(", "))) + "]"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_violated_constraint_is_named(raw, case):
    answer = raw.call(case.operation, body=case.body).fails("ValidationException")
    found = parse(answer.message)
    expected = [(e.path, enum_in_order(e.constraint)) for e in case.entries]
    assert [(path, text) for path, text, _ in found] == expected
    for (path, _, value), entry in zip(found, case.entries):
        if entry.value is not None and value is not None:  # newer texts may leave the value out
            # Values of megabytes are cut in the message.
            assert value[:4000] == entry.value[:4000], f"value of {path}"
    assert answer.headers.get("x-amzn-errortype", "ValidationException") == "ValidationException"


@pytest.mark.parametrize("case", EDGES, ids=lambda case: case.name)
def test_a_value_on_the_edge_passes(raw, case):
    answer = raw.call(case.operation, body=case.body)
    assert answer.status in (200, 400), answer
    if answer.status == 400:
        assert answer.type not in ("ValidationException", "SerializationException"), answer.message


WRONG_TYPES = [
    pytest.param(
        operation, model.with_value(request, keys, value), text, id=f"{operation}-{path}-{value!r}"
    )
    for operation in model.OPERATIONS
    for name, path, keys, request in model.members(operation)
    for value, text in WRONG[model.SHAPES[name]["type"]]
]


@pytest.mark.parametrize("operation, request_, text", WRONG_TYPES)
def test_a_wrong_type_is_a_serialization_fault(raw, operation, request_, text):
    body = model.Case("", operation, request_).body
    answer = raw.call(operation, body=body).fails("SerializationException")
    assert answer.json == {"__type": "SerializationException", "Message": text}


def test_type_faults_come_before_validation_faults(raw):
    answer = raw.call("PutRecord", StreamName="", PartitionKey=5, Data=b"")
    answer.fails("SerializationException", f"{NUMBER} can not be converted to an String")


def test_violations_of_several_members_are_all_named(raw):
    answer = raw.call("DescribeStream", StreamName="bad name", Limit=0, ExclusiveStartShardId="")
    found = parse(answer.fails("ValidationException").message)
    assert sorted((path, text) for path, text, _ in found) == [
        ("exclusiveStartShardId", "Member must have length greater than or equal to 1"),
        (
            "exclusiveStartShardId",
            "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
        ),
        ("limit", "Member must have value greater than or equal to 1"),
        ("streamName", "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"),
    ]


def test_at_most_ten_violations_are_named(raw):
    records = [{"Data": b"", "PartitionKey": ""}] * 12
    answer = raw.call("PutRecords", StreamName="conformance-model", Records=records)
    found = parse(answer.fails("ValidationException").message)
    assert [path for path, _, _ in found] == [
        f"records.{n}.member.partitionKey" for n in range(1, 11)
    ]


def test_each_element_is_counted_from_one(raw):
    good, bad = {"Data": b"", "PartitionKey": "k"}, {"Data": b"", "PartitionKey": "k" * 257}
    answer = raw.call("PutRecords", StreamName="conformance-model", Records=[good, good, bad])
    found = parse(answer.fails("ValidationException").message)
    assert [path for path, _, _ in found] == ["records.3.member.partitionKey"]


def test_lengths_count_characters_not_bytes(raw):
    for key, refused in (("é" * 256, False), ("é" * 257, True), ("😀" * 129, None)):
        answer = raw.call("PutRecord", StreamName="conformance-model", PartitionKey=key, Data=b"")
        if refused is not None:  # whether AWS counts UTF-16 units is not known
            assert (answer.type == "ValidationException") == refused, answer.message


def test_numbers_are_floored_and_clamped_before_the_range_check(raw):
    def message(limit):
        answer = raw.call("ListStreams", body=f'{{"Limit": {limit}}}')
        return answer.message if answer.status == 400 else "accepted"

    assert message("1.9") == "accepted"
    assert "Value '0' at 'limit'" in message("0.9")
    assert "Value '-1' at 'limit'" in message("-0.1")
    assert "Value '2147483647' at 'limit'" in message("99999999999999")


def test_the_iterator_types_are_printed_in_the_service_order(raw):
    answer = raw.call(
        "GetShardIterator",
        StreamName="conformance-model",
        ShardId="shardId-000000000000",
        ShardIteratorType="OLDEST",
    )
    answer.fails(
        "ValidationException",
        "1 validation error detected: Value 'OLDEST' at 'shardIteratorType' failed to satisfy"
        " constraint: Member must satisfy enum value set: [AFTER_SEQUENCE_NUMBER, LATEST,"
        " AT_TIMESTAMP, AT_SEQUENCE_NUMBER, TRIM_HORIZON]",
    )
