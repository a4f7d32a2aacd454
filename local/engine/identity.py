"""Names that a simulation gives: the same every time, and in the forms AWS gives them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Numbering:
    """Sequence numbers of one length, ascending with the record's place among the caller's records."""

    prefix: str
    first: int

    def __call__(self, place: int) -> str:
        return f"{self.prefix}{self.first + place}"

    def place(self, name: str) -> int:
        return int(name[len(self.prefix) :]) - self.first


kinesis_number = Numbering("49660000000000000000000000000000000000", 10**17)
table_number = Numbering("1000000", 10**17)


def message_id(place: int) -> str:
    return str(UUID(int=(0x4D << 120) | (0x4 << 76) | (0x8 << 60) | place))


def message_place(name: str) -> int:
    return UUID(name).int & 0xFFFF_FFFF_FFFF


class Identity:
    """Request ids and the random part of object keys."""

    def __init__(self) -> None:
        self._requests = count(1)
        self._objects = count(1)

    def request_id(self) -> str:
        return str(UUID(int=(0x4 << 76) | (0x8 << 60) | next(self._requests)))

    def object_uuid(self) -> str:
        return str(UUID(int=(0x0B << 120) | (0x4 << 76) | (0x8 << 60) | next(self._objects)))
