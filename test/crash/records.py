# SPDX-License-Identifier: Apache-2.0
"""What the clients write: a record's name decides its key and its bytes, so that whoever reads it
back can tell which record it is and whether anything in it has changed."""

import hashlib
import random
import zlib
from dataclasses import dataclass

KEYS = 64  # shared by all writers
FILLER = random.Random(7).randbytes(256 << 10)


@dataclass(frozen=True)
class Sizes:
    """Of the records: up to `most` bytes, one of `seldom` has `large` (never when 0)."""

    most: int = 2000
    large: int = 60_000
    seldom: int = 100


def key_of(name):
    """The record's partition key."""
    return f"key-{zlib.crc32(name.encode()) % KEYS}"


def hash_key_of(key):
    """Where a partition key lies in the hash space."""
    return int.from_bytes(hashlib.md5(key.encode()).digest(), "big")


def payload(name, sizes):
    """The bytes of record `name`."""
    dice = zlib.crc32(name.encode()[::-1])
    size = dice // sizes.seldom % sizes.most
    if sizes.large and dice % sizes.seldom == 0:
        size = sizes.large
    begin = dice % (len(FILLER) - size)
    text = name.encode() + b" " + FILLER[begin : begin + size]
    return text + b"%08x" % zlib.crc32(text)


def name_of(data, sizes):
    """The record's name; AssertionError when the bytes are not those that were written."""
    name = data.split(b" ", 1)[0].decode("ascii", "replace")
    assert data == payload(name, sizes), f"record {name[:80]} has changed: {data[:80]!r}"
    return name


def chained(digest, name, number):
    """A digest of a sequence of records goes on with one more."""
    return zlib.crc32(f"{name} {number}".encode(), digest)
