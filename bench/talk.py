# SPDX-License-Identifier: Apache-2.0
"""Connections that send requests made beforehand, one at a time, and read the answers."""

import socket
from urllib.parse import urlsplit

from support import http2_frames as http2

SECONDS_MAX = 60  # for one answer


class Http1:
    """A connection that is kept; one request at a time."""

    def __init__(self, endpoint):
        where = urlsplit(endpoint)
        self._socket = socket.create_connection((where.hostname, where.port), SECONDS_MAX)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, request):
        """The body of the answer, which must be a 200."""
        self._socket.sendall(request)
        said = b""
        while b"\r\n\r\n" not in said:
            said += self._more()
        head, _, body = said.partition(b"\r\n\r\n")
        size = next(
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length:")
        )
        pieces, missing = [body], size - len(body)
        while missing > 0:
            pieces.append(self._more())
            missing -= len(pieces[-1])
        body = b"".join(pieces)
        assert head.startswith(b"HTTP/1.1 200 "), (head, body[:500])
        return body

    def _more(self):
        piece = self._socket.recv(1 << 20)
        assert piece, "the server closed the connection"
        return piece


class Http2(Http1):
    """The same over HTTP/2 with prior knowledge; takes requests of HTTP/1.1."""

    def __init__(self, endpoint):
        super().__init__(endpoint)
        self._socket.sendall(http2.PREFACE + http2.frame(http2.SETTINGS))
        self._stream, self._said = 1, b""

    def send(self, request):
        head, _, body = request.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        fields = {name.lower(): value for name, value in fields.items()}
        authority = {":authority": fields.pop("host")}
        block = http2.head("POST", "/", **{**authority, **fields})
        self._socket.sendall(
            http2.request(self._stream, block, http2.END_HEADERS)
            + http2.frame(http2.DATA, http2.END_STREAM, self._stream, body)
        )
        answer = self._answer()
        self._stream += 2
        return answer

    def _answer(self):
        body = b""
        while True:
            for kind, flags, stream, payload in self._frames():
                assert kind not in (http2.RST_STREAM, http2.GOAWAY), (kind, payload)
                if kind == http2.SETTINGS and not flags & http2.ACK:
                    self._socket.sendall(http2.frame(http2.SETTINGS, http2.ACK))
                if kind == http2.HEADERS:
                    assert payload[0] == 0x88, payload  # HPACK's ":status: 200"
                if kind == http2.DATA and stream == self._stream:
                    body += payload
                if kind in (http2.DATA, http2.HEADERS) and flags & http2.END_STREAM:
                    return body

    def _frames(self):
        self._said += self._more()
        whole = http2.frames_of(self._said)
        self._said = self._said[sum(9 + len(payload) for *_, payload in whole) :]
        return whole
