"""Which shards may be read: a child only after all its parents were settled to their end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter


class LineageError(ValueError):
    """Shards that cannot have come from one another."""


class Lineage:
    def __init__(self, parents: Mapping[str, Sequence[str]]) -> None:
        for child, above in parents.items():
            if isinstance(above, str):
                raise LineageError(f"shards[{child!r}] must be a list of its parents; got {above!r}")
        try:
            tuple(TopologicalSorter(parents).static_order())
        except CycleError as error:
            raise LineageError(f"shards cannot be their own ancestors; got {' <- '.join(error.args[1])}") from error
        self.parents = {child: tuple(above) for child, above in parents.items()}
        self.closed = {parent for above in self.parents.values() for parent in above}

    def shards(self) -> set[str]:
        return set(self.parents) | self.closed

    def is_readable(self, shard_id: str, done: set[str]) -> bool:
        return all(parent in done for parent in self.parents.get(shard_id, ()))

    def ancestors(self, shard_id: str) -> set[str]:
        above = set(self.parents.get(shard_id, ()))
        return above.union(*(self.ancestors(parent) for parent in above))

    def children(self, shard_id: str) -> list[str]:
        return [child for child, above in self.parents.items() if shard_id in above]
