"""Business figures, in CloudWatch's embedded metric format: a line of the log that becomes metrics."""

from __future__ import annotations

from typing import Literal, NamedTuple

from aws_lambda_powertools.metrics import EphemeralMetrics

NAMESPACE = "Sluice"


class Measure(NamedTuple):
    """One figure, in a unit of CloudWatch."""

    name: str
    unit: Literal["Count", "Bytes", "Seconds"]
    value: float


def count(**counts: int) -> None:
    """Count `counts` under their names, in the dimension `service` (POWERTOOLS_SERVICE_NAME)."""
    measure(*(Measure(name, "Count", value) for name, value in counts.items()))


def measure(*measures: Measure) -> None:
    """Tell all `measures` in one line, in the dimension `service`."""
    metrics = EphemeralMetrics(namespace=NAMESPACE)
    for name, unit, value in measures:
        metrics.add_metric(name=name, unit=unit, value=value)
    metrics.flush_metrics()
