"""FilterCriteria of a mapping: its patterns, ready to filter, or a refusal that names the filter at fault."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from typing import Any

from local.engine import rulings
from local.engine.filters import Filters, Pattern, PatternError, compile_pattern, fields_of
from local.engine.refusals import VALIDATION, MappingRefusedError, shown, structure, text
from local.engine.source import Source

LONGEST_PATTERN = 4096  # characters


def criteria(fields: Dict[str, Any], origin: Source) -> Filters:
    """The filters of a mapping of this source; none admit everything."""
    _refuse_unreadable(fields)
    payload = "body" if origin.is_queue else "data" if origin.is_kinesis else None
    patterns = tuple(_compiled(pattern, field, origin) for field, pattern in _patterns(fields))
    return Filters(patterns, payload)


def doubts(fields: Dict[str, Any], filters: Filters, origin: Source) -> tuple[str, ...]:
    """What AWS may see otherwise than we do, to be told once."""
    told = []
    if origin.is_kinesis:
        metadata = {key for pattern in filters.patterns for key in fields_of(pattern)} - {"data"}
        told += [
            f"FilterCriteria: {key} is filtered on here, but AWS documents `data` only for Kinesis"
            for key in sorted(metadata)
        ]
    if fields.get("KMSKeyArn") and not filters.patterns:
        told.append(
            "FilterCriteria: KMSKeyArn is set and no criteria are shown; if AWS hides them, they are not applied here"
        )
    return tuple(told)


def _refuse_unreadable(fields: Dict[str, Any]) -> None:
    """A description says so where it could not decrypt the criteria; without them everything would be delivered."""
    text(fields, "KMSKeyArn")
    error = structure(fields, "FilterCriteriaError", {"ErrorCode", "Message"})
    if error:
        raise MappingRefusedError(
            "FilterCriteriaError",
            f"the filters could not be read: {shown(error.get('ErrorCode'))}, {shown(error.get('Message'))}; "
            "give FilterCriteria itself, or describe the mapping with kms:Decrypt on its key",
        )


def _compiled(pattern: str, field: str, origin: Source) -> Pattern:
    try:
        compiled = compile_pattern(pattern)
    except PatternError as error:
        raise MappingRefusedError(field, f"Invalid filter pattern definition. ({error})") from error
    if origin.is_queue and (foreign := fields_of(compiled) - {"body"}):
        raise MappingRefusedError(field, f"filters of a queue see only body; got {', '.join(sorted(foreign))}")
    return compiled


def _patterns(fields: Dict[str, Any]) -> list[tuple[str, str]]:
    """Each pattern's text behind the field it stands in."""
    filters = structure(fields, "FilterCriteria", {"Filters"}).get("Filters")
    if filters is None:
        return []
    if not isinstance(filters, list):
        raise MappingRefusedError("FilterCriteria.Filters", f"must be a list; got {shown(filters)}", VALIDATION)
    if len(filters) > rulings.FILTERS_PER_MAPPING:
        raise MappingRefusedError(
            "FilterCriteria.Filters", f"may hold at most {rulings.FILTERS_PER_MAPPING} filters; got {len(filters)}"
        )
    return [_pattern(entry, f"Filters[{index}]") for index, entry in enumerate(filters)]


def _pattern(entry: Any, name: str) -> tuple[str, str]:
    field = f"FilterCriteria.{name}"
    pattern = structure({name: entry}, field, {"Pattern"}).get("Pattern")
    if pattern is None:
        raise MappingRefusedError(f"{field}.Pattern", "Invalid filter pattern definition. (a filter needs a pattern)")
    if not isinstance(pattern, str) or len(pattern) > LONGEST_PATTERN:
        raise MappingRefusedError(
            f"{field}.Pattern", f"must be text of at most {LONGEST_PATTERN} characters; got {shown(pattern)}"
        )
    return f"{field}.Pattern", pattern
