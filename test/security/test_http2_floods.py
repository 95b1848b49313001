# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 clients that make work and bring none: each is cut off, others are served meanwhile."""

import base64
import threading
import time
from pathlib import Path

import pytest

from support import http2_frames as h2
from support.fors_server import ForsServer
from support.raw_kinesis import JSON, TARGET, WELL_FORMED, RawKinesis
from support.wire import connect, health

PIECES_MAX = 5000  # of a flood; each is many frames
FRAMES = 50  # of a piece
MIB = 1 << 20


def resident(server, key="VmRSS"):
    """Bytes of memory that the server holds (VmHWM: has held at most)."""
    for line in Path(f"/proc/{server.pid}/status").read_text().splitlines():
        if line.startswith(key):
            return int(line.split()[1]) << 10
    raise AssertionError(f"no {key}")


class Client:
    """A connection whose answers are read all the time."""

    def __init__(self, port, opening=b""):
        self.sock = connect(port)
        self.said, self.over = b"", threading.Event()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        self.sock.sendall(h2.PREFACE + h2.frame(h2.SETTINGS) + opening)

    def _read(self):
        self.sock.settimeout(None)
        try:
            while piece := self.sock.recv(1 << 16):
                self.said += piece
        except OSError:
            pass
        self.over.set()

    def send(self, piece):
        """Whether the connection still takes it."""
        try:
            self.sock.sendall(piece)
        except OSError:
            return False
        return not self.over.is_set()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()


def flood(server, make_piece, opening=b""):
    """Sends pieces until the server ends the connection; what it said. Others are served."""
    with Client(server.port, opening) as client:
        for number in range(PIECES_MAX):
            if not client.send(make_piece(number)):
                break
            if number % 50 == 0:
                assert health(server.port)
        assert client.over.wait(10), f"not cut off after {PIECES_MAX} pieces"
        assert health(server.port)
        return client.said


def reset_piece(code):
    def piece(number):
        streams = range(1 + 2 * FRAMES * number, 1 + 2 * FRAMES * (number + 1), 2)
        return b"".join(h2.request(s) + h2.reset(s, code) for s in streams)

    return piece


def half_open(number, stream_count=FRAMES):
    streams = range(1 + 2 * stream_count * number, 1 + 2 * stream_count * (number + 1), 2)
    return b"".join(h2.request(s, flags=h2.END_HEADERS) for s in streams)


def over_and_over(one):
    return lambda _: one * FRAMES


OPEN_STREAM = h2.request(1, flags=h2.END_HEADERS)
FLOODS = {
    "rapid reset": (reset_piece(h2.CANCEL), b""),
    "rapid reset without an error": (reset_piece(h2.NO_ERROR), b""),
    "settings": (over_and_over(h2.frame(h2.SETTINGS)), b""),
    "settings, each of 100 entries": (
        over_and_over(h2.frame(h2.SETTINGS, payload=b"\0\x04\0\0\xff\xff" * 100)), b""),
    "ping": (over_and_over(h2.frame(h2.PING, payload=b"12345678")), b""),
    "priority": (over_and_over(h2.frame(h2.PRIORITY, 0, 5, b"\0\0\0\0\x10")), b""),
    "window updates": (over_and_over(h2.frame(h2.WINDOW_UPDATE, payload=b"\0\0\0\1")), b""),
    "empty data": (over_and_over(h2.frame(h2.DATA, 0, 1)), OPEN_STREAM),
    "data of one byte": (over_and_over(h2.frame(h2.DATA, 0, 1, b"x")), OPEN_STREAM),
    "continuations": (
        over_and_over(h2.frame(h2.CONTINUATION, 0, 1, h2.field("a", "b"))),
        h2.request(1, flags=h2.END_STREAM)),
    "empty continuations": (
        over_and_over(h2.frame(h2.CONTINUATION, 0, 1)), h2.request(1, flags=h2.END_STREAM)),
    "streams beyond the limit": (half_open, b""),
}


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_ends_its_connection(fors, name):
    make_piece, opening = FLOODS[name]
    codes = h2.goaways(flood(fors, make_piece, opening))
    # Past the limit of streams nghttp2 tells a broken protocol; all others are told to calm down.
    assert set(codes) <= {h2.ENHANCE_YOUR_CALM, 1 if name.startswith("streams") else 11}
    assert codes
    assert resident(fors, "VmHWM") < 600 * MIB


def test_a_head_that_unpacks_without_end(fors):
    """HPACK: a field of 4000 bytes enters the table, then each byte stands for it."""
    bomb = b"\x40\x01x\x7f\xa1\x1e" + b"v" * 4000 + b"\xbe" * 12_000
    before = resident(fors)
    codes = h2.goaways(flood(fors, lambda _: h2.request(1, h2.head() + bomb)))
    assert codes == [h2.ENHANCE_YOUR_CALM]
    assert resident(fors) - before < 32 * MIB


def test_a_huge_head_is_answered(fors):
    many = b"".join(h2.field(f"x-{n}", "v" * 100) for n in range(120))  # 16 KB, counts 20
    for count, status in ((1, b"200"), (3, b"431")):
        block = h2.head() + many * count
        pieces = [block[at : at + 16_000] for at in range(0, len(block), 16_000)]
        frames = [h2.frame(h2.HEADERS, h2.END_STREAM, 1, pieces[0])]
        frames += [h2.frame(h2.CONTINUATION, 0, 1, piece) for piece in pieces[1:]]
        frames.append(h2.frame(h2.CONTINUATION, h2.END_HEADERS, 1))
        with Client(fors.port, b"".join(frames)) as client:
            deadline = time.monotonic() + 10
            while not any(f[0] == h2.HEADERS for f in h2.frames_of(client.said)):
                assert time.monotonic() < deadline and not client.over.is_set()
                time.sleep(0.01)
            (answer,) = [f for f in h2.frames_of(client.said) if f[0] == h2.HEADERS]
            # 200 is in HPACK's static table; 431 is written out (or in Huffman's code).
            assert (answer[3][0] == 0x88) == (status == b"200")


@pytest.fixture(scope="module")
def impatient():
    with ForsServer("--limits", "none", "--send-timeout", "2", "--cache-mib", "32") as server:
        yield server
        assert server.stop() == 0, server.log_tail()


def test_answers_that_a_closed_window_holds_back(impatient):
    """600 answers of 2.7 MiB each are asked for and none is let out."""
    kinesis = RawKinesis(impatient.endpoint)
    kinesis.call("CreateStream", StreamName="large", ShardCount=1).ok()
    deadline = time.monotonic() + 10
    record = {"Data": base64.b64encode(bytes(MIB - 100)).decode(), "PartitionKey": "k"}
    while kinesis.call("PutRecords", StreamName="large", Records=[record] * 2).status != 200:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    iterator = kinesis.call(
        "GetShardIterator", StreamName="large", ShardId="shardId-000000000000",
        ShardIteratorType="TRIM_HORIZON").ok()["ShardIterator"]
    body = b'{"ShardIterator": "%s"}' % iterator.encode()
    block = h2.head("POST", "/", **{
        "content-type": JSON, "x-amz-target": TARGET + "GetRecords",
        "x-amz-date": "20260101T000000Z", "authorization": WELL_FORMED})
    requests = b"".join(
        h2.request(s, block, h2.END_HEADERS) + h2.frame(h2.DATA, h2.END_STREAM, s, body)
        for s in range(1, 1201, 2))
    before = resident(impatient)
    opening = h2.setting(h2.INITIAL_WINDOW_SIZE, 0) + requests
    with Client(impatient.port, opening) as client:
        deadline = time.monotonic() + 30
        pings = 0
        while not client.over.is_set():  # to be cut off, though it keeps the connection lively
            assert time.monotonic() < deadline, "not cut off"
            client.send(h2.frame(h2.PING, payload=b"12345678"))
            pings += 1
            assert health(impatient.port)
            time.sleep(0.05)
        assert pings > 10  # not at once
    assert resident(impatient, "VmHWM") - before < 400 * MIB
    kinesis.close()
