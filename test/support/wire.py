# SPDX-License-Identifier: Apache-2.0
"""Sockets for tests that say byte by byte what no client library would."""

import socket

SECONDS = 10  # more than any answer takes; a test that waits longer has failed


def connect(port):
    """A socket to the server under test."""
    made = socket.create_connection(("127.0.0.1", port), timeout=SECONDS)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def read_to_end(sock):
    """All that comes until the server closes; TimeoutError when it doesn't."""
    said = b""
    try:
        while piece := sock.recv(1 << 16):
            said += piece
    except ConnectionResetError:
        pass  # closed with bytes of ours unread
    return said


def answers_of(said):
    """The statuses and bodies of HTTP/1.1 answers one after the other, each with its length."""
    found = []
    while said:
        head, blank, said = said.partition(b"\r\n\r\n")
        assert blank, f"half an answer: {head!r}"
        status, *lines = head.decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        size = int(headers.get("content-length", 0))
        assert len(said) >= size, f"half a body after {head!r}"
        found.append((int(status.split()[1]), said[:size], headers))
        said = said[size:]
    return found


def health(port):
    """Whether a client of its own is served, at once."""
    with connect(port) as sock:
        sock.sendall(b"GET /_fors/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        (answer,) = answers_of(read_to_end(sock))
    return answer[0] == 200
