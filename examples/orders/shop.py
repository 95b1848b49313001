# SPDX-License-Identifier: Apache-2.0
"""What the services share: a client, back-off, files that survive a crash, printing."""

import json
import os
import random
import signal
import sys
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

ORDERS = os.environ.get("ORDERS_STREAM", "orders")
RESERVATIONS = os.environ.get("RESERVATIONS_STREAM", "reservations")
STATE = os.environ.get("ORDERS_STATE", "state")
# Five GetRecords calls a second and shard are allowed, and two groups read the reservations.
POLL_SECONDS = float(os.environ.get("ORDERS_POLL_SECONDS", "0.4"))

TRANSIENT = {
    "InternalFailure",
    "InternalFailureException",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "ServiceUnavailable",
    "ThrottlingException",
}


def kinesis():
    """A client without retries of its own: `call` below does them where everybody can see them."""
    return boto3.client(
        "kinesis",
        region_name=os.environ.get("AWS_REGION", "us-east-1"),
        config=Config(retries={"total_max_attempts": 1}, connect_timeout=3, read_timeout=15),
    )


def back_off(attempt, base=0.1, cap=5.0):
    """Exponential back-off with full jitter: up to base * 2^attempt seconds, at most cap."""
    time.sleep(random.uniform(0, min(cap, base * 2**attempt)))


def call(operation, **arguments):
    """Calls until it works; throttling, server faults and lost connections are retried."""
    attempt = 0
    while True:
        try:
            return operation(**arguments)
        except ClientError as error:
            if error.response["Error"]["Code"] not in TRANSIENT:
                raise
        except (ConnectionError, HTTPClientError):
            pass
        back_off(attempt)
        attempt += 1


def write_atomically(path, value):
    """Replaces a JSON file: after a crash the old or the new content is there, whole."""
    draft = f"{path}.draft"
    with open(draft, "w", encoding="utf-8") as file:
        json.dump(value, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)
    folder = os.open(os.path.dirname(path) or ".", os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read_json(path, default):
    """The content of a file written by `write_atomically`, or `default` before the first write."""
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return default


class Ledger:
    """An append-only file of JSON lines, one per key, folded into `entries` at start.

    Delivery is at-least-once, so a handler asks `key in ledger` first. The line is the effect and
    the memory of it in one write: no crash can come between the two.
    """

    def __init__(self, name, key):
        self._key = key
        self.entries = {}
        path = os.path.join(STATE, name)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        with open(path, "rb") as file:
            content = file.read()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):  # the last write was torn by a crash and never counted
            os.ftruncate(self._file, len(whole))
        for line in whole.splitlines():
            entry = json.loads(line)
            self.entries[entry[key]] = entry

    def __contains__(self, key):
        return key in self.entries

    def __len__(self):
        return len(self.entries)

    def append(self, entry):
        """Keeps the entry for good; returns once it is on disk."""
        os.write(self._file, json.dumps(entry).encode() + b"\n")
        os.fsync(self._file)
        self.entries[entry[self._key]] = entry


class Stop:
    """Turns true on SIGTERM or SIGINT, so that a service ends between two batches."""

    def __init__(self):
        self._asked = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)

    def _ask(self, *_):
        self._asked = True

    def __bool__(self):
        return self._asked


COLOURS = {"orders": 36, "inventory": 33, "e-mail": 35, "demo": 32}


def say(service, text):
    """One short line, coloured by service on a terminal."""
    name = f"{service:<10}"
    if sys.stdout.isatty() and "NO_COLOR" not in os.environ:
        name = f"\033[{COLOURS.get(service, 37)}m{name}\033[0m"
    # One write for the whole line: several processes share this terminal.
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {name} {text}\n")
    sys.stdout.flush()
