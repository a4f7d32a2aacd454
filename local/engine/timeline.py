"""What happened in a simulation, in order, ready to be asserted on, explained or drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from local.engine.delivery import Step
from local.engine.function import Answer
from local.engine.metrics import Metric
from local.engine.refusals import shown
from local.engine.windows import Windowed


@dataclass(slots=True)
class Invocation:
    """One call of the function. `error` is None, or what the runtime reported; `event` is built anew when asked for.

    `attempt` counts the calls of one request id, throttled ones too, from 1: of a stream those with exactly these
    records, of a queue those of one receive. `names` are the sequence numbers or message ids.
    `reason` says why a stream batch failed, also where the function answered, but not as it must.
    `too_large`: Lambda did not accept the event, the function never saw it.
    """

    at: float
    ended: float
    request_id: str
    shard_id: str
    attempt: int
    cut_from: str
    names: Sequence[str]
    windowed: Windowed | None
    answer: Answer
    lane: int = 0
    too_large: bool = False
    verdict: str = ""
    reason: str = ""
    steps: Sequence[Step] = ()
    build: Callable[[], dict[str, Any]] = field(default=dict, repr=False)

    @property
    def event(self) -> dict[str, Any]:
        return self.build()

    @property
    def response(self) -> Any:
        return self.answer.response

    @property
    def error(self) -> str | None:
        return self.answer.error


class Told(Enum):
    """What a happening is, where it matters to who tells of many of them."""

    READ = "records were read, or messages received"
    RETURNED = "messages will be visible again, each time after another wait"
    ELSE = "anything else"


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of the explanation; `names` are the records it is about."""

    at: float
    shard_id: str
    text: str
    names: Sequence[str] = ()
    kind: Told = Told.ELSE


@dataclass(frozen=True, slots=True)
class Discarded:
    """Records given up, and why; `record` went to the on-failure destination, as `object_key` if that is a bucket."""

    at: float
    shard_id: str
    condition: str
    names: Sequence[str]
    request_id: str
    windowed: Windowed | None = None
    record: dict[str, Any] | None = None
    object_key: str | None = None
    lane: int = 0


@dataclass(frozen=True, slots=True)
class Queued:
    """A message of a FIFO queue: since when it was there, and of which group."""

    sent: float
    group: str


@dataclass(slots=True)
class Timeline:
    """Everything a simulation tells.

    `invocations`   in order of start
    `failures`      on-failure records as AWS writes them; none without a destination
    `discarded`     what was given up, with or without a destination
    `filtered`      sequence numbers or message ids that the filters kept from the function
    `dropped`       user records of aggregates that fan-out lost: (sequence number, partition key)
    `checkpoints`   shard id -> last settled sequence number
    `deleted`       messages a queue mapping deleted, by id
    `dead_letters`  messages a queue moved to its dead-letter queue, by id
    `expired`       messages that outlived their queue's retention, by id
    `queued`        messages that a FIFO queue held, by id
    `records`       how many records the simulation knew of
    `metrics`       CloudWatch data points
    `happenings`    all of it in order, as `explain` tells it
    `place_of`      sequence number or message id -> n of `records[n]`
    """

    invocations: list[Invocation] = field(default_factory=list)
    discarded: list[Discarded] = field(default_factory=list)
    filtered: list[str] = field(default_factory=list)
    dropped: list[tuple[str, str]] = field(default_factory=list)
    dead_letters: list[str] = field(default_factory=list)
    expired: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    checkpoints: dict[str, str] = field(default_factory=dict)
    queued: dict[str, Queued] = field(default_factory=dict)
    records: int = 0
    metrics: list[Metric] = field(default_factory=list)
    happenings: list[Happening | Invocation | Discarded] = field(default_factory=list)
    place_of: Callable[[str], int] = field(default=int, repr=False)

    @property
    def failures(self) -> list[dict[str, Any]]:
        return [discarded.record for discarded in self.discarded if discarded.record is not None]

    def explain(self, record: int | None = None) -> str:
        """One line per thing that happened, or per thing that happened to `records[record]` and its window."""
        if record is not None and (type(record) is not int or not 0 <= record < self.records):
            raise ValueError(f"record must be the place of one of {self.records} records, from 0; got {shown(record)}")
        from local.engine.explanation import explain  # which reads timelines

        return explain(self, record)

    def to_html(self, path: str | Path) -> Path:
        """Write one self-contained page that draws it all."""
        from local.engine.page import page  # which reads them too

        target = Path(path)
        target.write_text(page(self), encoding="utf-8")
        return target
