"""What an alarm watches and whom it tells; an alarm on a metric that AWS does not emit never rings.

    declared(file)     the alarms of a .tf file, as they are written
    planned(document)  the alarms of `terraform show -json <plan>`, every expression resolved
    faults(alarm, ...) what is wrong with one of them, in sentences

A plan, not the applied state: an emulator need not echo an alarm's dimensions, and the state holds what was echoed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import hcl2

CATALOGUE = Path(__file__).parent / "fixtures" / "metrics.json"
STALLED = "stalled"  # the one kind of alarm that may read something into missing data, by its name
DESCRIPTION_LENGTH = 40  # shorter than this, nobody has said what it means and what to do

Catalogue = Mapping[tuple[str, str], frozenset[frozenset[str]]]


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric by its namespace, its name and the names of its dimensions."""

    namespace: str
    name: str
    dimensions: frozenset[str]
    statistic: str

    def __str__(self) -> str:
        return f"{self.namespace} {self.name} {{{', '.join(sorted(self.dimensions))}}}"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A metric whose shape cannot be told from the file: `what` holds an expression."""

    what: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm; `composite` ones watch other alarms and no metric."""

    address: str
    label: str
    composite: bool
    metrics: tuple[Metric | Unreadable, ...]
    missing_data: str
    description: str
    alarm_actions: tuple[str, ...]
    ok_actions: tuple[str, ...]


def catalogue(path: Path = CATALOGUE) -> Catalogue:
    """Which sets of dimension names AWS emits of each metric."""
    emitted: dict[tuple[str, str], frozenset[frozenset[str]]] = {}
    for namespace, entry in json.loads(path.read_text()).items():
        for group in entry["groups"]:
            for name in group["metrics"]:
                known = emitted.get((namespace, name), frozenset())
                emitted[namespace, name] = known | {frozenset(names) for names in group["dimensions"]}
    return emitted


def faults(alarm: Alarm, topic: str, emitted: Catalogue) -> list[str]:
    """What is wrong with `alarm`, given that it must tell `topic`; nothing if it is sound."""
    watching = () if alarm.composite else _watching(alarm, emitted)
    return [f"{alarm.address}: {fault}" for fault in chain(watching, _telling(alarm, topic))]


def _watching(alarm: Alarm, emitted: Catalogue) -> Iterator[str]:
    if not alarm.metrics:
        yield "watches no metric"
    for metric in alarm.metrics:
        match metric:
            case Unreadable(what):
                yield f"{what} must be written out: an expression hides from this check what the alarm watches"
            case Metric(namespace, name) if (namespace, name) not in emitted:
                yield f"{namespace} {name} is not in {CATALOGUE.name}: add it with its source, or correct the name"
            case Metric(namespace, name, dimensions) if dimensions not in emitted[namespace, name]:
                known = " or ".join(sorted(f"{{{', '.join(sorted(names))}}}" for names in emitted[namespace, name]))
                yield f"AWS does not emit {metric}; it has {known}"
            case Metric(statistic=""):
                yield f"{metric} has no statistic"
    if STALLED in alarm.label and alarm.missing_data in ("", "missing"):
        yield "a stalled alarm must say what missing data means: treat_missing_data"
    if STALLED not in alarm.label and alarm.missing_data != "notBreaching":
        yield f'treat_missing_data must be "notBreaching"; got "{alarm.missing_data}"'


def _telling(alarm: Alarm, topic: str) -> Iterator[str]:
    if alarm.alarm_actions != (topic,):
        yield f"alarm_actions must be [{topic}]; got [{', '.join(alarm.alarm_actions)}]"
    if alarm.ok_actions != (topic,):
        yield f"ok_actions must be [{topic}]; got [{', '.join(alarm.ok_actions)}]"
    if len(alarm.description) < DESCRIPTION_LENGTH:
        yield f'alarm_description must say what it means and what to do; got "{alarm.description}"'


def declared(path: Path) -> Iterator[Alarm]:
    """The alarms that the file declares; text that is not a literal stays as it is written."""
    for resource in hcl2.loads(path.read_text()).get("resource", []):
        for kind, labelled in resource.items():
            for label, body in labelled.items():
                yield from _alarm(_plain(kind), _plain(label), f"{path.parent.name}/{_plain(label)}", body)


def planned(document: Mapping[str, Any]) -> Iterator[Alarm]:
    """The alarms of a plan's JSON, in every module."""
    yield from _of_module(document["planned_values"]["root_module"])


def _of_module(module: Mapping[str, Any]) -> Iterator[Alarm]:
    for resource in module.get("resources", []):
        yield from _alarm(resource["type"], resource["name"], resource["address"], resource["values"])
    for child in module.get("child_modules", []):
        yield from _of_module(child)


def _alarm(kind: str, label: str, address: str, body: Mapping[str, Any]) -> Iterator[Alarm]:
    if kind in ("aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm"):
        yield Alarm(
            address=address,
            label=label,
            composite=kind == "aws_cloudwatch_composite_alarm",
            metrics=tuple(_metrics(body)),
            missing_data=_plain(body.get("treat_missing_data")),
            description=_plain(body.get("alarm_description")),
            alarm_actions=_texts(body.get("alarm_actions")),
            ok_actions=_texts(body.get("ok_actions")),
        )


def _metrics(body: Mapping[str, Any]) -> Iterator[Metric | Unreadable]:
    if body.get("metric_name"):
        yield _metric(body, _plain(body.get("statistic")) or _plain(body.get("extended_statistic")))
    for query in chain(body.get("metric_query") or [], _dynamic_queries(body)):
        for metric in query.get("metric") or []:
            yield _metric(metric, _plain(metric.get("stat")))


def _dynamic_queries(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for block in body.get("dynamic", []):
        for label, generator in block.items():
            if _plain(label) == "metric_query":
                yield from generator["content"]


def _metric(body: Mapping[str, Any], statistic: str) -> Metric | Unreadable:
    namespace, name = _plain(body.get("namespace")), _plain(body["metric_name"])
    dimensions = body.get("dimensions") or {}
    if "${" in namespace:
        return Unreadable(f"namespace = {namespace}")
    if "${" in name:
        return Unreadable(f"metric_name = {name}")
    if not isinstance(dimensions, Mapping):
        return Unreadable(f"dimensions = {dimensions}")
    names = frozenset(_plain(key) for key in dimensions)
    if any("${" in key for key in names):
        return Unreadable(f"dimensions = {{{', '.join(sorted(names))}}}")
    return Metric(namespace, name, names, statistic)


def _texts(value: object) -> tuple[str, ...]:
    """A list's texts; an expression in the place of a list is one text."""
    return tuple(_plain(text) for text in value) if isinstance(value, list) else (_plain(value),)


def _plain(value: object) -> str:
    """A text without the quotes that the parser leaves around it; nothing for null."""
    text = "" if value is None else str(value)
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
