"""Metrics of the mappings that run here: in memory and on disk for whoever evaluates alarms, and put to the endpoint.

    <folder>/metrics.jsonl     {"at": 1700000000, "name": "IteratorAge", "dimension": ["FunctionName", "f"],
                                "unit": "Milliseconds", "count": 12, "sum": 840.0, "minimum": 3.0, "maximum": 200.0}

One line per metric, dimension and flush. What CloudWatch gets from Lambda itself (Invocations, Errors, Throttles,
Duration) is kept here too, but put only where the endpoint turns out not to emit it.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local.engine.metrics import NAMESPACE, Metric

OF_LAMBDA_ITSELF = frozenset({"Invocations", "Errors", "Throttles", "Duration"})
KEPT = 100_000
LARGEST_BYTES = 20_000_000
PER_REQUEST = 500


@dataclass(slots=True)
class Reading:
    """All data points of one metric between two flushes."""

    at: float
    name: str
    dimension: tuple[str, str]
    unit: str
    count: int = 0
    sum: float = 0.0
    minimum: float = float("inf")
    maximum: float = float("-inf")

    def take(self, value: float) -> None:
        self.count += 1
        self.sum += value
        self.minimum = min(self.minimum, value)
        self.maximum = max(self.maximum, value)

    def as_datum(self) -> dict[str, Any]:
        name, value = self.dimension
        return {
            "MetricName": self.name,
            "Dimensions": [{"Name": name, "Value": value}],
            "Timestamp": datetime.fromtimestamp(self.at, UTC),
            "Unit": self.unit,
            "StatisticValues": {
                "SampleCount": self.count,
                "Sum": self.sum,
                "Minimum": self.minimum,
                "Maximum": self.maximum,
            },
        }


class Readings:
    """`recent` holds the latest, oldest first; `endpoint_emits`: Lambda's own metrics, unknown until a function ran."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "metrics.jsonl"
        self.endpoint_emits: bool | None = None
        self.open: dict[tuple[str, tuple[str, str]], Reading] = {}
        self.recent: deque[Reading] = deque(maxlen=KEPT)

    def add(self, metrics: Iterable[Metric]) -> None:
        for metric in metrics:
            key = (metric.name, metric.dimension)
            if key not in self.open:
                self.open[key] = Reading(metric.at, metric.name, metric.dimension, metric.unit)
            self.open[key].take(metric.value)

    def flush(self) -> list[Reading]:
        """Close what was gathered, keep it, and return it for `put`."""
        closed = list(self.open.values())
        self.open.clear()
        self.recent.extend(closed)
        return closed

    def write(self, readings: Iterable[Reading]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.path.exists() and self.path.stat().st_size > LARGEST_BYTES:
            self.path.replace(self.path.with_name("metrics.previous.jsonl"))
        with self.path.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(asdict(reading)) + "\n" for reading in readings)

    def put(self, client: Callable[[], Any], readings: Sequence[Reading]) -> None:
        """To the endpoint; after the first invocations it is asked once whether it has counted them itself."""
        counted = next((reading for reading in readings if reading.name == "Invocations"), None)
        if self.endpoint_emits is None and counted is not None:
            dimensions = counted.as_datum()["Dimensions"]
            listed = client().list_metrics(Namespace=NAMESPACE, MetricName="Invocations", Dimensions=dimensions)
            self.endpoint_emits = bool(listed["Metrics"])
        withheld = OF_LAMBDA_ITSELF if self.endpoint_emits is not False else frozenset()
        data = [reading.as_datum() for reading in readings if reading.name not in withheld]
        for first in range(0, len(data), PER_REQUEST):
            client().put_metric_data(Namespace=NAMESPACE, MetricData=data[first : first + PER_REQUEST])
