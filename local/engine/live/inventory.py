"""Which mappings there are, and whether they can run: everything is checked before anything is touched.

Settings come from a Terraform state, where one is given, else from ListEventSourceMappings. Some endpoints drop
settings they do not know (a tumbling window, for one): then the state is the only place where they are true.
"""

from __future__ import annotations

from collections.abc import Mapping as Dict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local.engine.live import terraform_state
from local.engine.live.clients import Clients
from local.engine.live.invoking import FunctionFacts, function_facts
from local.engine.live.troubles import Trouble, answer_to, trouble
from local.engine.mapping import Mapping, load, refuse_short_visibility
from local.engine.refusals import MappingRefusedError

READABLE = {"kinesis", "dynamodb", "sqs"}


@dataclass(frozen=True, slots=True)
class Found:
    """One mapping that can run; `wanted` is what its declaration says, `state` what the endpoint says of its poller."""

    mapping: Mapping
    function: FunctionFacts
    wanted: bool
    state: str
    visibility_seconds: float = 0.0


@dataclass(slots=True)
class Inventory:
    """`refused` and `missing` are texts for a person; `uuids` all that are declared, whether they can run or not."""

    found: list[Found] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)
    foreign: dict[str, str] = field(default_factory=dict)


def take(clients: Clients, state_file: Path | None) -> Inventory:
    """What is there now. Trouble with the endpoint rises; a mapping that cannot run is part of the answer."""
    functions = clients.client("lambda")
    states = dict(_listed(functions))
    declared = list(states.values()) if state_file is None else terraform_state.read(state_file)
    inventory = Inventory()
    facts: dict[str, FunctionFacts] = {}
    for fields in declared:
        uuid, arn = str(fields.get("UUID")), str(fields.get("EventSourceArn"))
        if arn.startswith("arn:") and arn.count(":") >= 5 and arn.split(":")[2] not in READABLE:
            inventory.foreign[uuid] = f"mapping {uuid} of {arn} is left to the emulator: no source this engine reads"
        elif uuid not in states:
            inventory.missing[uuid] = f"mapping {uuid} of {arn} is in the state, but not at the endpoint; apply it"
        else:
            _check(clients, fields, str(states[uuid].get("State")), facts, inventory)
    return inventory


def _check(
    clients: Clients, fields: dict[str, Any], state: str, facts: dict[str, FunctionFacts], inventory: Inventory
) -> None:
    try:
        mapping = load(fields)
        if mapping.function not in facts:
            region = mapping.function.split(":")[3]
            facts[mapping.function] = function_facts(clients.client("lambda", region), mapping.function)
        function = facts[mapping.function]
        visibility = _visibility_seconds(clients, mapping)
        refuse_short_visibility(mapping, visibility, function.timeout_seconds)
    except MappingRefusedError as error:
        inventory.refused.append(f"mapping {fields.get('UUID')} of {fields.get('EventSourceArn')}: {error}")
    except ClientError as error:
        if trouble(error) is not Trouble.GONE:
            raise
        what = f"mapping {fields.get('UUID')}: {fields.get('FunctionArn')} or {fields.get('EventSourceArn')} is gone"
        inventory.missing[str(fields.get("UUID"))] = f"{what}; looked for again"
    else:
        inventory.found.append(Found(mapping, function, mapping.enabled, state, visibility))


def _listed(functions: Any) -> list[tuple[str, dict[str, Any]]]:
    pages = list(functions.get_paginator("list_event_source_mappings").paginate())
    with answer_to("ListEventSourceMappings"):
        return [(str(each.get("UUID")), _settings(each)) for page in pages for each in page["EventSourceMappings"]]


def _settings(listed: Dict[str, Any]) -> dict[str, Any]:
    """What is there at all: endpoints list empty fields of other kinds of sources, too."""
    return {name: value for name, value in listed.items() if value not in (None, "", [], {})}


def _visibility_seconds(clients: Clients, mapping: Mapping) -> float:
    if not mapping.source.is_queue:
        return 0.0
    source = mapping.source
    queues = clients.client("sqs", source.region)
    found = queues.get_queue_url(QueueName=source.name, QueueOwnerAWSAccountId=source.account)
    with answer_to("GetQueueUrl"):
        url = str(found["QueueUrl"])
    answer = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
    with answer_to("GetQueueAttributes"):
        return float(answer["Attributes"]["VisibilityTimeout"])
