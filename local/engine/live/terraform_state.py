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


class StateError(ValueError):
    """A state this engine cannot read; the text names file and field."""


def read(path: Path) -> list[dict[str, Any]]:
    try:
        return mappings(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise StateError(
            f"{path}: cannot be read ({error.strerror}); "
            "give --state a terraform.tfstate or the output of `terraform show -json`"
        ) from error


def mappings(text: str, name: str = "state") -> list[dict[str, Any]]:
    """The settings of every mapping of a state, in the order in which it lists them."""
    try:
        state = json.loads(text)
    except ValueError as error:
        raise StateError(f"{name}: is not JSON ({error}); use `terraform show -json`, not `terraform show`") from error
    return [_settings(attributes, f"{name}: {address}") for address, attributes in _found(state, name)]


def _found(state: Any, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(state, dict) and "values" in state:
        yield from _in_module(_part(_part(state, "values", dict, name), "root_module", dict, f"{name}: values"), name)
    elif isinstance(state, dict) and isinstance(state.get("resources"), list):
        yield from _in_state_file(state["resources"], name)
    elif isinstance(state, dict) and "format_version" in state:
        return  # an empty state, shown
    else:
        raise StateError(f"{name}: values: is missing; this is neither `terraform show -json` nor a terraform.tfstate")


def _in_module(module: dict[str, Any], name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for resource in _part(module, "resources", list, name, default=[]):
        if _part(resource, "type", str, f"{name}: resources") == KIND and resource.get("mode") == "managed":
            address = _part(resource, "address", str, f"{name}: {KIND}")
            yield address, _part(resource, "values", dict, f"{name}: {address}")
    for child in _part(module, "child_modules", list, name, default=[]):
        yield from _in_module(child, name)


def _in_state_file(resources: list[Any], name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for resource in resources:
        if _part(resource, "type", str, f"{name}: resources") != KIND or resource.get("mode") != "managed":
            continue
        address = ".".join(part for part in (resource.get("module"), KIND, resource.get("name")) if part)
        for instance in _part(resource, "instances", list, f"{name}: {address}"):
            key = instance.get("index_key")
            yield (
                address if key is None else f"{address}[{json.dumps(key)}]",
                _part(instance, "attributes", dict, f"{name}: {address}"),
            )


def _part(holder: Any, field: str, kind: type[Any], where: str, default: Any = None) -> Any:
    value = holder.get(field, default) if isinstance(holder, dict) else None
    if not isinstance(value, kind):
        raise StateError(f"{where}: {field}: must be a JSON {kind.__name__}; got {value!r}"[:300])
    return value


def _settings(attributes: Mapping[str, Any], where: str) -> dict[str, Any]:
    for needed in ("uuid", "event_source_arn", "function_arn"):
        if not attributes.get(needed):
            raise StateError(f"{where}: {needed}: is missing; apply the stack first")
    settings = {name: attributes[key] for key, name in PLAIN.items() if attributes.get(key) not in (None, "", [])}
    settings |= {name: attributes[key] for key, name in FOREIGN.items() if attributes.get(key)}
    settings |= _blocks(attributes)
    if attributes.get("starting_position_timestamp"):
        settings["StartingPositionTimestamp"] = _timestamp(attributes["starting_position_timestamp"], where)
    if ":sqs:" in settings["EventSourceArn"]:
        return {name: value for name, value in settings.items() if name not in STREAMS_ONLY}
    return _without_echoless_zeros(settings)


def _without_echoless_zeros(settings: dict[str, Any]) -> dict[str, Any]:
    """What an endpoint does not echo, the provider keeps as 0; a parallelization factor of 0 gives it away."""
    if settings.get("ParallelizationFactor") != 0:
        return settings
    silent = ("ParallelizationFactor", "MaximumRecordAgeInSeconds", "MaximumRetryAttempts")
    return {name: value for name, value in settings.items() if name not in silent or value != 0}


def _blocks(attributes: Mapping[str, Any]) -> dict[str, Any]:
    blocks: dict[str, Any] = {}
    if failure := _block(_block(attributes, "destination_config"), "on_failure").get("destination_arn"):
        blocks["DestinationConfig"] = {"OnFailure": {"Destination": failure}}
    if filters := _block(attributes, "filter_criteria").get("filter"):
        blocks["FilterCriteria"] = {"Filters": [{"Pattern": each.get("pattern")} for each in filters]}
    if metrics := _block(attributes, "metrics_config").get("metrics"):
        blocks["MetricsConfig"] = {"Metrics": metrics}
    if concurrency := _block(attributes, "scaling_config").get("maximum_concurrency"):
        blocks["ScalingConfig"] = {"MaximumConcurrency": concurrency}
    if pollers := _block(attributes, "provisioned_poller_config"):
        names = {"minimum_pollers": "MinimumPollers", "maximum_pollers": "MaximumPollers"}
        blocks["ProvisionedPollerConfig"] = {name: pollers[key] for key, name in names.items() if pollers.get(key)}
    return blocks


def _block(attributes: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    listed = attributes.get(name) or []
    return listed[0] if listed and isinstance(listed[0], Mapping) else {}


def _timestamp(text: Any, where: str) -> float:
    try:
        return datetime.fromisoformat(str(text)).timestamp()
    except ValueError as error:
        raise StateError(f"{where}: starting_position_timestamp: must be RFC 3339; got {text!r}") from error
