# SPDX-License-Identifier: Apache-2.0
"""Nothing that the server says or writes holds a secret: output, pages, answers, dumps, files."""

import base64
import hashlib
import http.client
import os
import subprocess
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from support.fors_server import BINARY, REGION, VERIFIED_CREDENTIALS, ForsServer
from support.raw_kinesis import JSON, TARGET
from support.wire import connect, read_to_end

KEY, SECRET = VERIFIED_CREDENTIALS
WRONG_SECRET = "another-secret-that-is-wrong-but-still-nobody-elses-business"
ROOT_KEY = os.urandom(32)
STREAM = '{"StreamName": "kept", "ShardCount": 1}'
PAGES = ("/_fors/health", "/_fors/metrics")


class QueryAuth(SigV4QueryAuth):
    """The query form with a body, which botocore's own would move into the query."""

    def __init__(self, body, credentials):
        super().__init__(credentials, "kinesis", REGION)
        self.hash = hashlib.sha256(body.encode()).hexdigest()

    def payload(self, request):
        return self.hash


class Caller:
    """Signs, sends, and keeps all signatures made and all answers."""

    def __init__(self, server):
        self.server, self.signatures, self.answers = server, set(), []

    def send(self, headers, path="/", body="{}", method="POST"):
        where = urlsplit(self.server.endpoint)
        connection = http.client.HTTPConnection(where.hostname, where.port, timeout=20)
        connection.request(method, path, body=body, headers=headers)
        reply = connection.getresponse()
        text = str(reply.getheaders()).encode() + reply.read()
        connection.close()
        self.answers.append(text)
        return reply.status, text

    def call(self, operation, body, secret=SECRET, presigned=False, break_it=False):
        """Status and text of a call in the header form or the query form."""
        target = {"Content-Type": JSON, "X-Amz-Target": operation}
        data, credentials = "" if presigned else body, Credentials(KEY, secret)
        request = AWSRequest("POST", self.server.endpoint + "/", data=data, headers=target)
        header_form = SigV4Auth(credentials, "kinesis", REGION)
        (QueryAuth(body, credentials) if presigned else header_form).add_auth(request)
        where = urlsplit(request.url)
        headers = {name: str(value) for name, value in request.headers.items()}
        if presigned:
            self.signatures.add(parse_qs(where.query)["X-Amz-Signature"][0])
        else:
            self.signatures.add(headers["Authorization"].rsplit("Signature=")[1])
        path = (where.path or "/") + ("?" + where.query if where.query else "")
        return self.send(headers, path, body + (" " if break_it else ""))


def forms_of(secret):
    """A secret as text, and in the codings in which it might slip out."""
    raw = secret if isinstance(secret, bytes) else secret.encode()
    forms = {raw, raw.hex().encode(), raw.hex().upper().encode(), base64.b64encode(raw)}
    forms |= {base64.urlsafe_b64encode(raw), quote(raw, safe="").encode()}
    return {form.rstrip(b"=") for form in forms}


@pytest.fixture(scope="module")
def told():
    """All that was said and written while it lived: {where: bytes}; and the signatures."""
    given = {"FORS_ROOT_KEY": base64.b64encode(ROOT_KEY).decode()}
    said = {}
    with ForsServer(credentials=VERIFIED_CREDENTIALS, env=given) as server:
        caller = Caller(server)
        good, bad = "ListStreams", "NoSuchOperation"
        assert caller.call(TARGET + "CreateStream", STREAM)[0] == 200
        for presigned in (False, True):
            assert caller.call(TARGET + good, "{}", presigned=presigned)[0] == 200
            for options in ({"secret": WRONG_SECRET}, {"break_it": True}):
                status, text = caller.call(TARGET + good, "{}", presigned=presigned, **options)
                assert status == 400 and b"InvalidSignature" in text
            assert caller.call(TARGET + bad, "{}", presigned=presigned)[0] == 400
            assert caller.call(TARGET + good, "nonsense", presigned=presigned)[0] == 400
        assert caller.call("TrentService.CreateKey", "{}")[0] == 200
        # Credentials where they don't belong: in heads that are refused, and over TLS to a plain
        # parser and the other way round.
        stray = f"AWS4-HMAC-SHA256 Credential={KEY}, Secret={SECRET}"
        for text in (f"GET /{SECRET} HTTP/9.9\r\n\r\n", f"\x16\x03\x01\x00\x50{SECRET}" * 5,
                     f"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n{SECRET}" + "x" * 100):
            with connect(server.port) as sock:
                sock.sendall(text.encode("latin-1"))
                said[f"refusal of {text[:8]!r}"] = read_to_end(sock)
        for page in PAGES:
            said[page] = caller.send({"Authorization": stray}, page, "", "GET")[1]
            assert said[page]
        assert server.stop() == 0
        said["output"] = server.log.read_bytes()
        dump = [str(BINARY), "journal", "dump", "--records"]
        for file in server.data.rglob("*"):
            if file.is_file():
                said[f"data/{file.name}"] = file.read_bytes()
            if file.suffix in (".segment", ".chunk"):
                dumped = subprocess.run([*dump, str(file)], capture_output=True, check=True)
                said[f"dump of {file.name}"] = dumped.stdout + dumped.stderr
        assert any(where.startswith("dump") and text for where, text in said.items())
        said["answers"] = b"\n".join(caller.answers)
        yield said, caller.signatures


@pytest.mark.parametrize("name", ["secret", "root key"])
def test_no_secret_is_told(told, name):
    said, _ = told
    for secret in forms_of({"secret": SECRET, "root key": ROOT_KEY}[name]):
        for where, text in said.items():
            assert secret not in text, f"{where} tells the {name}"


def test_no_signature_is_told(told):
    said, signatures = told
    assert len(signatures) >= 10
    for signature in signatures:
        for where, text in said.items():
            assert signature.encode() not in text, f"{where} tells a signature"


def test_a_file_with_the_root_key_is_its_owners_alone(tmp_path):
    """Without a root key given, one is made: readable by nobody else, and told by no page."""
    with ForsServer(data=tmp_path / "data") as server:
        file = tmp_path / "data" / "root.key"
        assert file.stat().st_mode & 0o077 == 0
        key = file.read_bytes().strip()
        caller = Caller(server)
        for page in PAGES:
            caller.send({}, page, "", "GET")
        assert server.stop() == 0
        for secret in forms_of(key) | forms_of(base64.b64decode(key)):
            assert secret not in server.log.read_bytes() + b"".join(caller.answers)
