# SPDX-License-Identifier: Apache-2.0
"""Verifying a data directory with the binary, offline and through a running server."""

import json
import os
import re
import subprocess
import time
import urllib.error
import urllib.request

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from support.clients import kinesis_client
from support.fors_server import BINARY, REGION, VERIFIED_CREDENTIALS, ForsServer, free_port

SECONDS_MAX = 120
STREAM = "checked"


def fors_command(*arguments, **environment):
    """The finished process; output as text."""
    return subprocess.run(
        [BINARY, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        env={**os.environ, **environment},
    )


def fill(server, records=60):
    """More than a cache of 16 MiB keeps back from chunks."""
    kinesis = kinesis_client(server)
    kinesis.create_stream(StreamName=STREAM, ShardCount=2)
    for number in range(records):
        entries = [
            {"Data": bytes([65 + number % 26]) * 100_000, "PartitionKey": f"{number}-{each}"}
            for each in range(4)
        ]
        kinesis.put_records(StreamName=STREAM, Records=entries)


@pytest.fixture(scope="module")
def killed():
    """A server's data directory after the sudden death."""
    with ForsServer("--limits", "none", "--cache-mib", "16", port=free_port()) as server:
        fill(server)
        server.kill9()
        yield server.data


def files_and_content(folder):
    """Everything below a folder."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_killed_server_leaves_nothing_damaged(killed):
    before = files_and_content(killed)
    done = fors_command("journal", "verify", killed)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "no damage found" in done.stdout
    assert " 0 chunks" not in done.stdout
    assert files_and_content(killed) == before


@pytest.mark.parametrize("kind", ["journal/*.segment", "chunks/*.chunk"])
def test_damage_is_named_with_file_and_offset(killed, kind):
    path = next(path for path in sorted(killed.glob(kind)) if b"A" * 50_000 in path.read_bytes())
    content = path.read_bytes()
    place = content.index(b"A" * 50_000) + 20_000
    path.write_bytes(content[:place] + b"a" + content[place + 1 :])
    done = fors_command("journal", "verify", killed)
    path.write_bytes(content)
    assert done.returncode == 1, done.stdout
    damage, *_, last = done.stdout.splitlines()
    assert damage.startswith(f"DAMAGED  {path.parent.name}/{path.name} at offset ")
    assert 0 < int(damage.split("offset ")[1].split(":")[0]) <= place
    assert last.endswith("1 damage found")


def test_what_cannot_be_verified(killed, tmp_path):
    done = fors_command("journal", "verify", tmp_path)
    assert done.returncode == 2
    assert "no data directory of fors" in done.stderr
    assert not list(tmp_path.iterdir())
    assert fors_command("journal", "verify", tmp_path / "none").returncode == 2
    with ForsServer(data=killed, port=free_port()) as server:
        done = fors_command("journal", "verify", killed)
        assert done.returncode == 2
        assert f"is in use by another fors (process {server.pid})" in done.stderr


def ask(server, method="POST", body=b"{}", credentials=None, **headers):
    """The answer of the page, as (status, JSON); signed when there are credentials."""
    url = f"{server.endpoint}/_fors/verify"
    request = AWSRequest(method, url, headers=headers, data=body)
    if credentials:
        SigV4Auth(Credentials(*credentials), "fors", REGION).add_auth(request)
    sent = urllib.request.Request(url, body, dict(request.headers), method=method)
    try:
        with urllib.request.urlopen(sent, timeout=SECONDS_MAX) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"{}")


def verify_online(server, *more):
    return fors_command("verify", *more, **server.client_environment())


def verify_figures(server):
    """The metrics fors_verify_damages and fors_verify_ended_seconds."""
    with urllib.request.urlopen(f"{server.endpoint}/_fors/metrics") as metrics:
        found = re.findall(r"(?m)^fors_verify_(\w+) (\S+)$", metrics.read().decode())
    return {name: float(value) for name, value in found}


def test_a_running_server_verifies_its_files():
    with ForsServer("--limits", "none", "--cache-mib", "16", port=free_port()) as server:
        assert ask(server, "GET", None)[1] == {"state": "none"}
        fill(server)
        done = verify_online(server)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "no damage found" in done.stdout
        status = ask(server, "GET", None)[1]
        assert status["state"] == "done" and status["findings"] == []
        assert status["figures"]["chunks"] > 0 and status["figures"]["records"] >= 240
        # A flipped bit in a block that nobody reads comes out.
        path = next(iter(sorted((server.data / "chunks").glob("*.chunk"))))
        with open(path, "r+b") as file:
            file.seek(50_000)
            byte = file.read(1)
            file.seek(50_000)
            file.write(bytes([byte[0] ^ 4]))
        done = verify_online(server, "--mib-per-second", "2000")
        assert done.returncode == 1
        assert done.stdout.startswith(f"DAMAGED  chunks/{path.name} at offset ")
        assert "1 damage found" in done.stdout
        assert f"verified, damaged: chunks/{path.name}" in server.log_tail()
        # It stays so until another verification has come to its end.
        figures = verify_figures(server)
        assert figures["damages"] == 1 and figures["ended_seconds"] > 0
        assert ask(server, body=b'{"mib_per_second": 1}')[1]["state"] == "running"
        assert verify_figures(server) == figures
        ask(server, "DELETE", None)
        deadline = time.monotonic() + SECONDS_MAX
        while (state := ask(server, "GET", None)[1]["state"]) == "running":
            assert time.monotonic() < deadline
        assert (state, verify_figures(server)) == ("failed", figures)


def test_a_verification_is_slow_when_told_and_can_be_stopped():
    with ForsServer("--limits", "none", "--cache-mib", "16", port=free_port()) as server:
        fill(server)
        status, said = ask(server, body=b'{"mib_per_second": 1}')
        assert (status, said["state"]) == (200, "running")
        assert said["bytes_total"] > 10_000_000
        assert ask(server)[1]["started_ms"] == said["started_ms"]  # joins the one that runs
        fill_again = kinesis_client(server).put_record  # serving goes on
        fill_again(StreamName=STREAM, Data=b"x", PartitionKey="x")
        assert verify_online(server, "--stop").returncode == 0
        done = verify_online(server, "--mib-per-second", "2000")
        # It joins what is stopping, or starts anew.
        assert done.returncode == 0 or "not verified: stopped" in done.stderr, done.stderr


def test_who_may_ask(fors_verified, fors):
    assert ask(fors)[0] == 200
    assert ask(fors, Origin="http://example.com")[0] == 403
    status, said = ask(fors, body=b'{"unknown": 1}')
    assert (status, said["__type"]) == (400, "SerializationException")
    assert ask(fors, body=b'{"mib_per_second": 0}')[0] == 400
    assert ask(fors, "PUT")[0] == 405
    for method, body in (("POST", b"{}"), ("GET", None), ("DELETE", None)):
        status, said = ask(fors_verified, method, body)
        assert (status, said["__type"]) == (403, "MissingAuthenticationTokenException")
    status, said = ask(fors_verified, credentials=(VERIFIED_CREDENTIALS[0], "wrong"))
    assert (status, said["__type"]) == (403, "InvalidSignatureException")
    status, said = ask(fors_verified, credentials=("AKIASOMEBODYELSE0000", "secret"))
    assert (status, said["__type"]) == (403, "UnrecognizedClientException")
    assert ask(fors_verified, credentials=VERIFIED_CREDENTIALS)[0] == 200
    done = verify_online(fors_verified)
    assert (done.returncode, done.stderr) == (0, "")
    refused = fors_command(
        "verify", **{**fors_verified.client_environment(), "AWS_SECRET_ACCESS_KEY": "wrong"}
    )
    assert refused.returncode == 2
    assert "InvalidSignatureException" in refused.stderr
