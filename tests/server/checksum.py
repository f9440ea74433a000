"""Checksums of whole objects, as S3 tells them."""
import base64
import hashlib
import zlib

CRC64_MAX = 1 << 20  # Python is slow
_POLYNOMIAL = 0x9A6C9329AC4BC9B5  # CRC-64/NVME, reflected
_table = []


def _fill():
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = value >> 1 ^ (_POLYNOMIAL if value & 1 else 0)
        _table.append(value)


def crc64nvme(data):
    if not _table:
        _fill()
    value = (1 << 64) - 1
    for byte in data:
        value = _table[(value ^ byte) & 255] ^ value >> 8
    return value ^ (1 << 64) - 1


def header(algorithm, data):
    """(name, value), or None where that takes too long."""
    if algorithm == "crc32":
        raw = zlib.crc32(data).to_bytes(4, "big")
    elif algorithm in ("sha1", "sha256"):
        raw = hashlib.new(algorithm, data).digest()
    elif algorithm == "crc64nvme" and len(data) <= CRC64_MAX:
        raw = crc64nvme(data).to_bytes(8, "big")
    else:
        return None
    return f"x-amz-checksum-{algorithm}", base64.b64encode(raw).decode()
