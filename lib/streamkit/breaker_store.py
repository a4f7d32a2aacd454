"""One circuit breaker, shared by all instances through an item of a DynamoDB table.

    {"name": "payment", "version": 7, "state": "open", "openings": 2, "rests": 1, "until": 1714564815.250}

Every write is conditional on the version that was read, so two instances never both probe, and none overwrites what it
has not seen. A healthy service costs one read per instance in `cache_seconds` and no write: only failures and probes
are told. Other instances learn of an opening within `cache_seconds`.

The table itself in trouble: what was seen last still counts; where that is no answer the call goes through. The breaker
spares a failing service calls, which is no reason to stop a well one, and every call has its own timeout. What
repetition cannot mend, such as a denial, rises.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, Unpack

from streamkit.breaker import (
    Asked,
    Closed,
    Event,
    Failed,
    HalfOpen,
    Numbers,
    Open,
    Passage,
    Refusal,
    State,
    Succeeded,
    admission,
    after,
)
from streamkit.throttle import CALL_ERRORS, PROOF, UnprovenError, error_name, is_passing, proof

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import (
        GetItemInputTypeDef,
        GetItemOutputTypeDef,
        PutItemInputTypeDef,
        PutItemOutputTypeDef,
    )

# Each lost race means that another instance moved the breaker on; from five failures to open it takes five.
MOST_RACES = 10


class Table(Protocol):
    """What a breaker needs of a DynamoDB client."""

    def get_item(self, **request: Unpack[GetItemInputTypeDef]) -> GetItemOutputTypeDef: ...
    def put_item(self, **request: Unpack[PutItemInputTypeDef]) -> PutItemOutputTypeDef: ...


class BreakerItemError(ValueError):
    """The breaker's item is not one of a breaker."""


@dataclass(slots=True)
class Tally:
    """What this instance's breakers did since it was last taken."""

    opened: int = 0
    closed: int = 0
    refused: int = 0

    def taken(self) -> Tally:
        """The figures, which then begin anew."""
        figures = Tally(self.opened, self.closed, self.refused)
        self.opened = self.closed = self.refused = 0
        return figures


@dataclass(frozen=True, slots=True)
class Seen:
    """The state as it was read or written, and when; version 0 where there is no item yet."""

    state: State
    version: int
    at: float


@dataclass(slots=True)
class Breaker:
    """Ask it before a call, tell it afterwards what came of it."""

    name: str
    table_name: str
    table: Table
    numbers: Numbers = field(default_factory=Numbers)
    cache_seconds: float = 5.0
    clock: Callable[[], float] = time.time
    make_name: Callable[[], str] = lambda: f"{random.getrandbits(64):016x}"
    tally: Tally = field(default_factory=Tally)
    _seen: Seen | None = None

    def ask(self) -> Passage | Refusal:
        """The leave for one call, or how long to wait before asking again."""
        by = self.make_name()
        fresh = self._seen is not None and self.clock() - self._seen.at < self.cache_seconds
        state = self._moved(Asked(by), self._seen if fresh else None)
        answer = admission(state, by, self.clock())
        if isinstance(answer, Refusal):
            self.tally.refused += 1
        return answer

    def succeeded(self, passage: Passage) -> None:
        """The service did its work, also where it refused politely. Of ordinary successes nobody needs to know."""
        if passage.probe is not None:
            self._moved(Succeeded(passage))

    def failed(self, passage: Passage) -> Refusal | None:
        """The service was in trouble, or nothing is known of it; if the breaker is open now, how long to wait."""
        answer = admission(self._moved(Failed(passage)), "", self.clock())
        return answer if isinstance(answer, Refusal) else None

    def _moved(self, event: Event, seen: Seen | None = None) -> State:
        """The state once `event` has had its effect."""
        state: State = Closed()
        for _ in range(MOST_RACES):
            try:
                seen = seen or self._read()
                state = after(seen.state, event, self.clock(), self.numbers)
                if state == seen.state or self._written(state, seen):
                    return state
                seen = None
            except (*CALL_ERRORS, UnprovenError) as error:
                if not is_passing(error):
                    raise
                return self._guessed(event)
        # Whoever won the races has moved the breaker on; to lose one failure or one chance to probe changes little.
        return self._guessed(event)

    def _guessed(self, event: Event) -> State:
        """What to go by while the table does not answer: the last state seen, and where that has run out, closed."""
        if self._seen is None:
            return Closed()
        state = after(self._seen.state, event, self.clock(), self.numbers)
        return state if state == self._seen.state else Closed(state.openings)

    def _read(self) -> Seen:
        answer = self.table.get_item(
            TableName=self.table_name, Key={"name": {"S": self.name}}, ConsistentRead=True, **PROOF
        )
        proof(answer, "ConsumedCapacity")
        item: Any = answer.get("Item")
        self._seen = Seen(*(state_of(item) if item else (Closed(), 0)), self.clock())
        return self._seen

    def _written(self, state: State, seen: Seen) -> bool:
        """Whether `state` stands now; False if another instance was faster."""
        unchanged: Any = (
            {
                "ConditionExpression": "#version = :version",
                "ExpressionAttributeNames": {"#version": "version"},
                "ExpressionAttributeValues": {":version": {"N": str(seen.version)}},
            }
            if seen.version
            else {"ConditionExpression": "attribute_not_exists(#name)", "ExpressionAttributeNames": {"#name": "name"}}
        )
        item = {"name": {"S": self.name}, **attributes(state, seen.version + 1)}
        try:
            answer = self.table.put_item(TableName=self.table_name, Item=item, **unchanged, **PROOF)
            proof(answer, "ConsumedCapacity")
        except CALL_ERRORS as error:
            if error_name(error) != "ConditionalCheckFailedException":
                raise
            self._seen = None
            return False
        self._seen = Seen(state, seen.version + 1, self.clock())
        self.tally.opened += isinstance(state, Open)
        self.tally.closed += isinstance(seen.state, HalfOpen) and isinstance(state, Closed)
        return True


def attributes(state: State, version: int) -> dict[str, Any]:
    """The state in DynamoDB's wire types; times in epoch seconds, to the millisecond."""
    common = {"version": {"N": str(version)}, "openings": {"N": str(state.openings)}}
    match state:
        case Closed(_, failures):
            return {**common, "state": {"S": "closed"}, "failures": {"L": [_time(at) for at in failures]}}
        case Open(_, rests, until):
            return {**common, "state": {"S": "open"}, "rests": {"N": str(rests)}, "until": _time(until)}
        case HalfOpen(_, rests, probe, until):
            resting = {"rests": {"N": str(rests)}, "until": _time(until)}
            return {**common, "state": {"S": "half-open"}, **resting, "probe": {"S": probe}}


def state_of(item: dict[str, Any]) -> tuple[State, int]:
    """The state and the version that `attributes` wrote."""
    try:
        return _state(item), int(item["version"]["N"])
    except (KeyError, ValueError, TypeError) as error:
        raise BreakerItemError(
            f"a breaker's item must be closed, open or half-open with its numbers; got {item!r:.300}: {error!r}; "
            "delete the item, and the breaker begins closed"
        ) from error


def _state(item: dict[str, Any]) -> State:
    openings = int(item["openings"]["N"])
    match item["state"]["S"]:
        case "closed":
            return Closed(openings, tuple(float(at["N"]) for at in item["failures"]["L"]))
        case "open":
            return Open(openings, int(item["rests"]["N"]), float(item["until"]["N"]))
        case "half-open":
            return HalfOpen(openings, int(item["rests"]["N"]), item["probe"]["S"], float(item["until"]["N"]))
        case other:
            raise ValueError(other)


def _time(epoch_seconds: float) -> dict[str, str]:
    return {"N": f"{epoch_seconds:.3f}"}
