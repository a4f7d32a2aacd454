"""The bus. Entries go in order: after one that was refused nothing behind it counts as sent.

call 1   [1 2 3 4 5]    3 is refused          1 2 are sent
wait     random() x 0.05 s
call 2   [3 4 5 6 7]    4 and 5 go again: who listens knows versions, and the order is worth a repeat

An entry refused for its content is so for good; a throttle and a fault of the service are for now. Any other refusal, a
denial or a disabled key, says nothing of the change: it rises as the call's own denial would.
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
        PutEventsResultEntryTypeDef,
    )

# The codes that stand for an entry in the answer of a call that succeeded: refused for now, and for what it holds.
PASSING_CODES = (
    THROTTLES
    | INTERRUPTIONS
    | {
        "InternalException",
        "InternalFailure",
        "InternalServerError",
        "ServiceUnavailable",
        "ServiceUnavailableException",
    }
)
FINAL_CODES = {"InvalidArgument", "MalformedDetail"}


class EntryRefusedError(RuntimeError):
    """The bus refuses an entry, and neither the entry nor the moment is to blame."""


class Bus(Protocol):
    """What the sink needs of an EventBridge client."""

    def put_events(self, **request: Unpack[PutEventsRequestTypeDef]) -> PutEventsResponseTypeDef: ...


@dataclass(frozen=True, slots=True)
class Sent:
    """How many of the entries are sent, from the first on without a gap; and why no more are."""

    count: int
    retries: int = 0
    refusal: str | None = None
    final: bool = False  # the first unsent entry was refused for what it holds


@dataclass(frozen=True, slots=True)
class BusSink:
    """Entries to one bus."""

    bus_name: str
    bus: Bus
    backoff: Backoff = field(default_factory=Backoff)

    def send(self, entries: list[Entry], seconds_left: SecondsLeft) -> Sent:
        """Send them in order, until all are sent, one is refused for its content, or the time has run out."""
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
                return self._refused(number, result)
        return Sent(len(call))

    def _refused(self, number: int, result: PutEventsResultEntryTypeDef) -> Sent:
        """What is sent of a call whose entry `number` was refused."""
        code = result.get("ErrorCode", "NoAnswer")
        told = f"{code}: {result.get('ErrorMessage', '')}".rstrip(": ")
        if code in FINAL_CODES or code in PASSING_CODES | {"NoAnswer"}:
            return Sent(number, refusal=told, final=code in FINAL_CODES)
        raise EntryRefusedError(
            f"bus {self.bus_name} must take orders' events; got {told}; look at the bus's policy and key, and at the "
            "permissions of this function: nothing behind this change is published until then"
        )

    def _request(self, entry: Entry) -> PutEventsRequestEntryTypeDef:
        return {
            "EventBusName": self.bus_name,
            "Source": SOURCE,
            "DetailType": DETAIL_TYPE,
            "Time": datetime.fromtimestamp(entry.change.created, UTC),
            "Detail": entry.detail,
        }
