"""Which mappings there are, and whether they can run: everything is checked before anything is touched.

Settings come from a Terraform state, where one is given, else from ListEventSourceMappings. Some endpoints drop
settings they do not know (a tumbling window, for one): then the state is the only place where they are true.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Dict
from contextlib import contextmanager
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
    """What can run, and by UUID why others cannot, as texts for a person.

    `missing`: its function or its queue is gone, and may come back; `gone`: the mapping itself is. `present` counts
    the mappings at the endpoint, declared or not.
    """

    found: list[Found] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    gone: dict[str, str] = field(default_factory=dict)
    foreign: dict[str, str] = field(default_factory=dict)
    present: int = 0


class _MissingError(Exception):
    """What a mapping needs is gone; the text names it."""


def take(clients: Clients, state_file: Path | None) -> Inventory:
    """What is there now. Trouble with the endpoint rises; a mapping that cannot run is part of the answer."""
    functions = clients.client("lambda")
    states = dict(_listed(functions))
    declared = list(states.values()) if state_file is None else terraform_state.read(state_file)
    inventory = Inventory(present=len(states))
    facts: dict[str, FunctionFacts] = {}
    for fields in declared:
        uuid, arn = str(fields.get("UUID")), str(fields.get("EventSourceArn"))
        if arn.startswith("arn:") and arn.count(":") >= 5 and arn.split(":")[2] not in READABLE:
            inventory.foreign[uuid] = f"mapping {uuid} of {arn} is left to the emulator: no source this engine reads"
        elif uuid not in states:
            inventory.gone[uuid] = f"mapping {uuid} of {arn} is in the state, but not at the endpoint; apply it"
        else:
            _check(clients, fields, str(states[uuid].get("State")), facts, inventory)
    return inventory


def _check(
    clients: Clients, fields: dict[str, Any], state: str, facts: dict[str, FunctionFacts], inventory: Inventory
) -> None:
    uuid = str(fields.get("UUID"))
    try:
        mapping = load(fields)
        if mapping.function not in facts:
            region = mapping.function.split(":")[3]
            with _needed(f"its function {mapping.function}"):
                facts[mapping.function] = function_facts(clients.client("lambda", region), mapping.function)
        function = facts[mapping.function]
        with _needed(f"its queue {mapping.source.arn}"):
            visibility = _visibility_seconds(clients, mapping)
        refuse_short_visibility(mapping, visibility, function.timeout_seconds)
    except MappingRefusedError as error:
        inventory.refused[uuid] = f"mapping {uuid} of {fields.get('EventSourceArn')}: {error}"
    except _MissingError as error:
        inventory.missing[uuid] = (
            f"mapping {uuid} of {mapping.source.arn} is not run: {error} is gone; looked for again"
        )
    else:
        inventory.found.append(Found(mapping, function, mapping.enabled, state, visibility))


@contextmanager
def _needed(what: str) -> Iterator[None]:
    """Around whatever asks for a thing: that it is not there is said of it, any other trouble is the endpoint's."""
    try:
        yield
    except ClientError as error:
        if trouble(error) is not Trouble.GONE:
            raise
        raise _MissingError(what) from error


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
