"""Refusals that AWS makes when a mapping is created, with AWS's text where it is known.

MappingRefusedError     a mapping that AWS (or this engine, said so in the text) would not create
"""

from __future__ import annotations

from collections.abc import Mapping as Dict
from typing import Any

INVALID = "InvalidParameterValueException"
VALIDATION = "ValidationException"


class MappingRefusedError(ValueError):
    """A mapping AWS would refuse; `field` is the setting at fault, `text` the message without our additions."""

    def __init__(self, field: str, text: str, code: str = INVALID) -> None:
        super().__init__(f"{field}: {code}: {text}")
        self.field = field
        self.text = text
        self.code = code


def shown(value: object) -> str:
    """A value as an error shows it: short, and quoted if it is text; whatever it is, this raises nothing."""
    if isinstance(value, int) and value.bit_length() > 256:  # Python refuses to write out the longest
        return f"a whole number of {value.bit_length()} bits"
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001  the value is a stranger's
        return f"a value of type {type(value).__name__} that cannot be shown"
    return text if len(text) <= 80 else f"{text[:77]}..."


def refuse_other_texts(name: str, value: object) -> None:
    """For what travels in events: text, not empty, that UTF-8 can carry."""
    if not isinstance(value, str) or not value:
        raise TypeError(f"{name} must be text that is not empty; got {shown(value)}")
    refuse_half_pairs(name, value)


def refuse_half_pairs(name: str, value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        half = value[error.start].encode("unicode_escape").decode()
        raise ValueError(
            f"{name} must be text that UTF-8 can carry; got half a surrogate pair, {half}, at place {error.start}"
        ) from error


def whole_number(fields: Dict[str, Any], field: str, default: int, lowest: int, highest: int) -> int:
    value = fields.get(field.rpartition(".")[2])
    if value is None:
        return default
    if type(value) is not int:  # a bool is an int to Python, never to AWS
        raise MappingRefusedError(field, f"must be a whole number; got {shown(value)}", VALIDATION)
    name = ".".join(part[0].lower() + part[1:] for part in field.split("."))
    if value < lowest:
        raise _constraint(field, name, value, f"greater than or equal to {lowest}")
    if value > highest:
        raise _constraint(field, name, value, f"less than or equal to {highest}")
    return value


def _constraint(field: str, name: str, value: int, rule: str) -> MappingRefusedError:
    text = (
        f"1 validation error detected: Value '{shown(value)}' at '{name}' failed to satisfy constraint: "
        f"Member must have value {rule}"
    )
    return MappingRefusedError(field, text, VALIDATION)


def flag(fields: Dict[str, Any], field: str, *, default: bool) -> bool:
    value = fields.get(field)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise MappingRefusedError(field, f"must be true or false; got {shown(value)}", VALIDATION)
    return value


def text(fields: Dict[str, Any], field: str) -> str | None:
    value = fields.get(field)
    if value is not None and not isinstance(value, str):
        raise MappingRefusedError(field, f"must be text; got {shown(value)}", VALIDATION)
    return value


def structure(fields: Dict[str, Any], field: str, keys: set[str]) -> dict[str, Any]:
    """A nested object with no keys but these; {} where there is none."""
    value = fields.get(field.rpartition(".")[2])
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise MappingRefusedError(field, f"must be an object; got {shown(value)}", VALIDATION)
    for key in value:
        if key not in keys:
            raise MappingRefusedError(
                f"{field}.{key}", f"is not a field; {field} has {', '.join(sorted(keys))}", VALIDATION
            )
    return value


def tags(fields: Dict[str, Any], field: str) -> None:
    """Tags say nothing here; they must be what AWS takes all the same."""
    value = fields.get(field)
    is_object = value is None or isinstance(value, Dict)
    if not is_object or not all(isinstance(text, str) for pair in (value or {}).items() for text in pair):
        raise MappingRefusedError(field, f"must be an object of texts; got {shown(value)}", VALIDATION)


def texts(fields: Dict[str, Any], field: str, allowed: tuple[str, ...]) -> tuple[str, ...]:
    value = fields.get(field.rpartition(".")[2])
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        raise MappingRefusedError(field, f"must be a list; got {shown(value)}", VALIDATION)
    for item in value:
        if item not in allowed:
            raise MappingRefusedError(field, f"may hold {', '.join(allowed)}; got {shown(item)}", VALIDATION)
    return tuple(value)
