"""The aggregated records of the Kinesis Producer Library: written, and read whole or not at all.

    0        4                    n-16      n
    | magic  | AggregatedRecord   | md5     |
             | (protobuf, proto2) | of it   |

The magic number alone proves nothing: a payload is an aggregate when its digest is right. One that only looks
like it is a plain record, as for the Kinesis Client Library; but where that library logs and drops what it cannot
take apart, `Flawed` says what is wrong, so that the consumer can keep the record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from hashlib import md5
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

MAGIC = b"\xf3\x89\x9a\xc2"
DIGEST_BYTES = 16

# A record of 0 bytes takes 6 in an aggregate, so 1 MiB could claim 170,000 of them, each to be settled alone. The
# library fills at most 1 MiB; 20,000 leaves 52 bytes for each.
MOST_RECORDS = 20_000

# One aggregate may hold records with and without a hash key, and index 0 is a key: no index needs a value of its own.
NO_INDEX = 2**64 - 1

T = TypeVar("T")

_partition_key_index = attrgetter("partition_key_index")
_hash_key_index = attrgetter("explicit_hash_key_index")
_datum = attrgetter("data")


class Packed(NamedTuple):
    """One user record inside an aggregate."""

    partition_key: str
    explicit_hash_key: str | None
    data: bytes


@dataclass(frozen=True, slots=True)
class Flawed:
    """A payload that begins as an aggregate and is none."""

    flaw: str


def unpack(payload: bytes) -> list[Packed] | Flawed | None:
    """The user records inside `payload`, in order; None when it is a plain record."""
    return _read(payload, _packed)


def payloads(payload: bytes) -> list[bytes] | Flawed | None:
    """The data of what `unpack` returns, at a fifth of its price, for consumers that need no keys."""
    return _read(payload, _data)


def _read(payload: bytes, content: Callable[[Any], list[T] | Flawed]) -> list[T] | Flawed | None:
    if not payload.startswith(MAGIC):
        return None
    message, digest = payload[len(MAGIC) : -DIGEST_BYTES], payload[-DIGEST_BYTES:]
    if len(payload) <= len(MAGIC) + DIGEST_BYTES or md5(message, usedforsecurity=False).digest() != digest:
        return Flawed("aggregate with a wrong digest")
    try:
        aggregate = _aggregated_record().FromString(message)
        return _flaw(aggregate) or content(aggregate)
    except DecodeError:
        return Flawed("aggregate that is no AggregatedRecord message")
    except IndexError:
        return Flawed("aggregate with a key index outside its table")


def _flaw(aggregate: Any) -> Flawed | None:
    if not aggregate.IsInitialized():  # Python's reader, unlike Java's, lets required fields be missing
        return Flawed("aggregate without a required field")
    if not 1 <= len(aggregate.records) <= MOST_RECORDS:
        return Flawed(f"aggregate of {len(aggregate.records)} records; 1 to {MOST_RECORDS} are read")
    return None


def _packed(aggregate: Any) -> list[Packed]:
    partition_keys = _texts(aggregate.partition_key_table)
    hash_keys = _texts(aggregate.explicit_hash_key_table)
    return [
        Packed(
            partition_keys[record.partition_key_index],
            hash_keys[index] if (index := record.explicit_hash_key_index) != NO_INDEX else None,
            record.data,
        )
        for record in aggregate.records
    ]


def _data(aggregate: Any) -> list[bytes]:
    records = list(aggregate.records)  # once: every iteration over the message makes its objects anew
    hash_keys = len(aggregate.explicit_hash_key_table)
    if max(map(_partition_key_index, records)) >= len(aggregate.partition_key_table):
        raise IndexError
    if max({*map(_hash_key_index, records)} - {NO_INDEX}, default=-1) >= hash_keys:
        raise IndexError
    return list(map(_datum, records))


def _texts(table: Iterable[str | bytes]) -> list[str]:
    """The keys of a table, which proto2 hands over as bytes where they are no UTF-8."""
    return [key if isinstance(key, str) else key.decode(errors="replace") for key in table]


def pack(records: Iterable[Packed]) -> bytes:
    """The aggregate that `unpack` reads as `records`; each key is written once."""
    aggregate = _aggregated_record()()
    partition_keys: dict[str, int] = {}
    hash_keys: dict[str, int] = {}
    for partition_key, explicit_hash_key, data in records:
        record = aggregate.records.add(
            partition_key_index=partition_keys.setdefault(partition_key, len(partition_keys)), data=data
        )
        if explicit_hash_key is not None:
            record.explicit_hash_key_index = hash_keys.setdefault(explicit_hash_key, len(hash_keys))
    aggregate.partition_key_table.extend(partition_keys)
    aggregate.explicit_hash_key_table.extend(hash_keys)
    message: bytes = aggregate.SerializeToString()
    return MAGIC + message + md5(message, usedforsecurity=False).digest()


@cache
def _aggregated_record() -> Any:
    """The class of the format's outer message, declared here: the library's authors publish it as three messages."""
    field = descriptor_pb2.FieldDescriptorProto

    def declared(
        name: str, number: int, label: int, kind: int, of: str | None = None, default: str | None = None
    ) -> dict[str, Any]:
        return {
            "name": name,
            "number": number,
            "label": label,
            "type": kind,
            "type_name": of,
            "default_value": default,
        }

    one, maybe, many = field.LABEL_REQUIRED, field.LABEL_OPTIONAL, field.LABEL_REPEATED
    messages: list[Any] = [
        {
            "name": "AggregatedRecord",
            "field": [
                declared("partition_key_table", 1, many, field.TYPE_STRING),
                declared("explicit_hash_key_table", 2, many, field.TYPE_STRING),
                declared("records", 3, many, field.TYPE_MESSAGE, ".kpl.Record"),
            ],
        },
        {
            "name": "Record",
            "field": [
                declared("partition_key_index", 1, one, field.TYPE_UINT64),
                declared("explicit_hash_key_index", 2, maybe, field.TYPE_UINT64, default=str(NO_INDEX)),
                declared("data", 3, one, field.TYPE_BYTES),
                declared("tags", 4, many, field.TYPE_MESSAGE, ".kpl.Tag"),
            ],
        },
        {
            "name": "Tag",
            "field": [
                declared("key", 1, one, field.TYPE_STRING),
                declared("value", 2, maybe, field.TYPE_STRING),
            ],
        },
    ]
    # A pool of our own: the default one belongs to generated modules, and two declarations in it would collide.
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(
        descriptor_pb2.FileDescriptorProto(name="kpl.proto", package="kpl", message_type=messages).SerializeToString()
    )
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("kpl.AggregatedRecord"))
