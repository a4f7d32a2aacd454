"""Event source mappings as Terraform keeps them: `terraform show -json`, or a terraform.tfstate file as it lies there.

mappings(text)  ->  [{"UUID": ..., "EventSourceArn": ..., "BatchSize": 100, ...}, ...]

The names and the nesting are CreateEventSourceMapping's again, so that one loader checks them, whoever they come from.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from local.engine.mapping import STREAMS_ONLY

KIND = "aws_lambda_event_source_mapping"

PLAIN = {
    "uuid": "UUID",
    "event_source_arn": "EventSourceArn",
    "function_arn": "FunctionArn",
    "enabled": "Enabled",
    "batch_size": "BatchSize",
    "maximum_batching_window_in_seconds": "MaximumBatchingWindowInSeconds",
    "function_response_types": "FunctionResponseTypes",
    "starting_position": "StartingPosition",
    "parallelization_factor": "ParallelizationFactor",
    "bisect_batch_on_function_error": "BisectBatchOnFunctionError",
    "maximum_retry_attempts": "MaximumRetryAttempts",
    "maximum_record_age_in_seconds": "MaximumRecordAgeInSeconds",
    "tumbling_window_in_seconds": "TumblingWindowInSeconds",
}

# Fields of other kinds of sources: said with their AWS name, so that the loader refuses what it cannot read.
FOREIGN = {
    "topics": "Topics",
    "queues": "Queues",
    "self_managed_event_source": "SelfManagedEventSource",
    "source_access_configuration": "SourceAccessConfigurations",
}

JSON_NAMES: dict[type[Any], str] = {dict: "object", list: "array", str: "string", int: "number"}


class StateError(ValueError):
    """A state this engine cannot read; the text names file and field."""


def read(path: Path) -> list[dict[str, Any]]:
    try:
        return mappings(path.read_bytes(), str(path))
    except OSError as error:
        raise StateError(
            f"{path}: cannot be read ({error.strerror}); "
            "give --state a terraform.tfstate or the output of `terraform show -json`"
        ) from error


def mappings(text: str | bytes, name: str = "state") -> list[dict[str, Any]]:
    """The settings of every mapping of a state, in the order in which it lists them."""
    try:
        state = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise StateError(f"{name}: is not JSON ({error}); use `terraform show -json`, not `terraform show`") from error
    return [_settings(attributes, f"{name}: {address}") for address, attributes in _found(state, name)]


def _found(state: Any, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(state, dict) and "values" in state:
        yield from _in_module(_part(_part(state, "values", dict, name), "root_module", dict, f"{name}: values"), name)
    elif isinstance(state, dict) and isinstance(state.get("resources"), list):
        yield from _in_state_file(state, name)
    elif isinstance(state, dict) and "format_version" in state:
        return  # an empty state, shown
    else:
        raise StateError(f"{name}: values: is missing; this is neither `terraform show -json` nor a terraform.tfstate")


def _in_module(root: dict[str, Any], name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    modules = [root]
    while modules:
        module = modules.pop()
        for resource in _objects(module, "resources", name):
            if _is_mapping(resource, f"{name}: resources"):
                address = _part(resource, "address", str, f"{name}: {KIND}")
                yield address, _part(resource, "values", dict, f"{name}: {address}")
        modules += reversed(_objects(module, "child_modules", name))


def _in_state_file(state: dict[str, Any], name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for resource in _objects(state, "resources", name):
        where = f"{name}: resources"
        if not _is_mapping(resource, where):
            continue
        module, own_name = (_part(resource, field, str, where, default="") for field in ("module", "name"))
        address = ".".join(part for part in (module, KIND, own_name) if part)
        where = f"{name}: {address}"
        for instance in _objects(resource, "instances", where, needed=True):
            key = instance.get("index_key")
            yield (
                address if key is None else f"{address}[{json.dumps(key)}]",
                _part(instance, "attributes", dict, where),
            )


def _is_mapping(resource: dict[str, Any], where: str) -> bool:
    """One that Terraform manages; what it only looked up is another stack's."""
    return bool(
        _part(resource, "type", str, where) == KIND and _part(resource, "mode", str, f"{where}: {KIND}") == "managed"
    )


def _objects(holder: Any, field: str, where: str, *, needed: bool = False) -> list[Any]:
    listed: list[Any] = _part(holder, field, list, where, default=None if needed else [])
    for each in listed:
        if not isinstance(each, dict):
            raise StateError(f"{where}: {field}: must be a list of JSON objects; got {each!r} in it"[:300])
    return listed


def _part(holder: Any, field: str, kind: type[Any], where: str, default: Any = None) -> Any:
    value = holder.get(field, default) if isinstance(holder, dict) else None
    if not isinstance(value, kind):
        raise StateError(f"{where}: {field}: must be a JSON {JSON_NAMES[kind]}; got {value!r}"[:300])
    return value


def _settings(attributes: Mapping[str, Any], where: str) -> dict[str, Any]:
    for needed in ("uuid", "event_source_arn", "function_arn"):
        if not _optional(attributes, needed, str, where):
            raise StateError(f"{where}: {needed}: is missing; apply the stack first")
    settings = {name: attributes[key] for key, name in PLAIN.items() if attributes.get(key) not in (None, "", [])}
    settings |= {name: attributes[key] for key, name in FOREIGN.items() if attributes.get(key)}
    settings |= _blocks(attributes, where)
    if began := _optional(attributes, "starting_position_timestamp", str, where):
        settings["StartingPositionTimestamp"] = _timestamp(began, where)
    if ":sqs:" in settings["EventSourceArn"]:
        return {name: value for name, value in settings.items() if name not in STREAMS_ONLY}
    return _without_echoless_zeros(settings)


def _without_echoless_zeros(settings: dict[str, Any]) -> dict[str, Any]:
    """What an endpoint does not echo, the provider keeps as 0; a parallelization factor of 0 gives it away."""
    if settings.get("ParallelizationFactor") != 0:
        return settings
    silent = ("ParallelizationFactor", "MaximumRecordAgeInSeconds", "MaximumRetryAttempts")
    return {name: value for name, value in settings.items() if name not in silent or value != 0}


def _blocks(attributes: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Each block is a list of at most one object."""

    def block(path: str, holder: Mapping[str, Any] = attributes) -> Mapping[str, Any]:
        return next(iter(_listed(holder, path, where)), {})

    blocks: dict[str, Any] = {}
    failure = block("destination_config.on_failure", block("destination_config"))
    if destination := _optional(failure, "destination_config.on_failure.destination_arn", str, where):
        blocks["DestinationConfig"] = {"OnFailure": {"Destination": destination}}
    if filters := _listed(block("filter_criteria"), "filter_criteria.filter", where):
        patterns = [_optional(each, "filter_criteria.filter.pattern", str, where) for each in filters]
        blocks["FilterCriteria"] = {"Filters": [{"Pattern": pattern} for pattern in patterns]}
    if metrics := _optional(block("metrics_config"), "metrics_config.metrics", list, where):
        blocks["MetricsConfig"] = {"Metrics": metrics}
    if concurrency := _optional(block("scaling_config"), "scaling_config.maximum_concurrency", int, where):
        blocks["ScalingConfig"] = {"MaximumConcurrency": concurrency}
    if pollers := block("provisioned_poller_config"):
        names = {"minimum_pollers": "MinimumPollers", "maximum_pollers": "MaximumPollers"}
        counts = {key: _optional(pollers, f"provisioned_poller_config.{key}", int, where) for key in names}
        blocks["ProvisionedPollerConfig"] = {names[key]: count for key, count in counts.items() if count}
    return blocks


def _listed(holder: Mapping[str, Any], path: str, where: str) -> list[Mapping[str, Any]]:
    """The objects of a kind of block; an empty one is null in a state."""
    listed = [{} if each is None else each for each in _optional(holder, path, list, where) or ()]
    return _objects({path: listed}, path, where)


def _optional(holder: Mapping[str, Any], path: str, kind: type[Any], where: str) -> Any:
    """What a field holds, or None; `path` is what a person knows it by, and ends with its name."""
    value = holder.get(path.rpartition(".")[2])
    return None if value is None else _part({path: value}, path, kind, where)


def _timestamp(text: str, where: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError) as error:
        raise StateError(f"{where}: starting_position_timestamp: must be RFC 3339; got {text!r}") from error
