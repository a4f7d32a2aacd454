"""KPL aggregates: what enhanced fan-out takes apart before the function sees it.

magic(4) | protobuf | md5(16)

protobuf   1: partition keys   2: explicit hash keys   3: records { 1: key index  2: hash key index  3: data }
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import md5

MAGIC = b"\xf3\x89\x9a\xc2"
DIGEST_BYTES = 16
HIGHEST_HASH_KEY = 2**128 - 1
HASH_KEY = re.compile(r"0|[1-9][0-9]{0,38}")  # as Kinesis takes one; bounded, so that any match is readable
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


@dataclass(frozen=True, slots=True)
class UserRecord:
    partition_key: str
    explicit_hash_key: str | None
    data: bytes

    @property
    def hash_key(self) -> int:
        return hash_key(self.partition_key) if self.explicit_hash_key is None else int(self.explicit_hash_key)


def hash_key(partition_key: str) -> int:
    """Where Kinesis places a partition key between 0 and 2^128 - 1."""
    return int.from_bytes(md5(partition_key.encode(), usedforsecurity=False).digest(), "big")


def user_records(data: bytes) -> list[UserRecord] | None:
    """The user records of an aggregate; None for anything that is not one, damaged aggregates included."""
    body = data[len(MAGIC) : -DIGEST_BYTES]
    if data[: len(MAGIC)] != MAGIC or md5(body, usedforsecurity=False).digest() != data[-DIGEST_BYTES:]:
        return None
    try:
        return _user_records(body)
    except (ValueError, IndexError):
        return None


def _user_records(body: bytes) -> list[UserRecord]:
    keys: list[str] = []
    hash_keys: list[str] = []
    packed: list[bytes] = []
    for number, value in _fields(body):
        if isinstance(value, bytes) and number in (1, 2, 3):
            if number == 3:
                packed.append(value)
            else:
                (keys if number == 1 else hash_keys).append(value.decode())
    return [_user_record(dict(_fields(record)), keys, hash_keys) for record in packed]


def _user_record(fields: dict[int, int | bytes], keys: list[str], hash_keys: list[str]) -> UserRecord:
    index, hash_index, data = fields.get(1), fields.get(2), fields.get(3)
    if not isinstance(index, int) or not isinstance(data, bytes):
        raise ValueError("a user record needs a partition key and data")
    explicit = hash_keys[hash_index] if isinstance(hash_index, int) else None
    if explicit is not None and not _is_hash_key(explicit):
        raise ValueError("an explicit hash key is a decimal number of at most 2^128 - 1")
    return UserRecord(keys[index], explicit, data)


def _is_hash_key(text: str) -> bool:
    return HASH_KEY.fullmatch(text) is not None and int(text) <= HIGHEST_HASH_KEY


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Field numbers and values of a protobuf message; ValueError or IndexError if it is cut off."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        kind = tag & 7
        if kind == VARINT:
            value, at = _varint(message, at)
            yield tag >> 3, value
            continue
        size = {FIXED64: 8, FIXED32: 4}.get(kind)
        if kind == BYTES:
            size, at = _varint(message, at)
        if size is None or at + size > len(message):
            raise ValueError("not a protobuf message")
        yield tag >> 3, message[at : at + size]
        at += size


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("a number of more than ten bytes")
