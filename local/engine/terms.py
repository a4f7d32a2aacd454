"""What the lanes of a shard must know of their mapping and their stream."""

from __future__ import annotations

from dataclasses import dataclass

from local.engine import rulings
from local.engine.delivery import TOO_OLD, RetryPolicy
from local.engine.mapping import FOREVER, Mapping


@dataclass(frozen=True, slots=True)
class Terms:
    """`oldest_seconds`: how old a record may get, by the mapping or by the stream; `too_old`: what that is told as."""

    batch_size: int
    batching_window_seconds: int
    retry: RetryPolicy
    oldest_seconds: float
    too_old: str
    tumbling_window_seconds: int

    @staticmethod
    def of(mapping: Mapping, retention_seconds: float) -> Terms:
        age = mapping.record_age_seconds
        is_bounded = age != FOREVER and age < retention_seconds
        return Terms(
            batch_size=mapping.batch_size,
            batching_window_seconds=mapping.batching_window_seconds,
            retry=RetryPolicy(mapping.bisect_on_error, mapping.retry_attempts),
            oldest_seconds=float(age) if is_bounded else retention_seconds,
            too_old=TOO_OLD if is_bounded else rulings.RETENTION_CONDITION,
            tumbling_window_seconds=mapping.tumbling_window_seconds,
        )
