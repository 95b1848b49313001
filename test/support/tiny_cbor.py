# SPDX-License-Identifier: Apache-2.0
"""As much CBOR as the Kinesis protocol uses; a timestamp is Tag(1, milliseconds), undecoded."""

import struct
from dataclasses import dataclass

BREAK = object()


@dataclass(frozen=True)
class Tag:
    """A tagged value."""

    number: int
    value: object


def _head(major, count):
    for info, size, form in ((24, 1, ">B"), (25, 2, ">H"), (26, 4, ">I"), (27, 8, ">Q")):
        if count < 24:
            return bytes([major << 5 | count])
        if count < 1 << 8 * size:
            return bytes([major << 5 | info]) + struct.pack(form, count)
    raise ValueError(count)


def encode(value, indefinite=False):
    """The bytes of a value; maps and lists of indefinite length when asked."""
    if value is None or isinstance(value, bool):
        return {None: b"\xf6", True: b"\xf5", False: b"\xf4"}[value]
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, float):
        return b"\xfb" + struct.pack(">d", value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    if isinstance(value, Tag):
        return _head(6, value.number) + encode(value.value, indefinite)
    if isinstance(value, (list, dict)):
        parts = (
            [part for pair in value.items() for part in pair] if isinstance(value, dict) else value
        )
        inner = b"".join(encode(part, indefinite) for part in parts)
        major = 5 if isinstance(value, dict) else 4
        return (
            bytes([major << 5 | 31]) + inner + b"\xff"
            if indefinite
            else _head(major, len(value)) + inner
        )
    raise TypeError(type(value))


class _Reader:
    def __init__(self, data):
        self._data, self._at = data, 0

    def take(self, count):
        piece = self._data[self._at : self._at + count]
        if len(piece) < count:
            raise ValueError("cut off")
        self._at += count
        return piece

    def value(self):
        first = self.take(1)[0]
        major, info = first >> 5, first & 31
        if major == 7:
            return self._simple(info)
        if info == 31:
            return self._indefinite(major)
        count = info if info < 24 else int.from_bytes(self.take(1 << info - 24), "big")
        if major < 2:
            return count if major == 0 else -1 - count
        if major < 4:
            piece = self.take(count)
            return piece.decode() if major == 3 else piece
        if major == 6:
            return Tag(count, self.value())
        items = [self.value() for _ in range(count * (2 if major == 5 else 1))]
        return dict(zip(items[::2], items[1::2])) if major == 5 else items

    def _simple(self, info):
        if info in (25, 26, 27):
            form, size = {25: (">e", 2), 26: (">f", 4), 27: (">d", 8)}[info]
            return struct.unpack(form, self.take(size))[0]
        return {20: False, 21: True, 22: None, 31: BREAK}[info]

    def _indefinite(self, major):
        items = []
        while (item := self.value()) is not BREAK:
            items.append(item)
        if major == 5:
            return dict(zip(items[::2], items[1::2]))
        return {2: b"", 3: ""}[major].join(items) if major < 4 else items

    def finished(self):
        return self._at == len(self._data)


def decode(data):
    """The one value in the bytes; ValueError when there is more or less."""
    reader = _Reader(data)
    value = reader.value()
    if not reader.finished():
        raise ValueError("more than one value")
    return value
