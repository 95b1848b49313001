# SPDX-License-Identifier: Apache-2.0
"""No descriptors, no memory: the server refuses or dies, but keeps what it has acknowledged."""

import contextlib
import os
import resource
import signal
import socket
import time
from pathlib import Path

import pytest

from crash.campaign import FLAGS, Load, wait_active
from crash.client import CUT_OFF
from support.fors_server import ForsServer, free_port
from support.raw_kinesis import JSON, TARGET, RawKinesis

DESCRIPTORS = 300
ADDRESS_SPACE_MIB = 400
BODY_BYTES = 7 << 20  # of requests that never end
SECONDS_MAX = 120


@pytest.fixture
def server():
    with ForsServer(*FLAGS, port=free_port()) as made:
        yield made


def wait_for(what, condition):
    """Returns what the condition gives once it is true."""
    deadline = time.monotonic() + SECONDS_MAX
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError(f"never {what}")


def connect(server):
    return socket.create_connection(("127.0.0.1", server.port), timeout=5)


def answers(server):
    """Whether a new client gets an answer."""
    try:
        return RawKinesis(server.endpoint, timeout=1).call("ListStreams").status == 200
    except CUT_OFF:
        return False


def refuses(kinesis, put):
    """Whether a batch is not stored."""
    answer = kinesis.call("PutRecords", **put)
    return answer.status != 200 or answer.json["FailedRecordCount"] > 0


def told(server):
    """Whether the server has said what it lacks."""
    return "Too many open files" in server.log_tail()


def failures_of(load):
    """Batches that the journal could not write."""
    return load.figures()["fors_journal_failures_total"]


def test_a_crowd_of_clients_is_refused_and_harms_nobody(server, tmp_path):
    server.stop()
    server.wrapper = ["prlimit", f"--nofile={DESCRIPTORS}"]
    server.start("--reactors", "1")
    said = f"at most {DESCRIPTORS // 2} connections at once for each reactor"
    assert f"{said}: the system allows {DESCRIPTORS} open files" in server.log_tail()
    with Load(server, tmp_path) as load, contextlib.ExitStack() as crowd:
        load.work()
        for _ in range(2 * DESCRIPTORS):
            crowd.enter_context(connect(server))
        wait_for("refused", lambda: not answers(server))
        # Those who were here before go on; none of them has failed.
        load.work(5000)
        assert "cannot" not in server.log_tail()
        crowd.close()
        wait_for("answered", lambda: answers(server))
        assert failures_of(load) == 0
        load.stop()
        load.check().expect_none()


def test_many_reactors_have_descriptors_of_their_own(server):
    server.stop()
    # Less than the reactors need; the limit is raised before they are made.
    server.wrapper = ["prlimit", "--nofile=64:6000"]
    server.start("--reactors", "30")
    said = "at most 100 connections at once for each reactor: the system allows 6000 open files"
    assert said in server.log_tail()



def test_without_descriptors_puts_fail_and_nothing_is_lost(server, tmp_path):
    with Load(server, tmp_path) as load:
        load.work()
        before = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
        with contextlib.closing(RawKinesis(server.endpoint, signed=False)) as writer:
            writer.call("CreateStream", StreamName="big", ShardCount=1).ok()
            wait_active(writer, "big")
            record = {"Data": bytes(1_000_000), "PartitionKey": "k"}
            put = {"StreamName": "big", "Records": [record] * 8}
            assert not refuses(writer, put)
            resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (3, before[1]))
            # No further segment or chunk can be opened; what is open takes more until then.
            wait_for("refused puts", lambda: refuses(writer, put) and told(server))
        assert not answers(server)
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, before)
        wait_for("answered", lambda: answers(server))
        load.work(5000)
        load.stop()
        server.kill9()
        server.start()
        load.check().expect_none()


def test_out_of_memory_it_dies_and_nothing_is_lost(server, tmp_path):
    server.stop()
    server.wrapper = ["prlimit", f"--as={ADDRESS_SPACE_MIB << 20}"]
    server.start()
    with Load(server, tmp_path) as load, contextlib.ExitStack() as crowd:
        load.work()
        head = (
            f"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {JSON}\r\n"
            f"X-Amz-Target: {TARGET}PutRecords\r\nContent-Length: {BODY_BYTES}\r\n\r\n"
        )
        with contextlib.suppress(OSError):  # until it dies
            for _ in range(2 * (ADDRESS_SPACE_MIB << 20) // BODY_BYTES):
                link = crowd.enter_context(connect(server))
                link.sendall(head.encode() + bytes(BODY_BYTES - 1))
        code = server.wait()
        print(code, server.log_tail())
        assert code in (-signal.SIGABRT, -signal.SIGKILL), server.log_tail()
        server.wrapper = []
        server.start()
        load.work()
        load.stop()
        load.check().expect_none()
