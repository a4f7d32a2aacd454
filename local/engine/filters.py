"""Which records a mapping's FilterCriteria let through.

Patterns are EventBridge's, less what AWS does not list for mappings (`wildcard`, `cidr`):

    {"data": {"city": ["Zurich", {"prefix": "Ba"}], "fare": [{"numeric": [">", 0, "<=", 100]}]}}

Keys of one object must all match, alternatives of one list need one match, filters of one mapping likewise.
Numbers are compared by how they are written: 300, 300.0 and 3.0e2 differ.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from local.engine import rulings

NUMERIC: dict[str, Callable[[float, float], bool]] = {
    "=": lambda value, bound: value == bound,
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
}
NOT_FOR_MAPPINGS = ("wildcard", "cidr")  # EventBridge has them; the mapping's table of operators does not


Pattern = dict[str, Any]


class PatternError(ValueError):
    """A pattern that is not one; the text says what and where."""


class Number(str):
    """A JSON number as it was written."""

    __slots__ = ()


def numbers_as_written(text: str) -> Any:
    """JSON with its numbers kept as written; ValueError for anything else, nesting too deep included."""
    try:
        return json.loads(text, parse_int=Number, parse_float=Number, parse_constant=_no_constant)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


@dataclass(frozen=True, slots=True)
class Filters:
    """The patterns of one mapping. `payload` names the field that holds text of its own: data, body or none."""

    patterns: tuple[Pattern, ...] = ()
    payload: str | None = None

    def admit(self, document: dict[str, Any]) -> bool:
        """Whether a record is delivered; its payload, where it has one, is given as text or None if unreadable."""
        return not self.patterns or any(self._admits(pattern, document) for pattern in self.patterns)

    def _admits(self, pattern: Pattern, document: dict[str, Any]) -> bool:
        try:
            return all(self._part_matches(key, expected, document) for key, expected in pattern.items())
        except RecursionError:
            return False  # content nested too deeply to follow matches nothing, as what cannot be read

    def _part_matches(self, key: str, expected: Any, document: dict[str, Any]) -> bool:
        if key == "$or":
            return any(self._admits(branch, document) for branch in expected)
        if key == self.payload:
            return expected == {} or _payload_matches(expected, document[key])
        return _object_matches({key: expected}, document)


def compile_filters(texts: Sequence[str], payload: str | None) -> Filters:
    return Filters(tuple(compile_pattern(text) for text in texts), payload)


def compile_pattern(text: str) -> Pattern:
    """The pattern as matching wants it; PatternError if AWS (or a ruling) would not have it."""
    try:
        pattern = numbers_as_written(text)
    except ValueError as error:
        raise PatternError(f"not JSON: {error}") from error
    if not isinstance(pattern, dict):
        raise PatternError("a pattern is an object")
    _check_object(pattern, "pattern", 1)
    return pattern


def fields_of(pattern: Pattern) -> set[str]:
    """The fields of a record that a pattern looks at, those of its alternatives included."""
    own = set(pattern) - {"$or"}
    return own.union(*(fields_of(branch) for branch in pattern.get("$or", ())))


def _check_object(pattern: Pattern, where: str, level: int) -> None:
    if level > rulings.PATTERN_LEVELS:
        raise PatternError(f"nested deeper than {rulings.PATTERN_LEVELS} levels")
    for key, value in pattern.items():
        place = f"{where}.{key}"
        if key == "$or":
            _check_or(value, place, level)
        elif isinstance(value, dict):
            _check_object(value, place, level + 1)
        elif isinstance(value, list) and value:
            for alternative in value:
                _check_alternative(alternative, place)
        else:
            raise PatternError(f"{place} must be an object or a list of values that is not empty")


def _check_or(value: Any, place: str, level: int) -> None:
    if not isinstance(value, list) or len(value) < 2:
        raise PatternError(f"{place} must be a list of at least two patterns")
    for branch in value:
        if not isinstance(branch, dict):
            raise PatternError(f"{place} must hold patterns")
        _check_object(branch, place, level + 1)


def _check_alternative(alternative: Any, place: str) -> None:
    if isinstance(alternative, list):
        raise PatternError(f"{place} may not nest lists")
    if not isinstance(alternative, dict):
        return
    if len(alternative) != 1:
        raise PatternError(f"{place} takes one operator at a time")
    ((operator, argument),) = alternative.items()
    if operator in NOT_FOR_MAPPINGS:
        raise PatternError(f"{place}: {operator} is not among the operators of event source mappings")
    check = OPERAND_CHECKS.get(operator)
    if check is None:
        raise PatternError(f"{place}: unknown operator {operator!r}")
    if not check(argument):
        raise PatternError(f"{place}: {operator} cannot take {argument!r}")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and not isinstance(value, Number)


def _is_affix(value: Any) -> bool:
    if isinstance(value, dict):
        return list(value) == ["equals-ignore-case"] and _is_text(value["equals-ignore-case"])
    return _is_text(value)


def _is_numeric(value: Any) -> bool:
    """`[operator, number]`, or a range from below to above: `[">", 0, "<=", 100]`."""
    match value:
        case [str() as operator, Number()]:
            return operator in NUMERIC
        case [">" | ">=", Number() as low, "<" | "<=", Number() as high]:
            return float(low) < float(high)
        case _:
            return False


def _is_anything_but(value: Any) -> bool:
    if isinstance(value, dict):
        return len(value) == 1 and all(
            key in ("prefix", "suffix", "equals-ignore-case") and _texts(item) for key, item in value.items()
        )
    values = value if isinstance(value, list) else [value]
    return bool(values) and all(isinstance(item, str) for item in values)


def _texts(value: Any) -> bool:
    listed = value if isinstance(value, list) else [value]
    return bool(listed) and all(_is_text(item) for item in listed)


OPERAND_CHECKS: dict[str, Callable[[Any], bool]] = {
    "exists": lambda value: isinstance(value, bool),
    "prefix": _is_affix,
    "suffix": _is_affix,
    "equals-ignore-case": _is_text,
    "numeric": _is_numeric,
    "anything-but": _is_anything_but,
}


def _payload_matches(pattern: Any, payload: str | None) -> bool:
    """Formats must agree: an object matches JSON, a list of values matches plain text."""
    if payload is None:
        return False
    try:
        parsed = numbers_as_written(payload)
    except ValueError:
        parsed = None
    if isinstance(pattern, dict):
        return isinstance(parsed, dict) and _object_matches(pattern, parsed)
    return not isinstance(parsed, dict | list) and _leaf_matches(pattern, [payload], exists=True)


MISSING = object()


def _object_matches(pattern: dict[str, Any], document: Any) -> bool:
    return _any_matches(pattern, document, _objects(document))


def _any_matches(pattern: dict[str, Any], document: Any, kin: list[dict[str, Any]]) -> bool:
    """Whether one object matches, of a list one after the other; what is no object is as good as an empty one.

    `kin` are all objects at this place of the record, in whatever lists they lie: only of what none of them has it
    can be said that it does not exist.
    """
    return any(_one_matches(pattern, values, kin) for values in _objects(document) or [{}])


def _one_matches(pattern: dict[str, Any], values: dict[str, Any], kin: list[dict[str, Any]]) -> bool:
    for key, expected in pattern.items():
        if key == "$or":
            matched = any(_one_matches(branch, values, kin) for branch in expected)
        elif isinstance(expected, dict):
            within = [each for member in kin for each in _objects(member.get(key))]
            matched = _any_matches(expected, values.get(key), within)
        else:
            exists = any(_leaves(member.get(key, MISSING)) for member in kin)
            matched = _leaf_matches(expected, _leaves(values.get(key, MISSING)), exists=exists)
        if not matched:
            return False
    return True


def _objects(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, list):
        return [each for item in value for each in _objects(item)]
    return [value] if isinstance(value, dict) else []


def _leaves(value: Any) -> list[Any]:
    """Only leaves exist: an object, or a list without leaves, is as good as absent."""
    if isinstance(value, list):
        return [leaf for leaf in value if not isinstance(leaf, dict | list)]
    return [] if value is MISSING or isinstance(value, dict) else [value]


def _leaf_matches(alternatives: list[Any], leaves: list[Any], *, exists: bool) -> bool:
    return any(_alternative_matches(alternative, leaves, exists) for alternative in alternatives)


def _alternative_matches(alternative: Any, leaves: list[Any], exists: bool) -> bool:
    if not isinstance(alternative, dict):
        return any(_same(alternative, leaf) for leaf in leaves)
    ((operator, argument),) = alternative.items()
    if operator == "exists":
        return bool(leaves) if argument else not exists
    return any(_operator_matches(operator, argument, leaf) for leaf in leaves)


def _same(expected: Any, value: Any) -> bool:
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = Number(json.dumps(value))
    return type(expected) is type(value) and bool(expected == value)


def _operator_matches(operator: str, argument: Any, value: Any) -> bool:
    match operator:
        case "numeric":
            return _numeric_matches(argument, value)
        case "anything-but":
            return _anything_but_matches(argument, value)
        case _:
            return _text_matches(operator, argument, value)


def _text_matches(operator: str, argument: Any, value: Any) -> bool:
    if not _is_text(value):
        return False
    if isinstance(argument, dict):
        argument, value = argument["equals-ignore-case"].lower(), value.lower()
    match operator:
        case "prefix":
            return bool(value.startswith(argument))
        case "suffix":
            return bool(value.endswith(argument))
        case _:
            return bool(value.lower() == argument.lower())


def _numeric_matches(rule: list[Any], value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, Number | int | float):
        return False
    return all(NUMERIC[op](float(value), float(bound)) for op, bound in zip(rule[::2], rule[1::2], strict=True))


def _anything_but_matches(argument: Any, value: Any) -> bool:
    if isinstance(argument, dict):
        ((operator, texts),) = argument.items()
        texts = texts if isinstance(texts, list) else [texts]
        return not any(_text_matches(operator, text, value) for text in texts)
    excluded = argument if isinstance(argument, list) else [argument]
    return not any(_same(item, value) for item in excluded)
