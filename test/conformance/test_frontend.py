# SPDX-License-Identifier: Apache-2.0
"""What a request meets before its operation: order of checks, headers, CORS, CBOR, auth."""

import base64
import email.utils
import json
import re
import socket
import time
import uuid
from urllib.parse import urlencode

import pytest

import service_model as model
from support import tiny_cbor
from support.raw_kinesis import CBOR, JSON, TARGET, WELL_FORMED

XML_DENIED = (
    b"<AccessDeniedException>\n  <Message>Unable to determine service/operation name to be "
    b"authorized</Message>\n</AccessDeniedException>\n"
)
KNOWN = {"X-Amz-Target": TARGET + "ListStreams"}
UNKNOWN = {"X-Amz-Target": TARGET + "PaintStreams"}
DATED = {"X-Amz-Date": "20260101T000000Z"}


def json_call(raw, body, headers=None, **options):
    """A request with JSON's content type."""
    return raw.send(body, {"Content-Type": JSON, **(headers or KNOWN)}, **options)


# Order of checks: reference, section 2.5. The row numbers are those of its table.


def test_row_1_a_body_above_the_limit_is_refused_unread(raw, fors_unlimited):
    head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 20000000\r\n"
    head += f"Content-Type: {JSON}\r\nX-Amz-Target: {TARGET}PutRecord\r\n\r\n"
    with socket.create_connection(("127.0.0.1", fors_unlimited.port), timeout=10) as connection:
        connection.sendall(head.encode() + b"{")
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 413 "), answer
    assert answer.split(b"\r\n\r\n", 1)[1] == b""


def test_row_2_a_preflight_is_answered_without_authentication(raw):
    asked = {
        "Origin": "http://localhost:3000",
        "Access-Control-Request-Headers": "authorization,x-amz-target",
        "Access-Control-Request-Method": "POST",
    }
    answer = raw.send(b"", asked, method="OPTIONS", sign=False)
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-headers"] == "authorization,x-amz-target"
    assert answer.headers["access-control-allow-methods"] == "POST"
    assert answer.headers["access-control-max-age"] == "172800"
    assert "x-amz-id-2" not in answer.headers
    uuid.UUID(answer.headers["x-amzn-requestid"])


def test_row_2_an_answer_to_a_browser_exposes_the_ids(raw):
    answer = json_call(raw, "{}", {**KNOWN, "Origin": "http://localhost:3000"})
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert (
        answer.headers["access-control-expose-headers"]
        == "x-amzn-RequestId,x-amzn-ErrorType,x-amz-request-id,x-amz-id-2,x-amzn-ErrorMessage,Date"
    )
    assert "access-control-allow-origin" not in json_call(raw, "{}").headers


@pytest.mark.parametrize("path", ["/_fors/health", "/_fors/metrics", "/_fors/nothing"])
def test_no_page_of_another_site_reads_the_servers_own(raw, path):
    answer = raw.send(b"", {"Origin": "http://localhost:3000"}, method="GET", path=path)
    assert answer.status == (404 if path.endswith("nothing") else 200)
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS"])
def test_row_3_only_post_is_a_call(raw, method):
    answer = raw.send(b"", {"Content-Type": JSON, **KNOWN}, method=method)
    assert (answer.status, answer.body) == (403, XML_DENIED)


@pytest.mark.parametrize("content_type", [JSON, CBOR, "text/plain", "application/json", None])
@pytest.mark.parametrize(
    "target, kind",
    [
        (KNOWN, "SerializationException"),
        (UNKNOWN, "UnknownOperationException"),
        ({}, "UnknownOperationException"),
    ],
)
def test_row_4_an_empty_body(raw, content_type, target, kind):
    headers = {**target, **({"Content-Type": content_type} if content_type else {})}
    answer = raw.send(b"", headers)
    assert answer.status == 400
    body = json.loads(answer.body) if content_type == JSON else tiny_cbor.decode(answer.body)
    assert body == {"__type": kind}
    assert answer.headers["content-type"] == (JSON if content_type == JSON else CBOR)


def test_rows_5_and_6_an_unknown_content_type(raw):
    for content_type in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/x-amz-json-1.0",
    ):
        answer = raw.send("{}", {"Content-Type": content_type})
        assert (answer.status, answer.body) == (403, XML_DENIED)
        answer = raw.send("{}", {"Content-Type": content_type, **KNOWN})
        assert (answer.status, answer.body) == (404, b"<UnknownOperationException/>\n")


@pytest.mark.parametrize("body", ["nonsense", "5", '"text"', "null", '{"a": ', '{"a": 1,}'])
def test_rows_7_and_8_an_unparsable_body(raw, body):
    answer = raw.send(body, {"Content-Type": "application/json", **KNOWN})
    kind = "com.amazon.coral.service#SerializationException"
    assert (answer.status, answer.json) == (400, {"Output": {"__type": kind}, "Version": "1.0"})
    for target in (KNOWN, UNKNOWN):  # row 8 comes before row 10
        answer = json_call(raw, body, target)
        assert (answer.status, answer.json) == (400, {"__type": "SerializationException"})


@pytest.mark.parametrize("body", [b"\xff", b"\xa1\x61", b"\x05", b"\xf6"])
def test_row_8_an_unparsable_cbor_body(raw, body):
    answer = raw.send(body, {"Content-Type": CBOR, **KNOWN})
    assert answer.status == 400
    assert tiny_cbor.decode(answer.body) == {"__type": "SerializationException"}


def test_row_9_plain_json_goes_no_further(raw):
    answer = raw.send("{}", {"Content-Type": "application/json", **KNOWN})
    kind = "com.amazon.coral.service#UnknownOperationException"
    assert (answer.status, answer.json) == (404, {"Output": {"__type": kind}, "Version": "1.0"})


@pytest.mark.parametrize(
    "target",
    [
        "Kinesis_20131202.PaintStreams",
        "Kinesis_20200101.ListStreams",
        "ListStreams",
        "Kinesis_20131202.",
        "Kinesis_20131202.liststreams",
    ],
)
def test_row_10_an_unknown_target(raw, target):
    answer = json_call(raw, "{}", {"X-Amz-Target": target}, sign=False)
    assert (answer.status, answer.json) == (400, {"__type": "UnknownOperationException"})


def test_row_10_a_missing_target(raw):
    answer = json_call(raw, "{}", {"X-Unused": "1"})
    assert (answer.status, answer.json) == (400, {"__type": "UnknownOperationException"})


def test_row_11_authentication_comes_before_types_and_values(raw):
    for body in ('{"Limit": "x"}', '{"Limit": 0}'):
        answer = json_call(raw, body, sign=False)
        answer.fails("MissingAuthenticationTokenException", "Missing Authentication Token")


# Authentication faults: reference, section 2.4.


def test_both_forms_of_authentication(raw):
    path = "/?X-Amz-Algorithm=AWS4-HMAC-SHA256"
    answer = json_call(raw, "{}", {**KNOWN, **DATED, "Authorization": WELL_FORMED}, path=path)
    answer.fails(
        "InvalidSignatureException",
        "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
    )


HEADER_PARTS = {
    "Credential": "Credential=test/20260101/us-east-1/kinesis/aws4_request",
    "Signature": "Signature=" + "0" * 64,
    "SignedHeaders": "SignedHeaders=host;x-amz-date",
}


@pytest.mark.parametrize(
    "absent", [{"Credential"}, {"Signature"}, {"SignedHeaders"}, set(HEADER_PARTS)]
)
@pytest.mark.parametrize("dated", [True, False])
def test_an_incomplete_header(raw, absent, dated):
    given = [text for name, text in HEADER_PARTS.items() if name not in absent]
    header = "AWS4-HMAC-SHA256 " + ", ".join(given)
    wanted = "".join(
        f"Authorization header requires '{name}' parameter. "
        for name in HEADER_PARTS
        if name in absent
    )
    if not dated:
        wanted += (
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
        )
    headers = {**KNOWN, **(DATED if dated else {}), "Authorization": header}
    answer = json_call(raw, "{}", headers)
    # The header's value comes back without the blank that HTTP trims from its end.
    answer.fails("IncompleteSignatureException", f"{wanted}Authorization={header.strip()}")


@pytest.mark.parametrize("separator", [", ", ",", " "])
def test_the_header_may_be_separated_by_commas_or_blanks(raw, separator):
    header = "AWS4-HMAC-SHA256 " + separator.join(HEADER_PARTS.values())
    assert json_call(raw, "{}", {**KNOWN, **DATED, "Authorization": header}).status == 200


QUERY = {
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": "test/20260101/us-east-1/kinesis/aws4_request",
    "X-Amz-Signature": "0" * 64,
    "X-Amz-SignedHeaders": "host",
    "X-Amz-Date": "20260101T000000Z",
}


def test_the_query_form_is_taken(raw):
    assert json_call(raw, "{}", path="/?" + urlencode(QUERY), sign=False).status == 200


@pytest.mark.parametrize(
    "absent",
    [{name} for name in QUERY if name != "X-Amz-Algorithm"] + [set(QUERY) - {"X-Amz-Algorithm"}],
    ids=str,
)
def test_an_incomplete_query(raw, absent):
    query = {name: value for name, value in QUERY.items() if name not in absent}
    wanted = "".join(
        f"AWS query-string parameters must include '{name}'. " for name in QUERY if name in absent
    )
    answer = json_call(raw, "{}", path="/?" + urlencode(query), sign=False)
    answer.fails("IncompleteSignatureException", wanted + "Re-examine the query-string parameters.")


# Envelope: reference, sections 2.1 and 2.6.


def test_every_answer_carries_ids_of_its_own(raw):
    seen = set()
    for body in ("{}", '{"Limit": 0}', '{"Limit": "x"}', "nonsense"):
        headers = json_call(raw, body).headers
        uuid.UUID(headers["x-amzn-requestid"])
        seen.add(headers["x-amzn-requestid"])
        assert len(base64.b64decode(headers["x-amz-id-2"])) >= 32
        assert (
            abs(email.utils.parsedate_to_datetime(headers["date"]).timestamp() - time.time()) < 120
        )
        assert "content-length" in headers
    assert len(seen) == 4


@pytest.mark.parametrize(
    "body, kind",
    [
        ('{"Limit": 0}', "ValidationException"),
        ('{"Limit": "x"}', "SerializationException"),
        ('{"NextToken": "never given"}', None),
    ],
)
def test_an_error_names_itself_in_the_header_too(raw, body, kind):
    answer = json_call(raw, body)
    assert answer.status == 400
    assert answer.type == (kind or answer.type)
    assert answer.headers["x-amzn-errortype"] == answer.type
    assert set(answer.json) == {
        "__type",
        "Message" if kind == "SerializationException" else "message",
    }


@pytest.mark.parametrize(
    "content_type", [f"{JSON}; charset=utf-8", f" {JSON} ;charset=utf-8", JSON]
)
def test_parameters_of_the_content_type_do_not_matter(raw, content_type):
    answer = raw.send("{}", {"Content-Type": content_type, **KNOWN})
    assert answer.status == 200
    assert answer.headers["content-type"].split(";")[0] == JSON


def test_the_path_does_not_matter(raw):
    assert json_call(raw, "{}", path="/some/where").status == 200


def test_unknown_members_are_ignored_and_null_is_absent(raw):
    body = {
        "Limit": None,
        "NextToken": None,
        "Colour": {"deep": [1, {"x": None}]},
        "limit": "small",
    }
    assert json_call(raw, json.dumps(body)).status == 200


def test_an_operation_without_output_answers_an_empty_body(raw, streams):
    name = streams()
    answer = raw.call("AddTagsToStream", StreamName=name, Tags={"a": "b"})
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["content-type"] == JSON
    assert answer.headers["content-length"] == "0"


@pytest.mark.parametrize("operation", model.NOT_BUILT)
def test_an_operation_not_built_says_so(raw, operation):
    answer = raw.call(operation, body="{}")
    assert answer.status in (400, 501)
    assert operation in answer.message and "not implemented" in answer.message


# CBOR: reference, section 2.3.


def cbor_call(raw, operation, members, indefinite=True):
    """(status, decoded body) of a CBOR call."""
    headers = {"Content-Type": CBOR, "X-Amz-Target": TARGET + operation}
    answer = raw.send(tiny_cbor.encode(members, indefinite), headers)
    assert answer.headers["content-type"] == CBOR
    return answer.status, tiny_cbor.decode(answer.body) if answer.body else None


@pytest.mark.parametrize("indefinite", [True, False])
def test_records_travel_in_cbor(raw, streams, indefinite):
    name, data = streams(), bytes(range(256))
    put = {"StreamName": name, "PartitionKey": "schlüssel", "Data": data}
    status, stored = cbor_call(raw, "PutRecord", put, indefinite)
    assert status == 200 and set(stored) == {"ShardId", "SequenceNumber"}
    entries = [{"PartitionKey": "k", "Data": b""}, {"PartitionKey": "k", "Data": b"2"}]
    status, many = cbor_call(
        raw, "PutRecords", {"StreamName": name, "Records": entries}, indefinite
    )
    assert status == 200 and many["FailedRecordCount"] == 0 and len(many["Records"]) == 2

    moment = tiny_cbor.Tag(1, int(time.time() * 1000) - 60_000)
    position = {
        "StreamName": name,
        "ShardId": stored["ShardId"],
        "ShardIteratorType": "AT_TIMESTAMP",
        "Timestamp": moment,
    }
    status, iterator = cbor_call(raw, "GetShardIterator", position, indefinite)
    assert status == 200
    status, batch = cbor_call(raw, "GetRecords", iterator, indefinite)
    assert status == 200
    assert [record["Data"] for record in batch["Records"]] == [data, b"", b"2"]
    first = batch["Records"][0]
    assert first["PartitionKey"] == "schlüssel"
    assert first["SequenceNumber"] == stored["SequenceNumber"]
    arrival = first["ApproximateArrivalTimestamp"]
    assert arrival.number == 1 and isinstance(arrival.value, int)  # milliseconds, not seconds
    assert abs(arrival.value / 1000 - time.time()) < 60


def test_errors_travel_in_cbor(raw):
    status, body = cbor_call(raw, "ListStreams", {"Limit": 0})
    assert status == 400 and body["__type"] == "ValidationException"
    assert "at 'limit' failed" in body["message"]
    status, body = cbor_call(raw, "DescribeStream", {"StreamName": "nowhere"})
    assert status == 400 and body["__type"] == "ResourceNotFoundException"
    assert re.fullmatch(r"Stream nowhere under account \d{12} not found\.", body["message"])
    status, body = cbor_call(raw, "ListStreams", {"Limit": "x"})
    assert status == 400 and body["__type"] == "SerializationException"


def test_an_empty_answer_is_empty_in_cbor_too(raw, streams):
    status, body = cbor_call(raw, "AddTagsToStream", {"StreamName": streams(), "Tags": {"a": "b"}})
    assert (status, body) == (200, None)
