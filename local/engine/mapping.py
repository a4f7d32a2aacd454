"""One event source mapping: the settings of CreateEventSourceMapping with AWS's defaults, checked.

load({"EventSourceArn": ..., "StartingPosition": "TRIM_HORIZON", "BatchSize": 500})  ->  Mapping
load({"EventSourceArn": ..., "BatchSizes": 500})                                     ->  MappingRefusedError
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping as Dict
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from local.engine.criteria import criteria, doubts
from local.engine.filters import Filters
from local.engine.moments import fault
from local.engine.refusals import (
    VALIDATION,
    MappingRefusedError,
    flag,
    shown,
    structure,
    tags,
    text,
    texts,
    whole_number,
)
from local.engine.source import ARN, Kind, Source, source

FOREVER = -1  # MaximumRetryAttempts and MaximumRecordAgeInSeconds: no bound but the stream's retention
FUNCTION = re.compile(
    r"(arn:aws[a-zA-Z0-9-]*:lambda:[a-z0-9-]+:\d{12}:function:|(\d{12}:)?function:)?"
    r"[a-zA-Z0-9_-]+(:(\$LATEST|[a-zA-Z0-9_-]+))?",
    re.ASCII,
)
UUID = re.compile(r"[a-zA-Z0-9-]{1,64}", re.ASCII)  # it is part of object keys and of the names of checkpoints
DESTINATIONS = {
    "sqs": re.compile(r"[a-zA-Z0-9_-]+(?P<fifo>\.fifo)?", re.ASCII),
    "sns": re.compile(r"[a-zA-Z0-9_-]+(?P<fifo>\.fifo)?", re.ASCII),
    "s3": re.compile(r"[a-zA-Z0-9._-]+(?P<fifo>)", re.ASCII),  # a bucket, no key in it
}
POSITIONS = ("TRIM_HORIZON", "LATEST", "AT_TIMESTAMP")

COMMON = {
    "EventSourceArn", "FunctionName", "FunctionArn", "Enabled", "BatchSize", "FilterCriteria", "KMSKeyArn",
    "MetricsConfig", "MaximumBatchingWindowInSeconds", "FunctionResponseTypes", "Tags", "UUID",
}  # fmt: skip
STREAMS_ONLY = {
    "ParallelizationFactor", "StartingPosition", "StartingPositionTimestamp", "DestinationConfig",
    "MaximumRecordAgeInSeconds", "BisectBatchOnFunctionError", "MaximumRetryAttempts", "TumblingWindowInSeconds",
}  # fmt: skip
QUEUES_ONLY = {"ScalingConfig", "ProvisionedPollerConfig"}
OTHER_SOURCES = {
    "Topics", "Queues", "SourceAccessConfigurations", "SelfManagedEventSource", "LoggingConfig",
    "AmazonManagedKafkaEventSourceConfig", "SelfManagedKafkaEventSourceConfig", "DocumentDBEventSourceConfig",
}  # fmt: skip
# What describing a mapping adds; true of it, not settings.
DESCRIPTION = {
    "State", "StateTransitionReason", "LastModified", "LastProcessingResult", "EventSourceMappingArn",
    "FilterCriteriaError",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pollers:
    """Provisioned mode of a queue."""

    minimum: int
    maximum: int


@dataclass(frozen=True, slots=True)
class Mapping:
    """The settings of one mapping. `retry_attempts` and `record_age_seconds` are FOREVER where unbounded."""

    source: Source
    function: str
    uuid: str
    enabled: bool
    batch_size: int
    batching_window_seconds: int
    report_item_failures: bool
    filters: Filters
    event_count_metrics: bool
    warnings: tuple[str, ...]
    # streams
    starting_position: str | None
    starting_timestamp: float | None
    parallelization_factor: int
    bisect_on_error: bool
    retry_attempts: int
    record_age_seconds: int
    tumbling_window_seconds: int
    on_failure: str | None
    # queues
    maximum_concurrency: int | None
    pollers: Pollers | None

    @property
    def on_failure_is_bucket(self) -> bool:
        return self.on_failure is not None and self.on_failure.split(":")[2] == "s3"


def load(fields: Dict[str, Any]) -> Mapping:
    """A mapping as AWS would create it; MappingRefusedError names the field that is wrong."""
    if not isinstance(fields, Dict):
        raise MappingRefusedError("mapping", f"must be an object of settings; got {shown(fields)}", VALIDATION)
    if fields.get("EventSourceArn") is None:
        raise MappingRefusedError("EventSourceArn", "is required")
    origin = source(fields["EventSourceArn"])
    _refuse_foreign_fields(fields, origin)
    tags(fields, "Tags")
    filters = criteria(fields, origin)
    mapping = Mapping(
        source=origin,
        function=_function(fields, origin),
        uuid=_uuid(fields, origin),
        enabled=flag(fields, "Enabled", default=True),
        batch_size=whole_number(fields, "BatchSize", 10 if origin.is_queue else 100, 1, 10_000),
        batching_window_seconds=whole_number(fields, "MaximumBatchingWindowInSeconds", 0, 0, 300),
        report_item_failures=bool(texts(fields, "FunctionResponseTypes", ("ReportBatchItemFailures",))),
        filters=filters,
        event_count_metrics=bool(
            texts(structure(fields, "MetricsConfig", {"Metrics"}), "MetricsConfig.Metrics", ("EventCount",))
        ),
        warnings=doubts(fields, filters, origin),
        starting_position=None if origin.is_queue else _starting_position(fields, origin),
        starting_timestamp=_starting_timestamp(fields),
        parallelization_factor=whole_number(fields, "ParallelizationFactor", 1, 1, 10),
        bisect_on_error=flag(fields, "BisectBatchOnFunctionError", default=False),
        retry_attempts=whole_number(fields, "MaximumRetryAttempts", FOREVER, -1, 10_000),
        record_age_seconds=_record_age(fields),
        tumbling_window_seconds=whole_number(fields, "TumblingWindowInSeconds", 0, 0, 900),
        on_failure=_on_failure(fields),
        maximum_concurrency=_maximum_concurrency(fields),
        pollers=_pollers(fields),
    )
    _refuse_combinations(mapping)
    return mapping


def refuse_short_visibility(mapping: Mapping, visibility_seconds: float, timeout_seconds: float) -> None:
    """AWS compares the queue with the function when the mapping is created or updated (Q6)."""
    if mapping.source.is_queue and timeout_seconds > visibility_seconds:
        raise MappingRefusedError(
            "EventSourceArn",
            f"Queue visibility timeout: {visibility_seconds:g} seconds "
            f"is less than Function timeout: {timeout_seconds:g} seconds",
        )


def _refuse_foreign_fields(fields: Dict[str, Any], origin: Source) -> None:
    applicable = COMMON | DESCRIPTION | (QUEUES_ONLY if origin.is_queue else STREAMS_ONLY)
    for field, value in fields.items():
        if field in applicable or (value is None and field in STREAMS_ONLY | QUEUES_ONLY | OTHER_SOURCES):
            continue
        if field in STREAMS_ONLY | QUEUES_ONLY | OTHER_SOURCES:
            raise MappingRefusedError(field, f"does not apply to a {origin.kind.value}; got {shown(value)}")
        meant = "".join(f"; did you mean {name}?" for name in get_close_matches(str(field), sorted(applicable), 1))
        raise MappingRefusedError(str(field), f"is not a setting of CreateEventSourceMapping{meant}", VALIDATION)


def _function(fields: Dict[str, Any], origin: Source) -> str:
    field = "FunctionArn" if text(fields, "FunctionArn") else "FunctionName"
    name = text(fields, field) or "function"
    if FUNCTION.fullmatch(name) is None:
        raise MappingRefusedError(field, f"must be a function's name or ARN; got {shown(name)}", VALIDATION)
    if name.startswith("arn:aws"):
        return name
    return f"arn:{origin.partition}:lambda:{origin.region}:{origin.account}:function:{name.rpartition('function:')[2]}"


def _uuid(fields: Dict[str, Any], origin: Source) -> str:
    """Its own, or one that the same function and source always get."""
    given = text(fields, "UUID")
    if given is not None and UUID.fullmatch(given) is None:
        raise MappingRefusedError(
            "UUID", f"must be the id of a mapping, as AWS gives it; got {shown(given)}", VALIDATION
        )
    return given or str(uuid.uuid5(uuid.NAMESPACE_URL, f"{origin.arn} {_function(fields, origin)}"))


def _starting_position(fields: Dict[str, Any], origin: Source) -> str:
    position = text(fields, "StartingPosition")
    if position is None:
        raise MappingRefusedError(
            "StartingPosition",
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: "
            "Member must not be null.",
        )
    if position not in POSITIONS:
        raise MappingRefusedError(
            "StartingPosition", f"must be one of {', '.join(POSITIONS)}; got {shown(position)}", VALIDATION
        )
    if position == "AT_TIMESTAMP" and not origin.is_kinesis:
        raise MappingRefusedError("StartingPosition", "Unsupported starting position for arn type: " + origin.arn)
    if (position == "AT_TIMESTAMP") != (fields.get("StartingPositionTimestamp") is not None):
        raise MappingRefusedError(
            "StartingPositionTimestamp", f"goes with AT_TIMESTAMP and only with it; StartingPosition is {position}"
        )
    return position


def _starting_timestamp(fields: Dict[str, Any]) -> float | None:
    value = fields.get("StartingPositionTimestamp")
    if value is None:
        return None
    seconds = _epoch_seconds(value)
    if told := fault(seconds):
        raise MappingRefusedError("StartingPositionTimestamp", told, VALIDATION)
    return float(seconds)


def _epoch_seconds(time: Any) -> Any:
    """A datetime as boto3 takes it, in seconds; anything else as it is."""
    try:
        return time.timestamp() if isinstance(time, datetime) else time
    except (OverflowError, OSError, ValueError):
        return time  # before or after all that seconds can say


def _record_age(fields: Dict[str, Any]) -> int:
    age = whole_number(fields, "MaximumRecordAgeInSeconds", FOREVER, -1, 604_800)
    if 0 <= age < 60:
        raise MappingRefusedError("MaximumRecordAgeInSeconds", f"must be -1 (forever) or 60-604800 seconds; got {age}")
    return age


def _on_failure(fields: Dict[str, Any]) -> str | None:
    config = structure(fields, "DestinationConfig", {"OnFailure", "OnSuccess"})
    if structure(config, "DestinationConfig.OnSuccess", {"Destination"}).get("Destination"):
        raise MappingRefusedError(
            "DestinationConfig.OnSuccess",
            "Unsupported DestinationConfig parameter for given event source mapping type.",
        )
    destination = structure(config, "DestinationConfig.OnFailure", {"Destination"}).get("Destination")
    if destination is None or destination == "":
        return None
    field = "DestinationConfig.OnFailure.Destination"
    match = ARN.fullmatch(destination) if isinstance(destination, str) and len(destination) <= 350 else None
    form = DESTINATIONS.get(match["service"]) if match is not None else None
    resource = form.fullmatch(match["resource"]) if match is not None and form is not None else None
    if match is None or resource is None or (match["service"] != "s3" and not match["region"]):
        raise MappingRefusedError(
            field, f"must be the ARN of an SQS queue, SNS topic or S3 bucket; got {shown(destination)}"
        )
    if resource["fifo"]:
        raise MappingRefusedError(field, f"may not be FIFO; use a standard queue or topic; got {shown(destination)}")
    return str(destination)


def _maximum_concurrency(fields: Dict[str, Any]) -> int | None:
    scaling = structure(fields, "ScalingConfig", {"MaximumConcurrency"})
    if scaling.get("MaximumConcurrency") is None:
        return None
    return whole_number(scaling, "ScalingConfig.MaximumConcurrency", 2, 2, 1000)


def _pollers(fields: Dict[str, Any]) -> Pollers | None:
    config = structure(fields, "ProvisionedPollerConfig", {"MinimumPollers", "MaximumPollers"})
    if not config:
        return None
    minimum = whole_number(config, "ProvisionedPollerConfig.MinimumPollers", 2, 2, 200)
    maximum = whole_number(config, "ProvisionedPollerConfig.MaximumPollers", 200, 2, 2000)
    if minimum > maximum:
        raise MappingRefusedError(
            "ProvisionedPollerConfig.MinimumPollers", f"must not exceed MaximumPollers; got {minimum} and {maximum}"
        )
    return Pollers(minimum, maximum)


def _refuse_combinations(mapping: Mapping) -> None:
    fifo = mapping.source.kind is Kind.FIFO_QUEUE
    if fifo and mapping.batch_size > 10:
        raise MappingRefusedError("BatchSize", f"may be at most 10 for a FIFO queue; got {mapping.batch_size}")
    if fifo and mapping.batching_window_seconds:
        raise MappingRefusedError("MaximumBatchingWindowInSeconds", "Batching window is not supported for FIFO queues")
    if mapping.source.is_queue and mapping.batch_size > 10 and not mapping.batching_window_seconds:
        raise MappingRefusedError(
            "MaximumBatchingWindowInSeconds",
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
        )
    if mapping.maximum_concurrency is not None and mapping.pollers is not None:
        raise MappingRefusedError("ScalingConfig", "may not be set together with ProvisionedPollerConfig")
    if mapping.tumbling_window_seconds and mapping.parallelization_factor > 1:
        raise MappingRefusedError(
            "ParallelizationFactor",
            f"must be 1 with a tumbling window: a shard has one state; got {mapping.parallelization_factor}",
        )
    if mapping.tumbling_window_seconds and mapping.filters.patterns:
        raise MappingRefusedError("FilterCriteria", "may not be set together with TumblingWindowInSeconds")
