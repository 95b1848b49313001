# SPDX-License-Identifier: Apache-2.0
"""Connections to the server under test, and streams that go away with their test file."""

import itertools
import time

import pytest

from support.raw_kinesis import RawKinesis

NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def raw(fors_unlimited):
    """Signed raw calls to a server without throughput limits."""
    connection = RawKinesis(fors_unlimited.endpoint)
    yield connection
    connection.close()


def wait_active(kinesis, name):
    """The stream's summary once it is ACTIVE."""
    for _ in range(300):
        answer = kinesis.call("DescribeStreamSummary", StreamName=name).ok()
        if answer["StreamDescriptionSummary"]["StreamStatus"] == "ACTIVE":
            return answer["StreamDescriptionSummary"]
        time.sleep(0.1)
    pytest.fail(f"{name} did not become ACTIVE")


def wait_gone(kinesis, name):
    """Returns once the stream is unknown."""
    for _ in range(300):
        if kinesis.call("DescribeStreamSummary", StreamName=name).status == 400:
            return
        time.sleep(0.1)
    pytest.fail(f"{name} did not go away")


def stream_maker(kinesis):
    """A function that creates an ACTIVE stream and gives its name; a list of what it created."""
    created = []

    def make(shards=1, **members):
        name = f"conformance-{next(NUMBERS)}"
        if "StreamModeDetails" not in members:
            members["ShardCount"] = shards
        kinesis.call("CreateStream", StreamName=name, **members).ok()
        created.append(name)
        wait_active(kinesis, name)
        return name

    return make, created


@pytest.fixture(scope="module")
def streams(raw):
    """Creates an ACTIVE stream and gives its name: streams(shards=1, **members of CreateStream)."""
    make, created = stream_maker(raw)
    yield make
    for name in created:
        raw.call("DeleteStream", StreamName=name)
