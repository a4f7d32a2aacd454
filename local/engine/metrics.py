"""The CloudWatch metrics a mapping and its function emit, as values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from local.engine.mapping import Mapping

NAMESPACE = "AWS/Lambda"


@dataclass(frozen=True, slots=True)
class Metric:
    """One data point; its namespace is AWS/Lambda."""

    at: float
    name: str
    value: float
    unit: str
    dimension: tuple[str, str]


class Meter:
    """Turns what happens to a mapping into data points."""

    def __init__(self, mapping: Mapping) -> None:
        self.function = ("FunctionName", mapping.function.split(":")[6])
        self.mapping = ("EventSourceMappingUUID", mapping.uuid)
        self.counts_events = mapping.event_count_metrics

    def read(self, at: float, polled: int, filtered: int) -> list[Metric]:
        return self._events(at, ("PolledEventCount", polled), ("FilteredOutEventCount", filtered))

    def sent(self, at: float, records: int) -> list[Metric]:
        return self._events(at, ("InvokedEventCount", records))

    def iterator_age(self, at: float, last_arrived: float | None) -> list[Metric]:
        """How old the last record of a batch is; a final call has none."""
        if last_arrived is None:
            return []
        return [Metric(at, "IteratorAge", max(0.0, (at - last_arrived) * 1000), "Milliseconds", self.function)]

    def throttled(self, at: float) -> list[Metric]:
        return [Metric(at, "Throttles", 1, "Count", self.function)]

    def finished(self, at: float, seconds: float, *, error: bool) -> list[Metric]:
        return [
            Metric(at, "Invocations", 1, "Count", self.function),
            Metric(at, "Errors", int(error), "Count", self.function),
            Metric(at, "Duration", seconds * 1000, "Milliseconds", self.function),
        ]

    def failed(self, at: float, records: int) -> list[Metric]:
        return self._events(at, ("FailedInvokeEventCount", records))

    def dropped(self, at: float, records: int, *, destination: bool) -> list[Metric]:
        delivered = records if destination else 0
        return self._events(at, ("DroppedEventCount", records), ("OnFailureDestinationDeliveredEventCount", delivered))

    def undelivered(self, at: float, records: int) -> list[Metric]:
        """The destination did not take the failure record: the batch is dropped all the same."""
        return [
            Metric(at, "DestinationDeliveryFailures", 1, "Count", self.function),
            *self._events(at, ("DroppedEventCount", records)),
        ]

    def deleted(self, at: float, messages: int) -> list[Metric]:
        return self._events(at, ("DeletedEventCount", messages))

    def _events(self, at: float, *counts: tuple[str, int]) -> list[Metric]:
        if not self.counts_events:
            return []
        return [Metric(at, name, value, "Count", self.mapping) for name, value in counts if value]


def total(metrics: Iterable[Metric], name: str) -> float:
    return sum(metric.value for metric in metrics if metric.name == name)
