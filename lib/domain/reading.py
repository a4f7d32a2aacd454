"""JSON read strictly, and a decoder's complaint told with its field, rule and value.

The decoder of trips is faster and passes over a name that occurs twice. Orders come one at a time, and are money: which
of two quantities was meant, two readers between customer and table may see differently.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LONGEST_VALUE_SHOWN = 80
LONGEST_INTEGER = 40  # more digits than any bound has; of thousands int() makes long work, or refuses

_PLACE = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
_MISSING = re.compile(r"^Object missing required field `(?P<name>\w+)`")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something is not what it should be; `field` as `items[2].quantity`, None where it is about the whole."""

    reason: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """A number that is no integer of bearable length, as it was written; of no type that any field has."""

    text: str


class _RepeatedNameError(ValueError):
    pass


def read(body: str | bytes) -> Any:
    """The JSON value in `body`, or a refusal: no JSON, no UTF-8, nested too deeply, a name twice in one object."""
    try:
        return json.loads(
            body if isinstance(body, str) else body.decode(),
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=Written,
            parse_constant=_no_json,
        )
    except _RepeatedNameError as error:
        name = shown(str(error))[1:-1]
        return Refusal(f"{name} must occur once in its object; got it more than once", name)
    except RecursionError:
        return Refusal("the body must be JSON; got one nested too deeply to read")
    except ValueError as error:
        return Refusal(f"the body must be JSON in UTF-8; got {len(body)} bytes: {error}")


def refusal(sent: Any, complaint: str, rules: Mapping[str, str]) -> Refusal:
    """msgspec's `complaint` about `sent` in the words of `rules`: field, with [] for any index, to rule."""
    place, missing = _PLACE.search(complaint), _MISSING.match(complaint)
    path = place["path"] if place else ""
    field = f"{path}.{missing['name']}".lstrip(".") if missing else path
    rule = rules.get(re.sub(r"\[\d+\]", "[]", field))
    if rule is None:  # the decoder's wording has changed, or the field has no words here: its own are better than none
        return Refusal(f"{field or 'the body'}: {complaint}", field or None)
    got = "it is missing" if missing else f"got {shown(_value(sent, path))}"
    return Refusal(f"{field or 'the body'} must be {rule}; {got}", field or None)


def shown(value: Any) -> str:
    """A JSON value in ASCII, at a length that an answer can bear; what it holds is not walked through."""
    match value:
        case dict():
            return "an object"
        case list():
            return f"an array of {len(value)}"
        case Written(text):
            return _cut(text)
        case _:
            return _cut(json.dumps(value, default=lambda other: type(other).__name__))


def _value(sent: Any, path: str) -> Any:
    for step in re.findall(r"\w+", path):
        sent = sent[int(step)] if isinstance(sent, list) else sent[step]
    return sent


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _RepeatedNameError(name)
        found[name] = value
    return found


def _integer(digits: str) -> int | Written:
    return int(digits) if len(digits) <= LONGEST_INTEGER else Written(digits)


def _no_json(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE_SHOWN else f"{text[:LONGEST_VALUE_SHOWN]}... ({len(text)} characters)"
