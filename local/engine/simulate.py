"""`simulate`: a mapping, its records and a handler, in virtual time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from local.engine import rulings
from local.engine.function import Handler
from local.engine.lineage import Lineage
from local.engine.mapping import Mapping as EventSourceMapping
from local.engine.mapping import load, refuse_short_visibility
from local.engine.moments import refuse_other_moments, refuse_other_spans
from local.engine.queue import QueueSettings
from local.engine.queue_simulation import QueueSimulation
from local.engine.records import KinesisRecord, QueueMessage, TableChange
from local.engine.refusals import shown
from local.engine.setting import Seconds, Setting
from local.engine.shard import HashRange
from local.engine.simulation import StreamSimulation
from local.engine.source import Kind
from local.engine.timeline import Timeline

EVERYTHING = "NEW_AND_OLD_IMAGES"
KINESIS = {Kind.STREAM, Kind.CONSUMER}
STREAMS = {*KINESIS, Kind.TABLE}
# What is said of a source besides its mapping, and of which.
APPLIES = {
    "shards": STREAMS,
    "retention_seconds": STREAMS,
    "hash_ranges": KINESIS,
    "stream_view_type": {Kind.TABLE},
    "queue": {Kind.QUEUE, Kind.FIFO_QUEUE},
}


def simulate(
    mapping: Mapping[str, Any],
    records: Iterable[KinesisRecord | TableChange | QueueMessage],
    function: Handler,
    shards: Mapping[str, Sequence[str]] | None = None,
    invocation_seconds: Seconds = 0.05,
    until: float | None = None,
    *,
    function_timeout: float | None = None,
    hash_ranges: Mapping[str, HashRange] | None = None,
    retention_seconds: float | None = None,
    stream_view_type: str = EVERYTHING,
    queue: QueueSettings | None = None,
) -> Timeline:
    """What AWS would do with these records, without waiting for it.

    `mapping` holds the settings of CreateEventSourceMapping; one that AWS would refuse raises before anything runs.
    `function` is the handler; what it raises fails the batch, FunctionThrottledError stands for a throttle.

    `invocation_seconds`  how long a call takes, or a function of its event that says so
    `function_timeout`    seconds after which a call has failed; 900, the longest there is, if not given
    `until`               the virtual time, in epoch seconds, at which to stop; else when nothing is left to do
    `shards`              the parents of each child shard, where there was a reshard
    `hash_ranges`         a shard's share of the hash keys, which decides what fan-out drops
    `retention_seconds`   how long the stream keeps a record; a day unless told, and of a table's at most
    `stream_view_type`    what a table stream shows of an item: KEYS_ONLY, NEW_IMAGE, OLD_IMAGE, NEW_AND_OLD_IMAGES
    `queue`               what SQS keeps of a queue: visibility timeout, receives before a message is dead, retention

        timeline = simulate(
            mapping={"EventSourceArn": STREAM, "StartingPosition": "TRIM_HORIZON", "MaximumRetryAttempts": 1},
            records=[KinesisRecord("shardId-000000000000", "1", b"{}", arrived=1000.0)],
            function=handler,
        )
        print(timeline.explain())
    """
    loaded = load(mapping)
    _refuse_what_does_not_apply(
        loaded,
        shards=shards,
        hash_ranges=hash_ranges,
        retention_seconds=retention_seconds,
        stream_view_type=None if stream_view_type == EVERYTHING else stream_view_type,
        queue=queue,
    )
    if loaded.source.kind is Kind.TABLE and retention_seconds is not None:  # no stream of a table keeps more
        refuse_other_spans("retention_seconds", retention_seconds, rulings.TABLE_STREAM_RETENTION_SECONDS)
    if until is not None:
        refuse_other_moments("until", until)
    role = f"arn:{loaded.source.partition}:iam::{loaded.source.account}:role/{loaded.function.split(':')[6]}"
    setting = Setting(
        function,
        invocation_seconds,
        function_timeout,
        role,
        stream_view_type,
        retention_seconds,
        {} if hash_ranges is None else hash_ranges,
    )
    simulation: StreamSimulation | QueueSimulation
    if loaded.source.is_queue:
        simulation = QueueSimulation(loaded, records, _settings_of_queue(loaded, queue, function_timeout), setting)
    else:
        simulation = StreamSimulation(loaded, records, Lineage(shards or {}), setting)
    return simulation.run(until) if loaded.enabled else simulation.told()


def _settings_of_queue(
    mapping: EventSourceMapping, given: QueueSettings | None, function_timeout: float | None
) -> QueueSettings:
    settings = QueueSettings() if given is None else given
    if not isinstance(settings, QueueSettings):
        raise TypeError(f"queue must be QueueSettings; got {shown(settings)}")
    refuse_short_visibility(mapping, settings.visibility_seconds, function_timeout or 0.0)
    return settings


def _refuse_what_does_not_apply(mapping: EventSourceMapping, **given: object) -> None:
    for name, value in given.items():
        if value is not None and mapping.source.kind not in APPLIES[name]:
            raise ValueError(f"{name} does not apply to a {mapping.source.kind.value}; got {shown(value)}")
