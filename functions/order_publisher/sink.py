"""The bus. Entries go in order: after one that was refused nothing behind it counts as sent.

call 1   [1 2 3 4 5]    3 is refused          1 2 are sent
wait     random() x 0.05 s
call 2   [3 4 5 6 7]    4 and 5 go again: who listens knows versions, and the order is worth a repeat
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol, Unpack

from domain.order_event import DETAIL_TYPE, SOURCE
from order_publisher.entry import Entry, calls
from streamkit.throttle import CALL_ERRORS, INTERRUPTIONS, THROTTLES, Backoff, SecondsLeft, error_name, is_passing

if TYPE_CHECKING:
    from mypy_boto3_events.type_defs import (
        PutEventsRequestEntryTypeDef,
        PutEventsRequestTypeDef,
        PutEventsResponseTypeDef,
    )

# An entry refused for now, by the codes that stand in the answer of a call that succeeded.
PASSING_CODES = THROTTLES | INTERRUPTIONS | {"InternalException", "InternalFailure", "ServiceUnavailable"}


class Bus(Protocol):
    """What the sink needs of an EventBridge client."""

    def put_events(self, **request: Unpack[PutEventsRequestTypeDef]) -> PutEventsResponseTypeDef: ...


@dataclass(frozen=True, slots=True)
class Sent:
    """How many of the entries are sent, from the first on without a gap; and why no more are."""

    count: int
    retries: int = 0
    refusal: str | None = None
    final: bool = False  # the first unsent entry was refused for good


@dataclass(frozen=True, slots=True)
class BusSink:
    """Entries to one bus."""

    bus_name: str
    bus: Bus
    backoff: Backoff = field(default_factory=Backoff)

    def send(self, entries: list[Entry], seconds_left: SecondsLeft) -> Sent:
        """Send them in order, until all are sent, one is refused for good, or the time has run out."""
        sent = Sent(0)
        while sent.count < len(entries) and (not sent.count or seconds_left() > 0):
            for attempt in self.backoff.attempts(seconds_left):
                taken = self._call(next(calls(entries[sent.count :])))
                sent = Sent(
                    sent.count + taken.count,
                    sent.retries + (attempt > 0),
                    taken.refusal or sent.refusal,
                    taken.final,
                )
                if taken.refusal is None:
                    break
                if taken.final:
                    return sent
            else:
                return sent
        return sent

    def _call(self, call: list[Entry]) -> Sent:
        """One call; what of it counts as sent ends at the first entry that was refused."""
        try:
            answer = self.bus.put_events(Entries=[self._request(one) for one in call])
        except CALL_ERRORS as error:
            if not is_passing(error):
                raise
            return Sent(0, refusal=error_name(error))
        results = answer.get("Entries", [])
        for number in range(len(call)):
            # Of a body that is rubbish botocore makes an answer without entries: only an id says that one is taken.
            result = results[number] if number < len(results) else {}
            if "EventId" not in result:
                code = result.get("ErrorCode", "NoAnswer")
                told = f"{code}: {result.get('ErrorMessage', '')}".rstrip(": ")
                return Sent(number, refusal=told, final=code not in PASSING_CODES | {"NoAnswer"})
        return Sent(len(call))

    def _request(self, entry: Entry) -> PutEventsRequestEntryTypeDef:
        return {
            "EventBusName": self.bus_name,
            "Source": SOURCE,
            "DetailType": DETAIL_TYPE,
            "Time": datetime.fromtimestamp(entry.change.created, UTC),
            "Detail": entry.detail,
        }
