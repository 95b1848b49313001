# SPDX-License-Identifier: Apache-2.0
"""CRC-32C, byte by byte: for a file format's checksums in tests that change a file on purpose."""

_POLYNOMIAL = 0x82F63B78


def _row(byte):
    for _ in range(8):
        byte = (byte >> 1) ^ (_POLYNOMIAL if byte & 1 else 0)
    return byte


_TABLE = [_row(byte) for byte in range(256)]


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF
