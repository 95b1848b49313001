# SPDX-License-Identifier: Apache-2.0
"""Clients that take their time, and more clients than there is room for: none keeps others out."""

import contextlib
import gzip
import os
import resource
import select
import socket
import ssl
import time
from pathlib import Path

import pytest

from support import http2_frames as h2
from support.fors_server import ForsServer
from support.wire import answers_of, connect, health, read_to_end

SECONDS_MAX = 15
POST = b"POST / HTTP/1.1\r\nHost: x\r\n"


@pytest.fixture(scope="module")
def strict():
    """A server with little patience, one reactor and room for 40 connections."""
    flags = ("--request-timeout", "2", "--idle-timeout", "2", "--connections", "40")
    with ForsServer("--limits", "none", "--reactors", "1", *flags) as server:
        yield server
        assert server.stop() == 0, server.log_tail()


def client_hello():
    """The first record of a TLS handshake."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with contextlib.suppress(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing, server_hostname="localhost").do_handshake()
    return outgoing.read()


OPEN_H2 = h2.PREFACE + h2.frame(h2.SETTINGS)
HELLO = client_hello()
# What is said at once, and what then drips byte by byte (nothing: silence).
SLOW = {
    "says nothing": (b"", b""),
    "one byte": (b"P", b""),
    "a head that drips": (b"", POST + b"X-Slow: " + b"a" * 10_000),
    "headers that drip": (POST, b"A: b\r\n" * 2000),
    "empty lines that drip": (b"", b"\r\n" * 5000),
    "no body": (POST + b"Content-Length: 100\r\n\r\n", b""),
    "a body that drips": (POST + b"Content-Length: 100000\r\n\r\n", b"x" * 10_000),
    "chunks that drip": (POST + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 2000),
    "a trailer that drips": (
        POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"A: b\r\n" * 2000),
    "no handshake": (b"\x16", b""),
    "half a handshake": (HELLO[:-1], b""),
    "a handshake that drips": (b"", HELLO[:200] * 50),
    "a handshake without its end": (HELLO, b""),
    "half a preface": (h2.PREFACE[:14], b""),
    "a preface that drips": (b"", h2.PREFACE[:-1]),
    "HTTP/2 and nothing": (OPEN_H2, b""),
    "a frame that drips": (OPEN_H2, h2.frame(h2.HEADERS, 5, 1, b"x" * 10_000)),
    "a head without its end": (OPEN_H2 + h2.request(1, flags=h2.END_STREAM), b""),
    "a stream without its end": (OPEN_H2 + h2.request(1, flags=h2.END_HEADERS), b""),
    "data that drips": (
        OPEN_H2 + h2.request(1, flags=h2.END_HEADERS), h2.frame(h2.DATA, 0, 1, b"x") * 1000),
}


def drip(server, clients):
    """Lets all drip until each is cut off; the names of those that were not in time."""
    deadline = time.monotonic() + SECONDS_MAX
    while clients and time.monotonic() < deadline:
        readable, _, _ = select.select([sock for sock, _ in clients.values()], [], [], 0.1)
        for name, (sock, rest) in list(clients.items()):
            over = False
            try:
                if sock in readable and not sock.recv(1 << 16):
                    over = True
                elif rest:
                    sock.sendall(rest[:1])
                    clients[name] = (sock, rest[1:])
            except OSError:
                over = True
            if over:
                sock.close()
                del clients[name]
        assert health(server.port)
    return sorted(clients)


def test_whoever_is_slow_is_cut_off_and_others_are_served(strict):
    clients = {}
    for name, (first, rest) in SLOW.items():
        sock = connect(strict.port)
        sock.sendall(first)
        clients[name] = (sock, rest)
    assert drip(strict, clients) == []


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 100_000,
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 20_000,
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"a" * 100_000,
    ],
    ids=["target", "value", "fields", "name"],
)
def test_huge_heads_are_answered_and_end_the_connection(strict, head):
    with connect(strict.port) as sock:
        with contextlib.suppress(OSError):
            sock.sendall(head)
        # A reset for what came too late may overtake the answer.
        assert [answer[0] for answer in answers_of(read_to_end(sock))] in ([431], [])
    assert health(strict.port)


def test_answers_that_nobody_reads_are_not_made(fors_unlimited):
    """A pipeline of small requests for large pages: the server holds few of them at a time."""
    request = b"GET /_fors/metrics HTTP/1.1\r\nHost: x\r\n\r\n"
    with connect(fors_unlimited.port) as sock:
        answers = bodies(sock)
        sock.sendall(request)
        pages = (400 << 20) // len(next(answers))
        before = peak(fors_unlimited)
        sock.sendall(request * pages)
        assert health(fors_unlimited.port)
        for _ in range(pages):
            next(answers)
        assert peak(fors_unlimited) - before < 64 << 20


def test_nothing_is_unpacked_or_parsed_for_nobody(fors_verified):
    """Small packed bodies that would unpack to 4 MiB of the shortest parameters."""
    plain = b"Version=2010-08-01&Action=ListMetrics&" + b"+&" * (2 << 20)
    body = gzip.compress(plain[: (4 << 20) - 1])
    head = (
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with connect(fors_verified.port) as sock:
        answers = bodies(sock)
        before = peak(fors_verified)
        sock.sendall((head.encode() + body) * 20)
        for _ in range(20):
            assert b"MissingAuthenticationToken" in next(answers)
    assert peak(fors_verified) - before < 48 << 20


def peak(server):
    """Bytes of memory that the server has held at most."""
    status = Path(f"/proc/{server.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) << 10


def bodies(sock):
    """The bodies of HTTP/1.1 answers, as they come."""
    said = b""
    while True:
        head, blank, rest = said.partition(b"\r\n\r\n")
        size = int(head.lower().partition(b"content-length: ")[2].split()[0]) if blank else 0
        if blank and len(rest) >= size:
            yield rest[:size]
            said = rest[size:]
        else:
            piece = sock.recv(1 << 20)
            assert piece, "cut off"
            said += piece


def test_connections_beyond_the_limit_are_told_so(strict):
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(connect(strict.port)) for _ in range(60)]
        said = [read_to_end(sock) for sock in held]  # the others are cut off as idle
        assert sum(text.startswith(b"HTTP/1.1 503 ") for text in said) >= 20
        assert sum(text == b"" for text in said) >= 35
    assert health(strict.port)


def cpu_seconds(server):
    """Processor time of the server so far."""
    fields = Path(f"/proc/{server.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def descriptors(server):
    return len(os.listdir(f"/proc/{server.pid}/fd"))


def test_without_descriptors_it_waits_quietly_and_goes_on(tmp_path):
    with ForsServer("--limits", "none", "--reactors", "1", data=tmp_path / "data") as server:
        room = descriptors(server) + 20
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (room, room))
        held = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(60)]
        try:  # more than fit: the rest stays in the kernel's queue
            deadline = time.monotonic() + 10
            while descriptors(server) < room:
                assert time.monotonic() < deadline
                time.sleep(0.01)
            # A loop that spins would use all of the two seconds.
            before, until = cpu_seconds(server), time.monotonic() + 2
            while time.monotonic() < until:
                assert server.running
                time.sleep(0.1)
            assert cpu_seconds(server) - before < 0.5
            last = held.pop()
            last.settimeout(SECONDS_MAX)
            last.sendall(b"GET /_fors/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        finally:
            for sock in held:
                sock.close()
        # The others go, so there is room for the one that waited.
        with last:
            assert read_to_end(last).startswith(b"HTTP/1.1 200 ")
        assert health(server.port)
        assert server.stop() == 0, server.log_tail()
