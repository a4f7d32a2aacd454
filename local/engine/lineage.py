"""Which shards may be read: a child only after all its parents were settled to their end."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from graphlib import CycleError, TopologicalSorter

from local.engine.refusals import shown

MOST_NAMES = 6  # of a circle, in an error


class LineageError(ValueError):
    """Shards that cannot have come from one another."""


class Lineage:
    def __init__(self, parents: Mapping[str, Collection[str]]) -> None:
        _refuse_what_is_no_family(parents)
        try:
            tuple(TopologicalSorter(parents).static_order())
        except CycleError as error:
            raise LineageError(f"shards cannot be their own ancestors; got {_circle(error.args[1])}") from error
        self.parents = {child: tuple(above) for child, above in parents.items()}
        self.closed = {parent for above in self.parents.values() for parent in above}
        self._children: dict[str, list[str]] = {}
        for child, above in self.parents.items():
            for parent in dict.fromkeys(above):
                self._children.setdefault(parent, []).append(child)

    def shards(self) -> set[str]:
        return set(self.parents) | self.closed

    def is_readable(self, shard_id: str, done: AbstractSet[str]) -> bool:
        return all(parent in done for parent in self.parents.get(shard_id, ()))

    def ancestors(self, shard_id: str, known: AbstractSet[str] = frozenset()) -> set[str]:
        """All shards that lead to this one, but for those known, whose own ancestors are known as well."""
        found: set[str] = set()
        ahead = [shard_id]
        while ahead:
            fresh = [above for above in self.parents.get(ahead.pop(), ()) if above not in known and above not in found]
            found.update(fresh)
            ahead += fresh
        return found

    def children(self, shard_id: str) -> Sequence[str]:
        return self._children.get(shard_id, ())


def _refuse_what_is_no_family(parents: object) -> None:
    if not isinstance(parents, Mapping):
        raise LineageError(
            f"shards must say the parents of each child, such as {{'child': ['parent']}}; got {shown(parents)}"
        )
    for child, above in parents.items():
        is_list = isinstance(above, Collection) and not isinstance(above, str | bytes | Mapping)
        if not is_list or not all(isinstance(name, str) for name in (child, *above)):
            raise LineageError(
                f"shards[{shown(child)}] must be a list of its parents, all of them text; got {shown(above)}"
            )


def _circle(names: Sequence[str]) -> str:
    told = [*names[: MOST_NAMES - 1], f"... ({len(names) - 1} shards)"] if len(names) > MOST_NAMES else names
    return " <- ".join(told)
