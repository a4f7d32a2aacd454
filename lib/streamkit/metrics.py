"""Business counts, in CloudWatch's embedded metric format: a line of the log that becomes metrics."""

from __future__ import annotations

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

NAMESPACE = "Sluice"


def count(**counts: int) -> None:
    """Count `counts` under their names, in the dimension `service` (POWERTOOLS_SERVICE_NAME)."""
    metrics = EphemeralMetrics(namespace=NAMESPACE)
    for name, value in counts.items():
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)
    metrics.flush_metrics()
