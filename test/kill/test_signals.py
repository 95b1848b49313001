# SPDX-License-Identifier: Apache-2.0
"""SIGTERM, once and twice, and SIGSTOP under load: what was begun is answered, what was
acknowledged is there."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import time

import pytest

from crash.campaign import FLAGS, Load, wait_active
from support import http2_frames as h2
from support.fors_server import ForsServer, free_port
from support.raw_kinesis import JSON, TARGET, WELL_FORMED, RawKinesis, request

CONNECTIONS = 64
ROUNDS = 10


@pytest.fixture
def server():
    with ForsServer(*FLAGS, port=free_port()) as started:
        yield started


def connect(server):
    link = socket.create_connection(("127.0.0.1", server.port), timeout=20)
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return link


def answer_of(link):
    """(status, body) of the answer that comes; (0, what came) when it is cut off."""
    came = b""
    with contextlib.suppress(OSError):
        while piece := link.recv(65536):
            came += piece
            head, _, body = came.partition(b"\r\n\r\n")
            length = [
                int(line.split(b":")[1])
                for line in head.lower().split(b"\r\n")
                if line.startswith(b"content-length:")
            ]
            if length and len(body) >= length[0]:
                return int(head.split(b" ", 2)[1]), body
    return 0, came


def make_stream(server, name, shards=1):
    kinesis = RawKinesis(server.endpoint)
    kinesis.call("CreateStream", StreamName=name, ShardCount=shards).ok()
    wait_active(kinesis, name)
    kinesis.close()


def read_numbers(server, stream):
    """Sequence numbers of all records of the first shard."""
    kinesis = RawKinesis(server.endpoint)
    iterator = kinesis.call(
        "GetShardIterator", StreamName=stream, ShardId="shardId-000000000000",
        ShardIteratorType="TRIM_HORIZON",
    ).ok()["ShardIterator"]
    numbers = []
    while True:
        answer = kinesis.call("GetRecords", ShardIterator=iterator).ok()
        numbers += [record["SequenceNumber"] for record in answer["Records"]]
        if not answer["Records"] and answer["MillisBehindLatest"] == 0:
            return numbers
        iterator = answer["NextShardIterator"]


def test_sigterm_under_load_loses_nothing(server, tmp_path):
    with Load(server, tmp_path) as load:
        for _ in range(3):
            load.work()
            server.signal(signal.SIGTERM)
            assert server.wait() == 0
            server.start()
        load.stop()
        load.check().expect_none()


@pytest.mark.parametrize("warm", [True, False], ids=["kept connections", "new connections"])
def test_what_was_sent_before_sigterm_is_answered(server, warm):
    make_stream(server, "answered")
    message = request("PutRecord", StreamName="answered", PartitionKey="k", Data="AAAA")
    told = []
    for _ in range(ROUNDS):
        links = [connect(server) for _ in range(CONNECTIONS)]
        if warm:
            for link in links:
                link.sendall(message)
            told += [json.loads(answer_of(link)[1])["SequenceNumber"] for link in links]
        for link in links:
            link.sendall(message)
        server.signal(signal.SIGTERM)
        for link in links:
            status, body = answer_of(link)
            assert status == 200, (status, body)
            told.append(json.loads(body)["SequenceNumber"])
            link.close()
        assert server.wait() == 0
        server.start()
    assert sorted(read_numbers(server, "answered")) == sorted(told)


def refused(server):
    """Waits until the server takes no more connections."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            connect(server).close()
        except OSError:
            return
    raise AssertionError("still takes connections")


def test_a_request_half_sent_at_sigterm_is_answered(server):
    make_stream(server, "half")
    message = request("PutRecord", StreamName="half", PartitionKey="k", Data="A" * 400_000)
    with connect(server) as link:
        link.sendall(message[:-1000])
        server.signal(signal.SIGTERM)
        refused(server)
        link.sendall(message[-1000:])
        status, body = answer_of(link)
    assert status == 200, (status, body)
    assert server.wait() == 0
    server.start()
    assert read_numbers(server, "half") == [json.loads(body)["SequenceNumber"]]


def test_an_answer_that_flow_control_holds_at_sigterm_is_sent_to_its_end(server):
    make_stream(server, "held")
    kinesis = RawKinesis(server.endpoint)
    data = "A" * 400_000  # more than an HTTP/2 client lets out unasked
    kinesis.call("PutRecord", StreamName="held", PartitionKey="k", Data=data).ok()
    iterator = kinesis.call(
        "GetShardIterator", StreamName="held", ShardId="shardId-000000000000",
        ShardIteratorType="TRIM_HORIZON",
    ).ok()["ShardIterator"]
    kinesis.close()
    headers = {
        "content-type": JSON, "x-amz-target": TARGET + "GetRecords",
        "x-amz-date": "20260101T000000Z", "authorization": WELL_FORMED,
    }
    head = h2.request(1, h2.head("POST", "/", **headers), h2.END_HEADERS)
    body = h2.frame(h2.DATA, h2.END_STREAM, 1, json.dumps({"ShardIterator": iterator}).encode())
    with connect(server) as link:
        link.sendall(h2.PREFACE + h2.frame(h2.SETTINGS) + head + body)
        came = h2_body(link, lambda body, ended: len(body) == 65535)
        server.signal(signal.SIGTERM)
        refused(server)
        with pytest.raises(subprocess.TimeoutExpired):
            server.wait(1)
        for stream in (0, 1):
            link.sendall(h2.frame(h2.WINDOW_UPDATE, 0, stream, (1 << 24).to_bytes(4, "big")))
        came += h2_body(link, lambda body, ended: ended)
    assert [record["Data"] for record in json.loads(came)["Records"]] == [data]
    assert server.wait() == 0


def h2_body(link, enough):
    """The data that comes on the connection, until enough(what came, whether that is all)."""
    said, body, ended = b"", b"", False
    while not enough(body, ended):
        piece = link.recv(1 << 16)
        assert piece, f"cut off after {len(body)} bytes"
        said += piece
        for kind, flags, _, payload in h2.frames_of(said):
            said = said[9 + len(payload) :]
            if kind == h2.DATA:
                body += payload
                ended = bool(flags & h2.END_STREAM)
    return body


def test_a_subscription_ends_in_order_at_sigterm(server):
    make_stream(server, "heard")
    kinesis = RawKinesis(server.endpoint)
    arn = wait_active(kinesis, "heard")["StreamARN"]
    consumer = kinesis.call("RegisterStreamConsumer", StreamARN=arn, ConsumerName="c").ok()
    kinesis.close()
    with connect(server) as link:
        link.sendall(
            request(
                "SubscribeToShard", ConsumerARN=consumer["Consumer"]["ConsumerARN"],
                ShardId="shardId-000000000000", StartingPosition={"Type": "LATEST"},
            )
        )
        came = link.recv(65536)
        server.signal(signal.SIGTERM)
        while piece := link.recv(65536):
            came += piece
    assert came.startswith(b"HTTP/1.1 200") and came.endswith(b"0\r\n\r\n")
    assert server.wait() == 0


def test_a_second_sigterm_ends_at_once_and_loses_nothing(server, tmp_path):
    with Load(server, tmp_path) as load, connect(server) as slow:
        load.work()
        slow.sendall(request("PutRecord", StreamName="plain", PartitionKey="k", Data="AAAA")[:-1])
        server.signal(signal.SIGTERM)
        refused(server)
        with pytest.raises(subprocess.TimeoutExpired):
            server.wait(0.5)  # the slow client may still end its request
        server.signal(signal.SIGTERM)
        assert server.wait(5) == 130
        server.start()
        load.work()
        load.stop()
        load.check().expect_none()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_long_start_at_once(server, tmp_path, number):
    server.stop()
    fifo = tmp_path / "key"  # the start goes no further than to reading it
    os.mkfifo(fifo)
    server.launch("--root-key-file", str(fifo))
    with open(fifo, "w"):  # once the server has opened it
        server.signal(number)
        assert server.wait(20) == 0
    server.start()


def test_a_pause_costs_time_alone(server, tmp_path):
    """Clients that give up on a stopped server do not know what became of their requests."""
    with Load(server, tmp_path, timeout=0.5) as load:
        for _ in range(2):
            load.work()
            server.signal(signal.SIGSTOP)
            hasty = RawKinesis(server.endpoint, timeout=1.0)
            with pytest.raises(TimeoutError):
                hasty.call("ListStreams")
            server.signal(signal.SIGCONT)
        load.work()
        load.stop()
        report = load.check()
    report.expect_none()
    assert report.totals["cut off"] > 0
