# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 frames written by hand, for clients that keep to no rule."""

import struct

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = (
    0, 1, 2, 3, 4, 6, 7, 8, 9)
END_STREAM = ACK = 1
END_HEADERS = 4
NO_ERROR, CANCEL, ENHANCE_YOUR_CALM = 0, 8, 11
INITIAL_WINDOW_SIZE = 4
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def frame(kind, flags=0, stream=0, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload



def setting(name, value):
    return frame(SETTINGS, payload=struct.pack(">HI", name, value))


def field(name, value):
    """A header as a literal of HPACK that enters no table."""

    def text(string):
        return number(len(string)) + string.encode()

    def number(value):
        if value < 127:
            return bytes([value])
        rest, digits = value - 127, b"\x7f"
        while rest >= 128:
            digits += bytes([rest % 128 + 128])
            rest //= 128
        return digits + bytes([rest])

    return b"\x10" + text(name) + text(value)


def head(method="GET", path="/_fors/health", **more):
    fields = {":method": method, ":scheme": "http", ":path": path, ":authority": "x", **more}
    return b"".join(field(name, value) for name, value in fields.items())


def request(stream, block=head(), flags=END_STREAM | END_HEADERS):
    return frame(HEADERS, flags, stream, block)


def reset(stream, code=CANCEL):
    return frame(RST_STREAM, 0, stream, struct.pack(">I", code))


def frames_of(said):
    """(kind, flags, stream, payload) of what the server said; half a frame at the end is left."""
    found = []
    while len(said) >= 9:
        size = int.from_bytes(said[:3], "big")
        kind, flags, stream = struct.unpack(">BBI", said[3:9])
        if len(said) < 9 + size:
            break
        found.append((kind, flags, stream, said[9 : 9 + size]))
        said = said[9 + size :]
    return found


def goaways(said):
    """The codes of the GOAWAYs in what the server said."""
    return [
        struct.unpack(">I", payload[4:8])[0]
        for kind, _, _, payload in frames_of(said)
        if kind == GOAWAY
    ]
