# SPDX-License-Identifier: Apache-2.0
"""AWS's layout of sequence numbers, written apart from the server's own code."""

from dataclasses import dataclass

INDEX_AT_END = 0x7FFF_FFFF_FFFF_FFFF
HASH_KEYS = 1 << 128


@dataclass(frozen=True)
class SequenceNumber:
    """The fields of a version-2 number."""

    created: int
    shard: int
    index: int
    put: int

    def encode(self):
        """The decimal string."""
        number = 2 << 184 | self.created << 148 | (self.shard & 15) << 144
        return str(number | self.index << 80 | self.put << 36 | self.shard << 4 | 2)


def decode(text):
    """The fields of a decimal string; fails on anything but a version-2 number."""
    number = int(text)
    assert str(number) == text and number & 15 == 2 and number >> 184 == 2, text
    fields = SequenceNumber(
        created=number >> 148 & (1 << 36) - 1,
        shard=number >> 4 & (1 << 32) - 1,
        index=number >> 80 & (1 << 64) - 1,
        put=number >> 36 & (1 << 36) - 1,
    )
    assert number >> 72 & 255 == 0, text
    assert number >> 144 & 15 == fields.shard & 15, text
    return fields
