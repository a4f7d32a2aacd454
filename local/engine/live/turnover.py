"""What a look at the endpoint changes for the mappings at work: pure.

                     is run             is not run
declared, complete   nothing, Renew     Employ
something is gone    Pause              nothing          it stays ours: off only because of us
switched off         Release            nothing
not declared, gone   LetGo              LetGo, if ours
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from local.engine.live.inventory import Found, Inventory


@dataclass(frozen=True, slots=True)
class Employ:
    """It is on, complete, and not run yet."""

    found: Found


@dataclass(frozen=True, slots=True)
class Renew:
    """It, or its function, is not what it was."""

    found: Found


@dataclass(frozen=True, slots=True)
class Pause:
    """Its function or its queue is gone: not run until that is there again, and on again at the end all the same."""

    uuid: str


@dataclass(frozen=True, slots=True)
class Release:
    """Somebody else wants it off as well: it stays off when we end."""

    uuid: str


@dataclass(frozen=True, slots=True)
class LetGo:
    """It was deleted, or is no longer declared: if it still is there, it is the emulator's again."""

    uuid: str


Change = Employ | Renew | Pause | Release | LetGo


def changes(
    listed: Inventory, on: Mapping[str, Found], run: Mapping[str, Found], ours: Collection[str]
) -> Iterator[Change]:
    """`on` are the mappings to be run, by UUID; `run` those that are; `ours` the ones switched off by us."""
    present = {found.mapping.uuid for found in listed.found}
    untouched = listed.refused.keys() | listed.foreign.keys()
    for uuid in [*run, *(uuid for uuid in ours if uuid not in run)]:
        if uuid in on or uuid in untouched:
            continue
        if uuid in listed.missing:
            if uuid in run:
                yield Pause(uuid)
        else:
            yield Release(uuid) if uuid in present else LetGo(uuid)
    for uuid, found in on.items():
        before = run.get(uuid)
        if before is None:
            yield Employ(found)
        elif (before.mapping, before.function) != (found.mapping, found.function):
            yield Renew(found)
