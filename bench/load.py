# SPDX-License-Identifier: Apache-2.0
"""Signed requests made beforehand, and wrk to send them."""

import base64
import json
import os
import re
import subprocess
from pathlib import Path

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

HERE = Path(__file__).resolve().parent
KEYS = 997  # partition keys; a prime, so that requests and keys do not walk in step


def head_and_body(endpoint, operation, body, credentials):
    """The headers that carry a signature, and the body, as wrk needs them."""
    request = AWSRequest(
        "POST",
        endpoint + "/",
        data=body.encode(),
        headers={
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"Kinesis_20131202.{operation}",
        },
    )
    SigV4Auth(Credentials(*credentials), "kinesis", "us-east-1").add_auth(request)
    return dict(request.headers.items()), body


def write_requests(path, endpoint, operation, bodies, credentials):
    """A Lua table of requests for replay.lua."""
    with open(path, "w", encoding="utf-8") as file:
        file.write("return {\n")
        for body in bodies:
            headers, text = head_and_body(endpoint, operation, body, credentials)
            lua = ", ".join(f"[{json.dumps(k)}]={json.dumps(v)}" for k, v in headers.items())
            file.write(f"{{headers={{{lua}}}, body=[==[{text}]==]}},\n")
        file.write("}\n")


def put_record(stream, size, count=512):
    """Bodies of PutRecord."""
    return [
        json.dumps(
            {
                "StreamName": stream,
                "PartitionKey": f"key-{n % KEYS}",
                "Data": base64.b64encode(os.urandom(size)).decode(),
            }
        )
        for n in range(count)
    ]


def put_records(stream, size, entries=500, count=24):
    """Bodies of PutRecords."""
    return [
        json.dumps(
            {
                "StreamName": stream,
                "Records": [
                    {
                        "PartitionKey": f"key-{(n * entries + e) % KEYS}",
                        "Data": base64.b64encode(os.urandom(size)).decode(),
                    }
                    for e in range(entries)
                ],
            }
        )
        for n in range(count)
    ]


def wrk(endpoint, requests, connections, seconds, core=1):
    """Runs wrk pinned to a core; requests/s, p50 and p99 in ms, answers that were not 2xx."""
    out = subprocess.run(
        [
            "taskset",
            "-c",
            str(core),
            "wrk",
            "-t1",
            f"-c{connections}",
            f"-d{seconds}s",
            "--latency",
            "--timeout",
            "10s",
            "-s",
            str(HERE / "replay.lua"),
            endpoint + "/",
            "--",
            str(requests),
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    units = {"us": 1e-3, "ms": 1.0, "s": 1e3}

    def percentile(name):
        value, unit = re.search(rf"{name}%\s+([\d.]+)(us|ms|s)", out).groups()
        return float(value) * units[unit]

    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    return {
        "rate": float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1)),
        "p50": percentile(50),
        "p99": percentile(99),
        "bad": int(bad.group(1)) if bad else 0,
        "requests": int(re.search(r"(\d+) requests in", out).group(1)),
    }
