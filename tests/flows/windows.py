"""Ends the windows that are open, so that everything put so far is counted, written or in quarantine.

    stream   trips ... trips | closer | ... | closer      a window ends when its shard has a record of a later one
                             ^ first            ^ the next, a window later

Everything before the first closers is settled once the marks have passed them and both consumers have put them into
quarantine: a closer is no trip.
"""

from __future__ import annotations

from typing import Any

from tests.flows.deployed import Trips
from tests.flows.patience import until
from tests.flows.stocktaking import CLOSER, is_closer

SECONDS_BETWEEN_CLOSERS = 1.0


def settled(trips: Trips, kinesis: Any, seconds: float) -> list[dict[str, Any]]:
    """What both consumers put into quarantine until all that is in the stream now was settled."""
    first = closed(trips, kinesis)
    consumers = len(trips.functions)
    messages: list[dict[str, Any]] = []

    def is_settled() -> bool:
        messages.extend(trips.quarantined())
        marks = trips.marks()
        if all(marks.get(shard, 0) >= position for shard, position in first.items()):
            ends = {(one["consumer"], one["shardId"]) for one in messages if _is_one_of(first, one)}
            return len(ends) == consumers * len(first)
        closed(trips, kinesis)
        return False

    until(is_settled, seconds, every=SECONDS_BETWEEN_CLOSERS)
    return messages


def closed(trips: Trips, kinesis: Any) -> dict[str, int]:
    """Puts a closer into every open shard; their sequence numbers by shard."""
    stream = trips.outputs["trips_stream_name"]
    shards = [
        shard
        for shard in kinesis.list_shards(StreamName=stream)["Shards"]
        if "EndingSequenceNumber" not in shard["SequenceNumberRange"]
    ]
    records = [
        {"Data": CLOSER, "PartitionKey": "closer", "ExplicitHashKey": shard["HashKeyRange"]["StartingHashKey"]}
        for shard in shards
    ]
    answer = kinesis.put_records(StreamName=stream, Records=records)
    return {record["ShardId"]: int(record["SequenceNumber"]) for record in answer["Records"]}


def _is_one_of(closers: dict[str, int], message: dict[str, Any]) -> bool:
    return is_closer(message) and closers.get(message["shardId"]) == int(message["sequenceNumber"])
