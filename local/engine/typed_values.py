"""DynamoDB's typed values, `{"S": "text"}`: which are such, and how many bytes they take."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from local.engine.refusals import refuse_half_pairs, refuse_other_texts, shown

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
EXAMPLE = "{'id': {'S': '7'}}"
BINARY = (bytes, bytearray, str)  # text is what a record of the service holds: Base64
SETS = (set, frozenset, list, tuple)
CONTENT: dict[str, tuple[type, ...]] = {
    "S": (str,),
    "N": (str,),
    "B": BINARY,
    "BOOL": (bool,),
    "NULL": (bool,),
    "SS": SETS,
    "NS": SETS,
    "BS": SETS,
    "L": (list, tuple),
    "M": (Mapping,),
}


def refuse_untyped_items(name: str, item: object) -> None:
    """TypeError for anything but a mapping of typed values; it says where the first other one is."""
    if not isinstance(item, Mapping):
        raise TypeError(f"{name} must be a mapping of typed DynamoDB values, such as {EXAMPLE}; got {shown(item)}")
    for key, value in item.items():
        refuse_other_texts(f"{name}: a name", key)
        _refuse_untyped(f"{name}[{shown(key)}]", value)


def refuse_other_keys(name: str, keys: object) -> None:
    """A table's key is of one attribute or of two, each a text, a number or bytes."""
    refuse_untyped_items(name, keys)
    assert isinstance(keys, Mapping)
    if len(keys) not in (1, 2) or any(kind not in ("S", "N", "B") for value in keys.values() for kind in value):
        raise ValueError(f"{name} must hold one or two values of type S, N or B, such as {EXAMPLE}; got {shown(keys)}")


def _refuse_untyped(where: str, value: object) -> None:
    kind, content = next(iter(value.items())) if isinstance(value, Mapping) and len(value) == 1 else ("", None)
    if not isinstance(kind, str) or not isinstance(content, CONTENT.get(kind, ())):
        raise TypeError(
            f"{where} must be a typed DynamoDB value, such as {{'S': '7'}} or {{'N': '7'}}; got {shown(value)}"
        )
    if isinstance(content, str):
        refuse_half_pairs(where, content)
    if kind == "N" and NUMBER.fullmatch(str(content)) is None:
        raise ValueError(f"{where} must be a number as text, such as {{'N': '7.5'}}; got {shown(value)}")
    if isinstance(content, Mapping):
        refuse_untyped_items(f"{where}['{kind}']", content)
    elif kind in ("L", "SS", "NS", "BS") and isinstance(content, Collection):
        for index, member in enumerate(content):
            _refuse_untyped(f"{where}['{kind}'][{index}]", member if kind == "L" else {kind[0]: member})


def item_bytes(item: Mapping[str, Any]) -> int:
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(value: Any) -> int:
    """Size of a typed value by DynamoDB's published rules: text by bytes, numbers two digits a byte."""
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return (len(content.lstrip("-").replace(".", "")) + 1) // 2 + 1
        case "B":
            return len(content)
        case "SS" | "NS" | "BS":
            return sum(_value_bytes({kind[0]: item}) for item in content)
        case "L":
            return 3 + sum(1 + _value_bytes(item) for item in content)
        case "M":
            return 3 + sum(1 + len(name.encode()) + _value_bytes(item) for name, item in content.items())
        case _:
            return 1
