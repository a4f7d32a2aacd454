"""A stream record on its way: one user record, or an aggregate of many, and what became of it so far."""

from __future__ import annotations

from concurrent.futures import Future

import msgspec

from streamkit.kpl import unpack


# Structs rather than dataclasses, here and below: plain records make one each.
class Stored(msgspec.Struct, frozen=True, gc=False):
    """Where a record is now. `unanswered` puts of it had no answer before: as many copies may lie in the stream."""

    shard_id: str
    sequence_number: str
    puts: int
    unanswered: int


class PutError(Exception):
    """A record that failed for good. Its text says why; `unanswered` puts of it may have stored a copy each."""

    def __init__(self, reason: str, unanswered: int) -> None:
        super().__init__(reason)
        self.unanswered = unanswered


class Fate(Future[Stored]):
    """A future that its holders can wait for but not cancel: its record may be in the stream already."""

    def cancel(self) -> bool:
        return False


class Entry(msgspec.Struct, frozen=True, eq=False):
    """One stream record to put. Its user records share its future, for they share its fate."""

    data: bytes
    partition_key: str
    explicit_hash_key: str | None
    user_records: int
    opened_at: float  # when the first of its user records was put
    future: Future[Stored] = msgspec.field(default_factory=Fate)
    puts: int = 0
    unanswered: int = 0

    @property
    def size(self) -> int:
        """What it counts for in a request's limit."""
        return len(self.data) + len(self.partition_key.encode())

    @property
    def aggregated(self) -> bool:
        return self.explicit_hash_key is not None

    def records(self) -> list[tuple[str, bytes]]:
        """The keys and data of its user records, in the order they were put."""
        if self.aggregated and isinstance(packed := unpack(self.data), list):
            return [(record.partition_key, record.data) for record in packed]
        return [(self.partition_key, self.data)]
