# SPDX-License-Identifier: Apache-2.0
"""The order demo while its services and the server are killed: exactly once in effect."""

import base64
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import defaultdict

import boto3
import pytest

ORDERS_FOLDER = os.path.join(os.path.dirname(__file__), "..", "..", "examples", "orders")
COUNT = 300
MALFORMED_PERCENT = 6
KILLS_EACH = 4
SECONDS_MAX = 120


class Service:
    """One of the demo's programs as a process that can be killed and started again."""

    def __init__(self, name, environment, log, *arguments):
        self._command = [sys.executable, os.path.join(ORDERS_FOLDER, f"{name}.py"), *arguments]
        self._environment, self._log, self.name = environment, log, name
        self.kills = 0
        self.start()

    def start(self):
        self._process = subprocess.Popen(
            self._command, env=self._environment, stdout=self._log, stderr=self._log
        )

    def kill_and_restart(self):
        assert self._process.poll() is None, f"{self.name} ended by itself"
        self._process.kill()
        self._process.wait()
        self.kills += 1
        self.start()

    def stop(self):
        self._process.terminate()
        try:
            return self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()


def ledger(state, name):
    """All entries of a ledger; a torn last line does not count."""
    path = state / name
    if not path.exists():
        return []
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.endswith("\n")]


def finished(state):
    decided = len(ledger(state, "inventory.ledger.jsonl"))
    dead = len(ledger(state, "inventory.dead-letters.jsonl"))
    told = [len(ledger(state, f"{n}.jsonl")) for n in ("e-mail.ledger", "orders.outcomes")]
    return decided + dead >= COUNT and min(told) >= decided


def numbers_by_user(entries):
    by_user = defaultdict(list)
    for entry in entries:
        by_user[entry["user"]].append(entry["order"])
    return by_user


@pytest.fixture
def shop(fors, tmp_path):
    """Two fresh streams, a state folder, and the environment of the services."""
    client = boto3.client(
        "kinesis",
        endpoint_url=fors.endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    name = f"{random.randrange(1 << 32):08x}"
    streams = [f"orders-{name}", f"reservations-{name}"]
    for stream in streams:
        client.create_stream(StreamName=stream, ShardCount=2)
    for stream in streams:
        waiter = client.get_waiter("stream_exists")
        waiter.wait(StreamName=stream, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    environment = {
        **os.environ,
        "AWS_ENDPOINT_URL": fors.endpoint,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "ORDERS_STREAM": streams[0],
        "RESERVATIONS_STREAM": streams[1],
        "ORDERS_STATE": str(tmp_path),
        "ORDERS_POLL_SECONDS": "0.2",
    }
    yield fors, tmp_path, environment
    for stream in streams:
        client.delete_stream(StreamName=stream)


def disturb(server, services, state):
    """Kills the services one by one at random moments, and the server once in between."""
    seed = int(os.environ.get("FORS_SEED", random.randrange(1 << 32)))
    print(f"seed {seed}")
    dice = random.Random(seed)
    order = services * KILLS_EACH
    dice.shuffle(order)
    for turn, victim in enumerate(order):
        time.sleep(dice.uniform(0.2, 1.5))
        victim.kill_and_restart()
        if turn == len(order) // 2:
            server.kill9()
            server.restart()
    give_up = time.monotonic() + SECONDS_MAX
    while not finished(state):
        assert time.monotonic() < give_up, "the services did not finish"
        time.sleep(0.2)


def test_every_order_once_although_everybody_is_killed(shop):
    server, state, environment = shop
    with open(state / "services.log", "w", encoding="utf-8") as log:
        arguments = (f"--orders={COUNT}", f"--malformed={MALFORMED_PERCENT}")
        services = [
            Service("inventory_service", environment, log),
            Service("email_service", environment, log),
            Service("order_service", environment, log, *arguments),
        ]
        try:
            disturb(server, services, state)
            time.sleep(1)  # for late duplicates to do their harm
        except BaseException:
            print((state / "services.log").read_text()[-4000:])
            raise
        finally:
            codes = [service.stop() for service in services]
    assert set(codes) <= {0, -signal.SIGTERM}, (state / "services.log").read_text()[-4000:]
    check_outcome(state)


def check_outcome(state):
    placed = ledger(state, "orders.outbox.jsonl")
    assert [order["number"] for order in placed] == list(range(COUNT))
    good = [json.loads(order["body"]) for order in placed if not order["malformed"]]
    malformed = [order["body"] for order in placed if order["malformed"]]
    assert malformed, "the test needs some malformed orders"

    decided = ledger(state, "inventory.ledger.jsonl")
    mailed = ledger(state, "e-mail.ledger.jsonl")
    outcomes = ledger(state, "orders.outcomes.jsonl")
    expected = sorted(order["id"] for order in good)
    for entries in (decided, mailed, outcomes):
        assert sorted(entry["order"] for entry in entries) == expected  # each once, none else

    letters = ledger(state, "inventory.dead-letters.jsonl")
    assert sorted(base64.b64decode(x["data"]).decode() for x in letters) == sorted(malformed)

    placed_by_user = numbers_by_user({"user": o["user"], "order": o["id"]} for o in good)
    for entries in (decided, mailed, outcomes):
        assert numbers_by_user(entries) == placed_by_user  # the order of each user is kept

    reserved = {entry["order"] for entry in decided if entry["reserved"]}
    assert {entry["order"] for entry in outcomes if entry["outcome"] == "confirmed"} == reserved
    assert {entry["order"] for entry in mailed if "on its way" in entry["subject"]} == reserved
