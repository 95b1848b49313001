# SPDX-License-Identifier: Apache-2.0
"""Signed requests made beforehand, and wrk to send them."""

import base64
import json
import os
import re
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

HERE = Path(__file__).resolve().parent
JSON, CBOR = "application/x-amz-json-1.1", "application/x-amz-cbor-1.1"
KEYS = 997  # partition keys; a prime, so that requests and keys do not walk in step
LOAD_CORE = 1  # the server has core 0


def request(endpoint, operation, body, credentials, content_type=JSON):
    """The bytes of a signed request; `body` is bytes, or what becomes JSON."""
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    headers = {"Content-Type": content_type, "X-Amz-Target": f"Kinesis_20131202.{operation}"}
    signed = AWSRequest("POST", endpoint + "/", data=body, headers=headers)
    SigV4Auth(Credentials(*credentials), "kinesis", "us-east-1").add_auth(signed)
    lines = [f"{name}: {value}\r\n" for name, value in signed.headers.items()]
    host = f"Host: {urlsplit(endpoint).netloc}\r\nContent-Length: {len(body)}\r\n"
    return f"POST / HTTP/1.1\r\n{host}{''.join(lines)}\r\n".encode() + body


def write_requests(path, requests):
    """A file for replay.lua: each request behind a line with its length."""
    with open(path, "wb") as file:
        for each in requests:
            file.write(b"%d\n%s" % (len(each), each))


def put_record(stream, size, count=512):
    """Bodies of PutRecord."""
    return [
        {
            "StreamName": stream,
            "PartitionKey": f"key-{n % KEYS}",
            "Data": base64.b64encode(os.urandom(size)).decode(),
        }
        for n in range(count)
    ]


def entries_of(size, entries, count, keys):
    """The entries of so many PutRecords, data as bytes."""
    return [
        [
            {"PartitionKey": f"key-{(n * entries + e) % keys}", "Data": os.urandom(size)}
            for e in range(entries)
        ]
        for n in range(count)
    ]


def put_records(stream, size, entries=500, count=24, keys=KEYS):
    """Bodies of PutRecords."""
    return [
        {
            "StreamName": stream,
            "Records": [{**e, "Data": base64.b64encode(e["Data"]).decode()} for e in each],
        }
        for each in entries_of(size, entries, count, keys)
    ]


def wrk(endpoint, requests, connections, seconds, core=LOAD_CORE):
    """Runs wrk pinned to a core; requests/s, p50 and p99 in ms, answers that were not 2xx."""
    command = ["taskset", "-c", str(core), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s"]
    command += ["--latency", "--timeout", "10s", "-s", str(HERE / "replay.lua")]
    out = subprocess.run(
        [*command, endpoint + "/", "--", str(requests)], capture_output=True, text=True, check=True
    ).stdout
    units = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}

    def percentile(name):
        value, unit = re.search(rf"{name}%\s+([\d.]+)(us|ms|s|m)", out).groups()
        return float(value) * units[unit]

    def count(pattern):
        found = re.search(pattern, out)
        return sum(map(int, found.groups())) if found else 0

    return {
        "rate": float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1)),
        "p50": percentile(50),
        "p99": percentile(99),
        "bad": count(r"Non-2xx or 3xx responses: (\d+)")
        + count(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)"),
        "requests": count(r"(\d+) requests in"),
    }
