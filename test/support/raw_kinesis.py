# SPDX-License-Identifier: Apache-2.0
"""Kinesis calls over http.client: full control of every byte, no retries, no client-side checks."""

import base64
import http.client
import json
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

JSON = "application/x-amz-json-1.1"
CBOR = "application/x-amz-cbor-1.1"
TARGET = "Kinesis_20131202."
REGION = "us-east-1"
CREDENTIALS = Credentials("test", "test")
# Well-formed, which is all that open mode asks for; saves the hashing where speed matters.
WELL_FORMED = (
    f"AWS4-HMAC-SHA256 Credential=test/20260101/{REGION}/kinesis/aws4_request, "
    "SignedHeaders=host;x-amz-date;x-amz-target, Signature="
    + "0" * 64
)


@dataclass
class Answer:
    """Status, headers (lower-case names) and body of one reply."""

    status: int
    headers: dict
    body: bytes
    request: str = field(repr=False, default="")

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def type(self):
        """The error's name, None on success."""
        return self.json.get("__type") if self.status != 200 else None

    @property
    def message(self):
        """The error's text, whichever way it is spelled."""
        return self.json.get("message", self.json.get("Message"))

    def ok(self):
        """The parsed body of a success; {} for an empty one."""
        assert self.status == 200, f"{self.request} -> {self.status} {self.body[:500]!r}"
        return json.loads(self.body) if self.body else {}

    def fails(self, kind, message=None):
        """Asserts the modelled error `kind` with exactly `message` (when given)."""
        got = (self.status, self.body[:1000])
        assert self.status == 400, f"{self.request} -> {got}"
        assert self.type == kind, f"{self.request} -> {got}"
        if message is not None:
            assert self.message == message, f"{self.request} -> {self.message!r}"
        return self


def request(operation, **members):
    """The bytes of a JSON call over HTTP/1.1, signed as open mode takes it."""
    body = json.dumps(members).encode()
    head = (
        f"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {JSON}\r\n"
        f"X-Amz-Target: {TARGET}{operation}\r\nX-Amz-Date: 20260101T000000Z\r\n"
        f"Authorization: {WELL_FORMED}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class RawKinesis:
    """One keep-alive connection; opened again after it broke."""

    def __init__(self, endpoint, timeout=20, signed=True):
        self.endpoint = endpoint
        self._timeout, self._signed = timeout, signed
        self._connection = None

    def close(self):
        if self._connection:
            self._connection.close()
        self._connection = None

    def call(self, operation, body=None, **members):
        """A JSON call of an operation with the given members, or with a raw body."""
        if body is None:
            body = json.dumps(members, default=_blob)
        headers = {"Content-Type": JSON, "X-Amz-Target": TARGET + operation}
        return self.send(body, headers)

    def figures(self):
        """The server's own counters and gauges: {"name{labels}": value}."""
        answer = self.send(method="GET", path="/_fors/metrics", sign=False)
        assert answer.status == 200, answer
        return {
            name: float(value)
            for name, _, value in (x.rpartition(" ") for x in answer.body.decode().splitlines())
            if not name.startswith("#")
        }

    def send(self, body=b"", headers=None, method="POST", path="/", sign=True):
        """One request, signed unless told otherwise; OSError or HTTPException when cut off."""
        body = body.encode() if isinstance(body, str) else body
        headers = dict(headers or {})
        if sign and "Authorization" not in headers:
            headers = self._sign(method, path, body, headers)
        if self._connection is None:
            where = urlsplit(self.endpoint)
            self._connection = http.client.HTTPConnection(
                where.hostname, where.port, timeout=self._timeout
            )
        try:
            self._connection.request(method, path, body=body, headers=headers)
            reply = self._connection.getresponse()
            content = reply.read()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        if reply.will_close:
            self.close()
        head = {name.lower(): value for name, value in reply.getheaders()}
        what = f"{headers.get('X-Amz-Target', method)} {body[:300]!r}"
        return Answer(reply.status, head, content, what)

    def _sign(self, method, path, body, headers):
        if not self._signed:
            return {**headers, "X-Amz-Date": "20260101T000000Z", "Authorization": WELL_FORMED}
        request = AWSRequest(method=method, url=self.endpoint + path, data=body, headers=headers)
        SigV4Auth(CREDENTIALS, "kinesis", REGION).add_auth(request)
        return {name: str(value) for name, value in request.headers.items()}


def _blob(value):
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    raise TypeError(f"{value!r} has no JSON form")
