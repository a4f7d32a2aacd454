"""Attributes that an emulator does not echo, so that a plan against it wants to change them for ever.

echoes.json lists them by resource type, in one place: an emulator forgets an attribute of every resource of a type.
Anything else in a second plan is a fault of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def unexplained(changes: list[dict[str, Any]], known: Mapping[str, list[str]]) -> list[str]:
    """What the plan would change beyond the known echoes, as `address: what`."""
    return [f"{change['address']}: {what}" for change in changes for what in _surprises(change, known)]


def _surprises(change: dict[str, Any], known: Mapping[str, list[str]]) -> list[str]:
    actions = change["change"]["actions"]
    if actions != ["update"]:
        return [" then ".join(actions)]
    return sorted(changed_attributes(change["change"]) - {*known.get(change["type"], [])})


def changed_attributes(change: dict[str, Any]) -> set[str]:
    """The top-level attributes whose value would be another, or is not known before apply."""
    before, after, unknown = change["before"], change["after"], change["after_unknown"]
    return {name for name in {*before, *after} if before.get(name) != after.get(name)} | {
        name for name, is_unknown in unknown.items() if is_unknown is True
    }
