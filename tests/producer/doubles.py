"""A stream in memory that takes records as Kinesis does, and fails as a script says."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count, pairwise
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ConnectionClosedError

from producer.shard_map import HASH_KEYS, hash_of
from streamkit.kpl import Packed, unpack
from streamkit.throttle import Backoff
from tests.doubles import refused

HANGS_SECONDS = 10.0
AT_ONCE = Backoff(jitter=lambda: 0.0)


def lost_connection() -> Exception:
    return ConnectionClosedError(endpoint_url="https://kinesis.us-east-1.amazonaws.com/")


@dataclass(frozen=True)
class Lost:
    """The records are stored, and the answer is lost."""

    error: Exception = field(default_factory=lost_connection)


# What one call comes to: all is taken, only the first few records are, it raises, or its answer is lost.
Fate = int | Exception | Lost | None


@dataclass(frozen=True)
class StoredRecord:
    shard_id: str
    partition_key: str
    explicit_hash_key: str | None
    data: bytes

    def user_records(self) -> list[Packed]:
        packed = unpack(self.data)
        return packed if isinstance(packed, list) else [Packed(self.partition_key, self.explicit_hash_key, self.data)]


class MemoryStream:
    """A Kinesis client with one stream of evenly split shards. Refuses what Kinesis would refuse."""

    meta = SimpleNamespace(config=SimpleNamespace(retries={"total_max_attempts": 1}))

    def __init__(
        self,
        script: Iterable[Fate] = (),
        shards: int = 1,
        code: str = "InternalFailure",
        listing_script: Iterable[Exception | None] = (),
    ) -> None:
        self.script = iter(script)
        self.listing_script = iter(listing_script)
        self.open = threading.Event()  # while it is not, puts hang
        self.open.set()
        self.code = code  # of the records that a script leaves over
        self.records: list[StoredRecord] = []
        self.calls: list[int] = []
        self._lock = threading.Lock()
        self._numbers = count(1)
        self._shards: list[Any] = []
        self.reshard(shards)

    @property
    def user_records(self) -> list[Packed]:
        return [packed for record in self.records for packed in record.user_records()]

    def reshard(self, shards: int) -> None:
        """Closes all shards and opens `shards` new ones."""
        for shard in self._shards:
            shard["SequenceNumberRange"]["EndingSequenceNumber"] = "9"
        bounds = [HASH_KEYS * index // shards for index in range(shards + 1)]
        born = len(self._shards)
        self._shards += [
            {
                "ShardId": f"shardId-{born + index:012d}",
                "HashKeyRange": {"StartingHashKey": str(first), "EndingHashKey": str(after - 1)},
                "SequenceNumberRange": {"StartingSequenceNumber": "1"},
            }
            for index, (first, after) in enumerate(pairwise(bounds))
        ]

    def list_shards(self, **request: Any) -> Any:
        """In pages of two."""
        if error := next(self.listing_script, None):
            raise error
        first = int(request.get("NextToken", 0))
        after = first + 2
        more = {"NextToken": str(after)} if after < len(self._shards) else {}
        return {"Shards": self._shards[first:after], **more}

    def put_records(self, **request: Any) -> Any:
        self.open.wait(HANGS_SECONDS)
        records = request["Records"]
        with self._lock:
            _refuse_beyond_limits(records)
            self.calls.append(len(records))
            fate = next(self.script, None)
            if isinstance(fate, Exception):
                raise fate
            taken = fate if isinstance(fate, int) else len(records)
            results = [self._store(record) for record in records[:taken]]
            if isinstance(fate, Lost):
                raise fate.error
            failures = [{"ErrorCode": self.code, "ErrorMessage": "scripted"}] * (len(records) - len(results))
            return {"FailedRecordCount": len(failures), "Records": results + failures}

    def _store(self, record: Any) -> dict[str, str]:
        explicit = record.get("ExplicitHashKey")
        place = hash_of(record["PartitionKey"]) if explicit is None else int(explicit)
        (shard_id,) = (
            shard["ShardId"]
            for shard in self._shards
            if "EndingSequenceNumber" not in shard["SequenceNumberRange"]
            and int(shard["HashKeyRange"]["StartingHashKey"]) <= place <= int(shard["HashKeyRange"]["EndingHashKey"])
        )
        self.records.append(StoredRecord(shard_id, record["PartitionKey"], explicit, record["Data"]))
        return {"ShardId": shard_id, "SequenceNumber": str(next(self._numbers))}


def _refuse_beyond_limits(records: list[Any]) -> None:
    sizes = [len(record["Data"]) + len(record["PartitionKey"].encode()) for record in records]
    keys = [len(record["PartitionKey"]) for record in records]
    if not 1 <= len(records) <= 500 or sum(sizes) > 5 * 1024 * 1024 or max(sizes) > 1024 * 1024:
        raise refused("InvalidArgumentException", operation="PutRecords")
    if not 1 <= min(keys) <= max(keys) <= 256:
        raise refused("ValidationException", operation="PutRecords")
