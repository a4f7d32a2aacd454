"""What CloudWatch is told."""

from local.engine import FunctionThrottledError, QueueMessage, simulate
from local.engine.mapping import load
from local.engine.metrics import Meter, total
from tests.engine.doubles import QUEUE, Poisoned, Scripted, at_once, filters, mapping, nothing, records

COUNTED = {"MetricsConfig": {"Metrics": ["EventCount"]}}


def counts(timeline) -> dict[str, float]:
    names = {metric.name for metric in timeline.metrics if metric.name.endswith("Count")}
    return {name: total(timeline.metrics, name) for name in names}


def test_iterator_age_is_how_old_the_last_record_is_when_the_event_is_sent():
    timeline = simulate(mapping(MaximumBatchingWindowInSeconds=10), records(1000, 1004), nothing)
    assert [metric.value for metric in timeline.metrics if metric.name == "IteratorAge"] == [6000.0]


def test_event_counts_are_told_only_when_asked_for():
    assert counts(simulate(mapping(), at_once(2), nothing)) == {}


def test_every_event_of_a_stream_is_counted_on_its_way():
    settings = mapping(MaximumRetryAttempts=1, **COUNTED, **filters('{"data": {"n": [0, 1]}}'))
    assert counts(simulate(settings, at_once(3), Poisoned(0))) == {
        "PolledEventCount": 3,
        "FilteredOutEventCount": 1,
        "InvokedEventCount": 4,
        "FailedInvokeEventCount": 4,
        "DroppedEventCount": 2,
        "OnFailureDestinationDeliveredEventCount": 2,
    }


def test_deleted_messages_are_counted():
    timeline = simulate(mapping(QUEUE, **COUNTED), [QueueMessage("x", 1000.0)] * 3, nothing)
    assert counts(timeline) == {"PolledEventCount": 3, "InvokedEventCount": 3, "DeletedEventCount": 3}


def test_the_function_counts_its_invocations_errors_throttles_and_time():
    answers = Scripted(FunctionThrottledError(), ValueError(), None)
    metrics = simulate(mapping(), at_once(1), answers, invocation_seconds=0.2).metrics
    assert [round(total(metrics, name)) for name in ("Invocations", "Errors", "Throttles", "Duration")] == [
        2,
        1,
        1,
        400,
    ]


def test_a_failure_record_that_cannot_be_delivered_is_counted_and_the_batch_dropped_all_the_same():
    metrics = Meter(load(mapping(**COUNTED))).undelivered(1000.0, 3)
    assert {metric.name: metric.value for metric in metrics} == {
        "DestinationDeliveryFailures": 1,
        "DroppedEventCount": 3,
    }


def test_event_counts_go_by_the_mapping_and_the_rest_by_the_function():
    metrics = simulate(mapping(FunctionName="f", UUID="u-1", **COUNTED), at_once(1), nothing).metrics
    assert {(m.dimension, m.name) for m in metrics if m.name in ("PolledEventCount", "Invocations")} == {
        (("EventSourceMappingUUID", "u-1"), "PolledEventCount"),
        (("FunctionName", "f"), "Invocations"),
    }
