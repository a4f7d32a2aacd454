"""Changes of a table's items, out of the event that its stream sends.

    {"NewImage": {"id": {"S": "o-1"}, "version": {"N": "2"}}, ...}   the wire
    Change("MODIFY", after={"id": "o-1", "version": 2}, ...)         plain Python

A number without fraction and exponent is an int, any other a Decimal: nothing is counted in floats.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal, get_args

import msgspec

from streamkit.instants import LATEST, instant

EventName = Literal["INSERT", "MODIFY", "REMOVE"]
Item = dict[str, Any]

EVENT_NAMES = get_args(EventName)

# Who deletes expired items; whoever else deletes one leaves no identity in the stream.
TIME_TO_LIVE = "dynamodb.amazonaws.com"

REMEDY = "invoke this function through the mapping of a table's stream with NEW_AND_OLD_IMAGES"

_INTEGER = re.compile(r"-?[0-9]{1,170}", re.ASCII)
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?", re.ASCII)
_LONGEST_VALUE_SHOWN = 80


class ChangeError(ValueError):
    """The event is not what a table's stream with both images sends."""


class Change(msgspec.Struct, frozen=True):
    """One change of one item; `before` is None for an INSERT, `after` for a REMOVE."""

    event_name: EventName
    keys: Item
    before: Item | None
    after: Item | None
    sequence_number: str
    created: float  # epoch seconds, as DynamoDB stamped it; whole ones in practice
    expired: bool = False  # removed by its time to live, not by a caller

    @property
    def position(self) -> int:
        """The place in the shard: sequence numbers order as integers, not as text."""
        return int(self.sequence_number)

    @property
    def created_at(self) -> str:
        return instant(self.created)

    @property
    def changed(self) -> list[str]:
        """The attributes that came, went or have another value, by name."""
        before, after = self.before or {}, self.after or {}
        kept = {name for name in before.keys() & after.keys() if _same(before[name], after[name])}
        return sorted((before.keys() | after.keys()) - kept)


def changes(event: Mapping[str, Any]) -> list[Change]:
    """The changes of `event`, in shard order."""
    delivered = event.get("Records")
    if not isinstance(delivered, Sequence) or isinstance(delivered, str):
        raise ChangeError(
            f"event must carry a list of changes under Records; got the keys {sorted(map(str, event))}; {REMEDY}"
        )
    return [change(entry) for entry in delivered]


def change(entry: Mapping[str, Any]) -> Change:
    """One record of a table's stream."""
    record = _mapping(entry, "a record")
    if record.get("eventSource") != "aws:dynamodb":
        raise _refused("eventSource", "aws:dynamodb", record.get("eventSource"))
    event_name: Any = record.get("eventName")
    if event_name not in EVENT_NAMES:
        raise _refused("eventName", "INSERT, MODIFY or REMOVE", event_name)
    written = _mapping(record.get("dynamodb"), "dynamodb")
    sequence_number = written.get("SequenceNumber")
    if not isinstance(sequence_number, str) or not _INTEGER.fullmatch(sequence_number):
        raise _refused("SequenceNumber", "a number as text", sequence_number)
    return Change(
        event_name,
        item(written.get("Keys"), "Keys"),
        None if event_name == "INSERT" else item(written.get("OldImage"), "OldImage"),
        None if event_name == "REMOVE" else item(written.get("NewImage"), "NewImage"),
        sequence_number,
        _created(written.get("ApproximateCreationDateTime")),
        _by_time_to_live(record.get("userIdentity")),
    )


def item(image: object, name: str = "item") -> Item:
    """The item in plain Python; `name` says in an error which image it was.

    item({"id": {"S": "o-1"}, "cents": {"N": "250"}})  ->  {"id": "o-1", "cents": 250}
    """
    return {key: value(wired, f"{name}.{key}") for key, wired in _mapping(image, name).items()}


def value(wired: object, name: str = "value") -> Any:
    """One value out of its wire type; `name` is its path."""
    if not isinstance(wired, Mapping) or len(wired) != 1:
        raise _refused(name, 'one DynamoDB type with its value, such as {"S": "text"}', wired)
    ((kind, content),) = wired.items()
    match kind, content:
        case "S", str():
            return content
        case "N", str():
            return _number(content, name)
        case "BOOL", bool():
            return content
        case "NULL", True:
            return None
        case "M", Mapping():
            return {key: value(inner, f"{name}.{key}") for key, inner in content.items()}
        case "L", list():
            return [value(inner, f"{name}[{place}]") for place, inner in enumerate(content)]
        case "B", str() | bytes():
            return _binary(content, name)
        case "SS" | "NS" | "BS", list() | set():
            return {value({kind[0]: inner}, name) for inner in content}
    raise _refused(name, "a DynamoDB type and a value of that type", wired)


def _number(text: str, name: str) -> int | Decimal:
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text):
        return Decimal(text)
    raise _refused(name, "a number as DynamoDB writes it", text)


def _binary(content: str | bytes, name: str) -> bytes:
    """Lambda sends binary as base64, the API as it is."""
    if isinstance(content, bytes):
        return content
    try:
        return binascii.a2b_base64(content, strict_mode=True)
    except ValueError as error:
        raise _refused(name, "base64", content) from error


def _created(epoch_seconds: object) -> float:
    if isinstance(epoch_seconds, int | float) and 0 <= epoch_seconds <= LATEST:
        return float(epoch_seconds)
    raise _refused("ApproximateCreationDateTime", "epoch seconds within the years 1970 to 9999", epoch_seconds)


def _by_time_to_live(identity: object) -> bool:
    return isinstance(identity, Mapping) and identity.get("principalId") == TIME_TO_LIVE


def _mapping(found: object, name: str) -> Mapping[str, Any]:
    if isinstance(found, Mapping):
        return found
    raise _refused(name, "an object", found)


def _same(one: Any, other: Any) -> bool:
    """Equal and of one type all the way down: to Python 1 and True are equal, to DynamoDB they are not."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return isinstance(one, bool) is isinstance(other, bool) and bool(one == other)


def _refused(name: str, rule: str, found: object) -> ChangeError:
    text = "nothing" if found is None else repr(found)
    shown = text if len(text) <= _LONGEST_VALUE_SHOWN else f"{text[:_LONGEST_VALUE_SHOWN]}... ({len(text)} characters)"
    return ChangeError(f"{name} must be {rule}; got {shown}; {REMEDY}")
