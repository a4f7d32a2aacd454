"""What window_aggregator does with one window, call by call."""

import json
import subprocess
import sys
from pathlib import Path
from time import process_time
from typing import Any

import pytest

from local.engine import KinesisRecord, TableChange
from streamkit.quarantine_messages import counted
from streamkit.records import EventError
from streamkit.settings import SettingsError, read
from tests.aggregation import AHEAD, LATENESS, NOON, World, bucket_name, trip_at
from tests.doubles import cancelled, refused, throttled
from tests.events import SHARD, kinesis_event, packed, trip
from tests.memory_dynamodb import Failing, HollowAnswer
from window_aggregator import state
from window_aggregator.coverage import OverlapError
from window_aggregator.handler import NothingKeptError
from window_aggregator.settings import Settings
from window_aggregator.state import StateError
from window_aggregator.store import ClosingUnfinishedError, JournalLostError, MeaningError

ROOT = Path(__file__).parents[2]
MINUTE = "2024-05-01T10:00:00Z"  # of the trips that `trip` makes
CLOSED: dict[str, Any] = {"state": {}}
DENIED = Failing(refused("AccessDeniedException"))
HOLLOW = HollowAnswer()


def call(*payloads: bytes, state: Any = None, first: int = 1, **fields: Any) -> dict[str, Any]:
    """An event of one window; its records arrive a second apart from 10:00:01."""
    return kinesis_event(*payloads, first=first) | {
        "shardId": SHARD,
        "eventSourceARN": "arn:aws:kinesis:us-east-1:111111111111:stream/trips",
        "window": {"start": MINUTE, "end": "2024-05-01T10:01:00Z"},
        "state": state or {},
        "isFinalInvokeForWindow": False,
        "isWindowTerminatedEarly": False,
        **fields,
    }


def final(state: Any, **fields: Any) -> dict[str, Any]:
    return call(state=state, isFinalInvokeForWindow=True, **fields)


def redriven(*payloads: bytes, first: int = 1) -> dict[str, Any]:
    return call(*payloads, first=first, isFinalInvokeForWindow=True, redrive=True)


def folded(world: World, *payloads: bytes, first: int = 1) -> Any:
    return world(call(*payloads, first=first))["state"]


def trips(world: World) -> dict[str, int]:
    """How many trips each bucket's total of vendor 1 holds."""
    return {bucket: sums[0] for (vendor, bucket), sums in world.totals().items() if vendor == 1}


def last_line(world: World) -> dict[str, Any]:
    line: dict[str, Any] = json.loads(world.lines.getvalue().splitlines()[-1])
    return line


# one window


def test_a_window_counts_in_its_final_call_and_not_before():
    world = World()
    held = folded(world, trip(fareCents=5), packed(trip(fareCents=7), trip(vendorId=3)))
    assert world.totals() == {}
    assert world(final(held)) == CLOSED
    assert world.totals() == {(1, MINUTE): (2, 4, 12, 0, 0, 5, 7), (3, MINUTE): (1, 2, 0, 0, 0, 0, 0)}


def test_a_part_tells_which_records_of_which_window_it_holds():
    world = World()
    world(final(folded(world, trip(), trip())))
    ((vendor, name, part),) = world.named("part")
    told = {field: part[field]["S"] for field in ("firstSequenceNumber", "lastSequenceNumber", "shardId", "windowEnd")}
    assert (vendor, name) == (1, f"part#{MINUTE}#{SHARD}#1")
    assert told == {
        "firstSequenceNumber": "1",
        "lastSequenceNumber": "2",
        "shardId": SHARD,
        "windowEnd": "2024-05-01T10:01:00Z",
    }


def test_parts_spans_and_late_records_expire_and_totals_and_marks_do_not():
    world = World()
    world(final(folded(world, trip(), trip(pickupAt="2024-05-01T08:00:00Z"))))
    expiring = {name.partition("#")[0] for (_, name), item in world.table.items.items() if "expiresAt" in item}
    assert expiring == {"part", "span", "late"}


def test_a_repeated_final_call_changes_nothing():
    world = World()
    held = folded(world, trip())
    world(final(held))
    once = dict(world.table.items)
    world(final(held))
    assert world.table.items == once


def test_records_delivered_again_inside_a_window_are_passed_over():
    world = World()
    held = folded(world, trip(), trip())
    held = world(call(trip(), trip(), trip(), first=2, state=held))["state"]
    world(final(held))
    assert trips(world) == {MINUTE: 4}


def test_records_out_of_order_count_once_each():
    world = World()
    event = call(trip(), trip(), trip())
    event["Records"] = [event["Records"][place] for place in (2, 0, 2, 1)]
    world(final(world(event)["state"]))
    assert trips(world) == {MINUTE: 3}


def test_sequence_numbers_compare_as_integers():
    world = World()
    held = folded(world, trip(), first=9)
    world(final(world(call(trip(), first=10, state=held))["state"]))
    assert trips(world) == {MINUTE: 2}


def test_a_window_without_a_usable_record_moves_the_mark_all_the_same():
    world = World()
    world(final(folded(world, b"no trip")))
    assert world.mark()["lastSequenceNumber"] == {"S": "1"}


def test_a_final_call_that_brings_records_counts_them_too():
    world = World()
    world(call(trip(), first=2, state=folded(world, trip()), isFinalInvokeForWindow=True))
    assert trips(world) == {MINUTE: 2}


# time


def test_a_trip_counts_in_the_minute_it_happened_in():
    world = World()
    world(final(folded(world, trip(pickupAt="2024-05-01T09:58:30+00:00"), trip(pickupAt="2024-05-01T12:00:01+02:00"))))
    assert trips(world) == {"2024-05-01T09:58:00Z": 1, MINUTE: 1}


def test_by_arrival_it_counts_in_the_minute_it_arrived_in_however_late():
    world = World(time="arrival")
    world(final(folded(world, trip(pickupAt="1999-01-01T00:00:00Z"), trip(pickupAt="2099-01-01T00:00:00Z"))))
    assert trips(world) == {MINUTE: 2}


def test_a_bucket_may_be_longer_than_the_window():
    world = World(bucket_seconds=3600)
    world(final(folded(world, trip(pickupAt="2024-05-01T09:59:59Z"), trip())))
    assert trips(world) == {"2024-05-01T09:00:00Z": 1, MINUTE: 1}


def test_a_window_keeps_the_buckets_it_began_with():
    world = World()
    held = folded(world, trip())
    world.bucket_seconds, world.time = 3600, "arrival"
    world(final(world(call(trip(pickupAt="2024-05-01T09:59:00Z"), first=2, state=held))["state"]))
    assert trips(world) == {"2024-05-01T09:59:00Z": 1, MINUTE: 1}


@pytest.mark.parametrize(
    ("time", "seconds"), [("event", 3600), ("arrival", 60)], ids=["another length", "another time"]
)
def test_a_window_that_would_mix_two_meanings_in_one_total_is_refused_before_anything_is_counted(time, seconds):
    world = World(bucket_seconds=60)
    world(final(folded(world, trip())))
    before = dict(world.table.items)
    world.time, world.bucket_seconds = time, seconds
    with pytest.raises(
        MeaningError, match=rf"by event of 60 seconds.*set to {time} and {seconds}; nothing was counted"
    ):
        world(call(trip(), b"no trip", first=2, isFinalInvokeForWindow=True))
    with pytest.raises(MeaningError):
        world(redriven(trip(), first=2))
    assert (world.table.items, world.queue.messages) == (before, [])


def test_a_refused_window_counts_once_the_function_is_set_back():
    world = World(bucket_seconds=60)
    world(final(folded(world, trip())))
    world.bucket_seconds = 3600
    with pytest.raises(MeaningError):
        folded(world, trip(), first=2)
    world.bucket_seconds = None  # as long as the window: the same
    world(final(folded(world, trip(), first=2)))
    assert trips(world) == {MINUTE: 2}


def test_a_window_under_way_ends_as_it_began_whatever_the_function_is_set_to():
    world = World(bucket_seconds=60)
    held = folded(world, trip())
    world.bucket_seconds = 3600
    world(final(held))
    assert trips(world) == {MINUTE: 1}


@pytest.mark.parametrize("after", [False, True], ids=["undone", "done"])
@pytest.mark.parametrize("error", [throttled(), HOLLOW], ids=["throttled", "hollow"])
def test_what_totals_are_of_is_said_once_however_its_calls_fail(error, after):
    world = World([Failing(error, after)] * 3, seconds=30)
    world(final(folded(world, trip())))
    assert (trips(world), world.table.items[0, "meaning"]["bucketSeconds"]) == ({MINUTE: 1}, {"N": "60"})


@pytest.mark.parametrize(("lag", "stands"), [(LATENESS, (1, 0, 0)), (LATENESS + 1, (0, 1, 0))])
def test_a_trip_may_be_as_late_as_allowed_and_no_later(lag, stands):
    assert counted_late_and_quarantined(lag) == stands


@pytest.mark.parametrize(("lag", "stands"), [(-AHEAD, (1, 0, 0)), (-AHEAD - 1, (0, 0, 1))])
def test_a_trip_may_be_as_far_ahead_as_allowed_and_no_further(lag, stands):
    assert counted_late_and_quarantined(lag) == stands


def counted_late_and_quarantined(lag: float) -> tuple[int, int, int]:
    world = World()
    world.run([KinesisRecord(SHARD, "1", trip_at(NOON - lag), NOON)])
    return len(world.totals()), world.late(), world.quarantined()


def test_a_late_trip_is_kept_with_its_place_and_its_lateness():
    world = World()
    folded(world, packed(trip(), trip(vendorId=8, pickupAt="2024-05-01T08:00:00Z", fareCents=5)))
    ((vendor, name, item),) = world.named("late")
    assert (vendor, name) == (8, f"late#{SHARD}#1#1")
    assert (item["fareCents"], item["latenessSeconds"]) == ({"N": "5"}, {"N": "7201"})


# what cannot be used, and what cannot be kept


def test_an_unusable_record_is_quarantined_with_its_place_and_reason():
    world = World()
    folded(world, packed(trip(), b"no trip"), trip(pickupAt="2024-05-01T11:00:00Z"), packed(trip())[:-1])
    kept = [(one["consumer"], one["sequenceNumber"], one["index"]) for one in world.queue.messages]
    assert kept == [(("window_aggregator"), "1", 1), ("window_aggregator", "2", 0), ("window_aggregator", "3", 0)]
    assert world.queue.messages[1]["reason"].startswith("pickupAt must be at most 300 seconds after the arrival")
    assert world.queue.messages[2]["reason"] == "aggregate with a wrong digest"


def test_a_batch_of_nothing_but_poison_takes_no_more_calls_than_an_invocation_has_time_for():
    world = World(seconds=30)
    world(call(*[packed(b"no trip", b"none either")] * 1_500))
    assert (len(world.queue.calls), counted(world.queue.messages)) == (1, {"window_aggregator": 3_000})


@pytest.mark.parametrize("payload", [b"no trip", trip(pickupAt="2024-05-01T08:00:00Z")], ids=["unusable", "late"])
def test_what_cannot_be_kept_is_not_acknowledged(payload):
    world = World(queue=[throttled()] * 99)
    held = folded(world, trip())
    world.trouble([Failing(throttled())] * 99)
    with pytest.raises(NothingKeptError):
        world(call(payload, first=2, state=held))


# closings that fail


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("write", range(6))
def test_a_closing_that_fails_anywhere_is_finished_by_its_retry(write, after):
    world = World()
    held = folded(world, trip(fareCents=1), trip(vendorId=2, fareCents=3))
    world.trouble([*[None] * write, Failing(refused("AccessDeniedException"), after)])
    with pytest.raises(Exception, match="AccessDenied"):
        world(final(held))
    assert world(final(held)) == CLOSED
    assert world.totals() == {(1, MINUTE): (1, 2, 1, 0, 0, 1, 1), (2, MINUTE): (1, 2, 3, 0, 0, 3, 3)}
    assert (world.mark()["lastSequenceNumber"], world.named("journal")) == ({"S": "2"}, [])


@pytest.mark.parametrize("after", [False, True], ids=["undone", "done"])
@pytest.mark.parametrize("place", range(7))
def test_a_closing_believes_no_answer_that_names_nothing(place, after):
    world = World()
    held = folded(world, trip(fareCents=1), trip(vendorId=2, fareCents=3))
    world.trouble([*[None] * place, Failing(HOLLOW, after)])
    assert world(final(held)) == CLOSED
    assert world.totals() == {(1, MINUTE): (1, 2, 1, 0, 0, 1, 1), (2, MINUTE): (1, 2, 3, 0, 0, 3, 3)}
    assert (world.mark()["lastSequenceNumber"], world.named("journal")) == ({"S": "2"}, [])


def test_a_late_record_is_not_acknowledged_by_an_answer_that_names_nothing():
    world = World()
    held = folded(world, trip())
    world.trouble([Failing(HOLLOW)] * 99)
    with pytest.raises(NothingKeptError):
        world(call(trip(pickupAt="2024-05-01T08:00:00Z"), first=2, state=held))


@pytest.mark.parametrize("place", range(4))
def test_what_is_settled_is_looked_up_until_an_answer_tells(place):
    world = World()
    world(redriven(trip(), first=2))
    world(final(folded(world, trip())))
    world.trouble([*[None] * place, Failing(HOLLOW)])
    world(final(folded(world, trip(), trip(), trip())))
    assert trips(world) == {MINUTE: 3}


def test_a_table_that_never_tells_raises_and_says_so():
    with pytest.raises(ClosingUnfinishedError, match="UnprovenError"):
        folded(World([Failing(HOLLOW)] * 99), trip())


def test_the_mark_advances_only_when_all_parts_stand():
    world = World()
    held = folded(world, trip())
    world.trouble([None, None, DENIED])
    with pytest.raises(Exception, match="AccessDenied"):
        world(final(held))
    assert "lastSequenceNumber" not in world.mark()


def test_what_one_reader_began_to_count_the_next_finishes_before_it_reads():
    #  records 1 2 | 3      the first mapping's final call dies after the claim; the second begins again at 1
    world = World()
    held = folded(world, trip(fareCents=1), trip(fareCents=2))
    world.trouble([None, None, DENIED])
    with pytest.raises(Exception, match="AccessDenied"):
        world(final(held))
    world(final(folded(world, trip(fareCents=1), trip(fareCents=2), trip(fareCents=4))))
    assert world.totals() == {(1, MINUTE): (3, 6, 7, 0, 0, 1, 4)}


@pytest.mark.parametrize(
    "error",
    [cancelled("None", "TransactionConflict"), cancelled("ThrottlingError"), refused("TransactionInProgressException")],
    ids=["conflict", "throttle", "in progress"],
)
def test_a_transaction_that_met_another_is_tried_again_within_the_invocation(error):
    world = World()
    held = folded(world, trip())
    world.trouble([None, None, Failing(error)])
    assert world(final(held)) == CLOSED
    assert trips(world) == {MINUTE: 1}


def test_a_closing_out_of_time_raises_and_says_what_stood_in_the_way():
    world = World()
    held = folded(world, trip())
    world.trouble([None, None, *[Failing(cancelled("None", "TransactionConflict"))] * 99])
    with pytest.raises(ClosingUnfinishedError, match=r"1 of 1 .*TransactionCanceledException"):
        world(final(held))


def test_bounds_that_are_throttled_hold_up_no_others_and_come_again_together():
    world = World()
    held = folded(world, packed(*(trip(vendorId=vendor) for vendor in range(1, 11))))
    world.trouble([*[None] * 4, *[Failing(throttled()), None, None] * 5])
    assert world(final(held)) == CLOSED
    assert world.table.calls.count("BatchGetItem") == 2


def test_conflicts_are_counted():
    world = World()
    held = folded(world, trip())
    world.trouble([None, None, Failing(cancelled("None", "TransactionConflict"))])
    world(final(held))
    assert (last_line(world)["conflicts"], last_line(world)["parts"]) == (1, 1)


def test_a_window_of_more_cells_than_a_transaction_takes_counts_them_all():
    world = World()
    world(final(folded(world, packed(*(trip(vendorId=vendor) for vendor in range(1, 121))))))
    assert len(world.totals()) == 120


def test_a_journal_larger_than_an_item_is_kept_in_pieces(monkeypatch):
    monkeypatch.setattr("window_aggregator.items.JOURNAL_PIECE_BYTES", 50)
    world = World()
    held = folded(world, trip())
    world.trouble([None, None, DENIED])
    with pytest.raises(Exception, match="AccessDenied"):
        world(final(held))
    assert len(world.named("journal")) > 1
    world(final(held))
    assert (trips(world), world.named("journal")) == ({MINUTE: 1}, [])


def test_a_claim_without_its_journal_is_an_error_that_names_it():
    world = World()
    held = folded(world, trip())
    world.trouble([None, None, DENIED])
    with pytest.raises(Exception, match="AccessDenied"):
        world(final(held))
    ((vendor, name, _),) = world.named("journal")
    del world.table.items[vendor, name]
    with pytest.raises(JournalLostError, match=f"span#{SHARD}#001.1"):
        world(final(held))


# full states


@pytest.fixture
def full_after_one_batch(monkeypatch):
    monkeypatch.setattr(state, "MOST_RUNS", 1)


def test_a_full_state_is_counted_before_more_is_folded(full_after_one_batch):
    world = World()
    held = world(call(trip(), first=2, state=folded(world, trip())))["state"]
    assert trips(world) == {MINUTE: 1}
    world(final(held))
    assert trips(world) == {MINUTE: 2}


def test_a_flush_followed_by_a_failure_is_repeated_without_a_trace(full_after_one_batch):
    world = World([], [refused("AccessDenied")])
    held = folded(world, trip())
    with pytest.raises(Exception, match="AccessDenied"):
        world(call(b"no trip", first=2, state=held))
    world(final(world(call(b"no trip", trip(), first=2, state=held))["state"]))
    assert trips(world) == {MINUTE: 2}


def test_a_flushed_state_whose_batch_is_given_up_closes_as_a_repeat(full_after_one_batch):
    world = World()
    held = folded(world, trip())
    world(call(trip(), first=2, state=held))
    world(final(held))
    assert trips(world) == {MINUTE: 1}


def test_a_deployment_that_flushes_later_counts_only_what_was_added_since(monkeypatch):
    monkeypatch.setattr(state, "MOST_RUNS", 1)
    world = World([None] * 9)
    held = folded(world, trip(fareCents=5))
    world(call(trip(fareCents=9), first=2, state=held))  # counts 5; its answer never arrives
    monkeypatch.setattr(state, "MOST_RUNS", 100)
    world(final(world(call(trip(fareCents=9), first=2, state=held))["state"]))
    assert world.totals() == {(1, MINUTE): (2, 4, 14, 0, 0, 5, 9)}
    assert world.parts() == {(1, MINUTE): (2, 4, 14, 0, 0)}


def test_a_window_ended_early_counts_and_goes_on():
    world = World()
    world(final(folded(world, trip()), isWindowTerminatedEarly=True))
    world(final(folded(world, trip(), first=2)))
    assert trips(world) == {MINUTE: 2}


# new mappings and redrives


def test_a_mapping_recreated_at_the_horizon_passes_over_what_is_settled():
    world = World()
    world(final(folded(world, trip(), trip())))
    world(final(folded(world, trip(), trip(), trip())))
    assert trips(world) == {MINUTE: 3}


def test_a_discarded_batch_counts_when_it_is_redriven_however_often():
    #  1 | 2 discarded | 3
    world = World()
    held = world(call(trip(), first=3, state=folded(world, trip())))["state"]
    world(final(held))
    world(redriven(trip(fareCents=7), first=2))
    world(redriven(trip(fareCents=7), first=2))
    assert world.totals() == {(1, MINUTE): (3, 6, 7, 0, 0, 0, 7)}


def test_a_batch_redriven_before_its_window_closes_is_passed_over_by_a_new_mapping():
    world = World()
    world(redriven(trip(), first=2))
    world(final(folded(world, trip(), trip(), trip())))
    assert trips(world) == {MINUTE: 3}


def test_a_discarded_batch_that_a_new_mapping_counted_is_not_counted_again():
    world = World()
    world(final(folded(world, trip(), trip(), trip())))
    world(redriven(trip(), first=2))
    assert trips(world) == {MINUTE: 3}


def test_a_redriven_batch_counts_only_what_is_in_no_other_span():
    world = World()
    world(final(folded(world, trip(), first=2)))
    world(redriven(trip(), trip(), trip()))
    assert (trips(world), world.runs()) == ({MINUTE: 3}, [(SHARD, 1, 1), (SHARD, 2, 2), (SHARD, 3, 3)])


def test_a_redrive_leaves_the_mark_where_it_is():
    world = World()
    world(final(folded(world, trip())))
    world(redriven(trip(), first=5))
    assert world.mark()["lastSequenceNumber"] == {"S": "1"}


def test_a_discarded_final_call_counts_when_it_is_sent_again_after_later_windows():
    world = World()
    held = folded(world, trip())
    world(final(folded(world, trip(), first=2)))
    world(final(held))
    assert (trips(world), world.mark()["lastSequenceNumber"]) == ({MINUTE: 2}, {"S": "2"})


def test_a_discarded_final_call_whose_records_were_read_in_another_cut_counts_nothing():
    world = World()
    held = folded(world, trip(), trip())
    world(final(folded(world, trip())))
    world(final(folded(world, trip(), first=2)))
    world(final(held))
    assert trips(world) == {MINUTE: 2}


def test_two_readers_of_one_shard_are_an_error_that_counts_nothing():
    world = World()
    held = folded(world, trip(), trip())
    world(final(folded(world, trip(), trip(), first=2)))
    with pytest.raises(OverlapError, match=r"1 to 2.*2 to 3.*nothing was added"):
        world(final(held))
    assert trips(world) == {MINUTE: 2}


def test_what_cannot_be_told_apart_is_counted_when_its_records_are_redriven():
    world = World()
    held = folded(world, trip(), trip())
    world(final(folded(world, trip(), trip(), first=2)))
    with pytest.raises(OverlapError):
        world(final(held))
    world(redriven(trip(), trip()))
    assert trips(world) == {MINUTE: 3}


# other sources and other versions


def test_new_items_of_a_trips_table_count_and_their_changes_do_not():
    def change(kind, number, **fare):
        image = {name: {"N": str(value)} for name, value in fare.items()}
        image |= {"tripId": {"S": f"t-{number}"}, "vendorId": {"N": "1"}, "passengerCount": {"N": "2"}}
        image |= {"pickupAt": {"S": "2024-05-01T12:00:00Z"}}
        keys = {"tripId": image["tripId"]}
        return TableChange(SHARD, kind, keys, image if kind != "REMOVE" else None, None, created=NOON)

    world = World()
    table = "arn:aws:dynamodb:us-east-1:123456789012:table/trips/stream/2026-01-01T00:00:00.000"
    changes: Any = [change("INSERT", 1, fareCents=5), change("MODIFY", 1, fareCents=9), change("REMOVE", 1)]
    world.run(changes, EventSourceArn=table)
    assert world.totals() == {(1, bucket_name(NOON, 60)): (1, 2, 5, 0, 0, 5, 5)}


def test_a_fan_out_reader_is_refused():
    with pytest.raises(EventError, match="must be read by a shared reader"):
        World()(call(trip(), eventSourceARN="arn:aws:kinesis:us-east-1:1:stream/trips/consumer/aggregator:17"))


def test_an_event_without_a_window_is_refused():
    with pytest.raises(EventError, match="tumbling window"):
        World()(kinesis_event(trip()))


@pytest.mark.parametrize("event", [[], None, "x", 7], ids=repr)
def test_an_event_that_is_no_object_is_refused(event):
    with pytest.raises(EventError, match="event must be an object"):
        World()(event)


@pytest.mark.parametrize(
    ("start", "end"),
    [("x", "y"), (MINUTE, MINUTE), ("2024-05-01T10:01:00Z", MINUTE), ("", "")],
    ids=["no moments", "no length", "backwards", "empty"],
)
def test_a_window_that_is_none_is_refused(start, end):
    with pytest.raises(EventError, match="window must be a second or more"):
        World()(call(trip(), window={"start": start, "end": end}))


@pytest.mark.parametrize("shard", ["", "a#b"])
def test_a_shard_whose_name_would_be_no_key_is_refused(shard):
    with pytest.raises(EventError, match="shardId must be the name of a shard"):
        World()(call(trip(), shardId=shard))


@pytest.mark.parametrize("number", ["abc", "", "-5", "1.5", "1_0", "0", 5, None, "\u0661", "9" * 130], ids=repr)
def test_a_sequence_number_that_is_none_is_refused(number):
    with pytest.raises(EventError, match="every sequence number must be the digits"):
        World()(numbered(call(trip(), trip()), number))


@pytest.mark.parametrize("records", [{"a": 1}, "abc", [None], 7], ids=repr)
def test_records_that_are_no_list_of_records_are_refused(records):
    with pytest.raises(EventError):
        World()(call() | {"Records": records})


@pytest.mark.parametrize(
    "fields",
    [{"state": {"version": "1"}}, {"isFinalInvokeForWindow": False}],
    ids=["with a state", "before the end"],
)
def test_a_redrive_beside_the_contract_is_refused_and_not_lost(fields):
    world = World()
    with pytest.raises(EventError, match=r"a redrive must be a final call with the state \{\}.*nothing was counted"):
        world(redriven(trip()) | fields)
    assert world.table.items == {}


def test_a_state_of_a_newer_version_is_refused_with_the_remedy():
    held = folded(World(), trip()) | {"version": "2"}
    with pytest.raises(StateError, match=r"version 1; got '2'.*deploy that version again"):
        World()(final(held))


@pytest.mark.parametrize("version", [None, 1, "0", "abc"])
def test_a_state_of_no_version_of_ours_is_not_called_a_newer_one(version):
    held = folded(World(), trip()) | {"version": version}
    with pytest.raises(StateError, match="this function never made it; no retry mends it"):
        World()(final(held))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("bucketSeconds", "0"),
        ("bucketSeconds", "-60"),
        ("bucketSeconds", "999999999999"),
        ("time", "later"),
        ("after", "-5"),
        ("after", "9" * 5_000),
        ("cells", "1,2"),
        ("cells", None),
        ("cells", "0,1714564800,1,2,0,0,0,0,0"),
        ("cells", "1,99999999999999,1,2,0,0,0,0,0"),
        ("cells", "1,1714564800,-1,-2,0,0,0,0,0"),
        ("cells", "1,1714564800,0,0,0,0,0,0,0"),
        ("cells", "1,1714564800,1,2,0,0,0,9,5"),
        ("cells", "1,1714564800,1,2," + "9" * 50 + ",0,0,0,0"),
        ("runs", "1+0"),
        ("runs", "-5+3*1"),
        ("runs", "5+-3*1"),
        ("runs", "1+0*-1"),
        ("runs", "1+0*2"),
        ("runs", "5+3*2 -1+0*1"),
        ("runs", ["1+0*1"]),
        ("passed", "0+0*1"),
    ],
    ids=lambda value: f"{value!s:.30}",
)
def test_a_state_that_holds_what_we_never_write_is_refused_by_the_name_of_the_field(name, value):
    held = folded(World(), trip()) | {name: value}
    with pytest.raises(StateError, match=f"must be as this function returned it; its {name} does not read"):
        World()(final(held))


def test_a_state_without_a_field_is_refused_by_its_name():
    held = folded(World(), trip())
    del held["cells"]
    with pytest.raises(StateError, match="its cells does not read"):
        World()(final(held))


def test_every_value_of_the_state_is_text():
    assert {type(value) for value in folded(World(), trip(fareCents=10**12)).values()} == {str}


def test_a_real_sequence_number_takes_a_few_dozen_bytes_of_state_per_batch():
    # Neighbours in AWS's own example; all 56 digits of both would take 112 bytes.
    first = numbered(call(trip()), "49590338271490256608559692538361571095921575989136588898")
    second = numbered(call(trip()), "49590338271490256608559692540925702759324208523137515618")
    world = World()
    held = world(first)["state"]
    longer = world(second | {"state": held})["state"]
    assert len(longer["runs"]) - len(held["runs"]) < 40


def numbered(event: dict[str, Any], sequence_number: Any) -> dict[str, Any]:
    event["Records"][0]["kinesis"]["sequenceNumber"] = sequence_number
    return event


# settings and figures


def test_an_invocation_tells_what_became_of_its_records(capsys):
    world = World()
    folded(world, trip(), b"no trip", trip(pickupAt="2024-05-01T08:00:00Z"))
    line = last_line(world)
    told = {name: line[name] for name in ("message", "shard", "records", "unusable", "late", "final")}
    assert told == {
        "message": "invocation_done",
        "shard": SHARD,
        "records": 3,
        "unusable": 1,
        "late": 1,
        "final": False,
    }
    figures = json.loads(capsys.readouterr().out)
    assert figures["EventLag"] == [NOON - 1714557600.0]


def test_a_final_call_that_fails_is_counted(capsys):
    world = World()
    held = folded(world, trip())
    capsys.readouterr()
    world.trouble([DENIED])
    with pytest.raises(Exception, match="AccessDenied"):
        world(final(held))
    assert json.loads(capsys.readouterr().out)["FinalCallsFailed"] == [1.0]


def test_a_call_that_fails_before_its_window_ends_is_no_final_one(capsys):
    world = World()
    world.trouble([DENIED])
    with pytest.raises(Exception, match="AccessDenied"):
        world(call(trip()))
    assert "FinalCallsFailed" not in capsys.readouterr().out


def test_settings_default_to_event_time_and_the_windows_length():
    given = read(Settings, {"TOTALS_TABLE": "t", "QUARANTINE_QUEUE_URL": "q", "FAILURES_BUCKET": "b"})
    assert (given.time, given.bucket_seconds, given.allowed_ahead_seconds, given.total_slots) == ("event", None, 300, 1)


def test_a_time_that_is_neither_is_refused():
    with pytest.raises(SettingsError, match="TIME"):
        read(Settings, {"TOTALS_TABLE": "t", "QUARANTINE_QUEUE_URL": "q", "FAILURES_BUCKET": "b", "TIME": "processing"})


def test_importing_reads_no_environment_and_needs_no_region():
    code = "import sys; sys.path[:0] = ['lib', 'functions']; import window_aggregator.handler"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, env={}, check=False).returncode == 0


# what a delivery may bring


@pytest.mark.parametrize("moment", [float("nan"), float("inf"), -1.0, 1e20])
def test_an_arrival_that_is_no_moment_is_refused_before_anything_is_folded(moment):
    event = call(trip(), trip())
    event["Records"][1]["kinesis"]["approximateArrivalTimestamp"] = moment
    with pytest.raises(EventError, match="approximateArrivalTimestamp must be epoch seconds"):
        World()(event)


def test_an_aggregate_unusable_to_its_last_record_is_taken_apart_once():
    world = World()
    event = call(packed(*[b"no trip"] * 10_000, trip()))
    begun = process_time()
    world(event)
    assert process_time() - begun < 10  # one by one it would be a minute
    assert world.quarantined() == 1
