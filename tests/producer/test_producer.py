"""What the producer does with a stream that refuses, falls silent, reshards or goes away."""

import threading
import time
from types import SimpleNamespace

import pytest

from producer import FullError, Producer, PutError, Settings, StoppedError, Stored
from producer.shard_listing import ListingError
from streamkit.throttle import Backoff
from tests.doubles import ManualClock, full_waits, refused, throttled
from tests.producer.doubles import AT_ONCE, Lost, MemoryStream, lost_connection

PLAIN = Settings(aggregate_bytes=None, linger_seconds=0.0, backoff=AT_ONCE)
AGGREGATED = Settings(linger_seconds=0.0, backoff=AT_ONCE)
TEN = [str(number).encode() for number in range(10)]
PATIENCE = 10.0  # for a thread that never comes; nothing waits this long


def one_request(settings=PLAIN, **changes):
    """Settings under which what is put together leaves together."""
    values = {name: getattr(settings, name) for name in settings.__slots__}
    return Settings(**values | {"linger_seconds": 0.05, "requests_in_flight": 1} | changes)


def put_all(stream, settings=PLAIN, payloads=TEN, **arguments):
    with Producer(stream, "trips", settings, **arguments) as producer:
        fates = [producer.put(payload, "k") for payload in payloads]
    return producer, fates


@pytest.mark.parametrize("settings", [PLAIN, AGGREGATED], ids=["plain", "aggregated"])
def test_at_the_end_of_the_block_everything_is_stored(settings):
    stream = MemoryStream(shards=3)
    producer, _ = put_all(stream, settings)
    assert sorted(record.data for record in stream.user_records) == TEN
    assert (producer.counts().acknowledged, producer.counts().pending) == (10, 0)


def test_a_fate_is_the_place_in_the_stream():
    _, (fate,) = put_all(MemoryStream(), payloads=[b"{}"])
    assert fate.result() == Stored("shardId-000000000000", "1", puts=1, unanswered=0)


def test_with_one_request_in_flight_the_order_is_kept():
    stream = MemoryStream()
    put_all(stream, one_request(PLAIN, linger_seconds=0.0))
    assert [record.data for record in stream.records] == TEN


def test_records_put_within_the_linger_leave_in_one_request():
    stream = MemoryStream()
    put_all(stream, one_request())
    assert stream.calls == [10]


def test_only_what_was_refused_is_put_again():
    stream = MemoryStream([7, 1], code="ProvisionedThroughputExceededException")
    producer, _ = put_all(stream, one_request())
    counts = producer.counts()
    assert (stream.calls, counts.sent_again, counts.uncertain) == ([10, 3, 2], 5, 0)


def test_a_throttled_call_leaves_no_doubt():
    stream = MemoryStream([throttled(), throttled()])
    producer, _ = put_all(stream, one_request())
    counts = producer.counts()
    assert (counts.acknowledged, counts.sent_again, counts.uncertain, len(stream.records)) == (10, 20, 0, 10)


def test_a_lost_answer_makes_copies_and_says_how_many_there_may_be():
    stream = MemoryStream([Lost()])
    producer, (fate, *_) = put_all(stream, one_request())
    counts = producer.counts()
    assert (len(stream.records), counts.acknowledged, counts.uncertain) == (20, 10, 10)
    assert fate.result().unanswered == 1


def test_a_lost_request_is_as_uncertain_as_a_lost_answer():
    stream = MemoryStream([lost_connection()])
    producer, _ = put_all(stream, one_request())
    assert (len(stream.records), producer.counts().uncertain) == (10, 10)


def test_refused_records_wait_a_full_jitter_share_before_they_are_put_again():
    waits: list[int] = []

    class Waiting(Backoff):
        def wait_seconds(self, retries):
            waits.append(retries)
            return 0.0

    put_all(MemoryStream([throttled(), throttled(), throttled()]), one_request(backoff=Waiting()))
    assert waits == [0, 1, 2]


def test_what_is_refused_for_too_long_has_failed_with_the_reason():
    stream = MemoryStream([throttled()] * 99)
    _, (fate, *_) = put_all(stream, one_request(give_up_seconds=0.0))
    assert str(fate.exception()) == "ProvisionedThroughputExceededException: not taken within 0 s"


@pytest.mark.parametrize("settings", [PLAIN, AGGREGATED], ids=["plain", "aggregated"])
def test_each_record_that_failed_is_handed_back_as_it_was_put(settings):
    failed: list[tuple[str, bytes]] = []
    stream = MemoryStream([throttled()] * 99)
    put_all(
        stream,
        one_request(settings, give_up_seconds=0.0),
        on_failure=lambda key, data, _: failed.append((key, data)),
    )
    assert failed == [("k", payload) for payload in TEN]


def test_a_callback_that_raises_harms_nobody_and_is_told(caplog):
    def raising(*_):
        raise LookupError

    producer, _ = put_all(MemoryStream([throttled()]), one_request(give_up_seconds=0.0), on_failure=raising)
    assert (producer.counts().failed, "on_failure raised" in caplog.text) == (10, True)


def test_a_callback_may_put():
    stream = MemoryStream([throttled()])
    with Producer(stream, "trips", one_request(give_up_seconds=0.0)) as producer:
        fate = producer.put(b"first", "k")
        fate.add_done_callback(lambda _: producer.put(b"second", "k") and None)
        producer.flush(PATIENCE)
    assert isinstance(fate.exception(), PutError)
    assert [record.data for record in stream.records] == [b"second"]


def test_a_stream_that_goes_away_fails_everything_and_says_so():
    stream = MemoryStream([None, *[refused("ResourceNotFoundException")] * 99])
    with Producer(stream, "trips", one_request(linger_seconds=0.0)) as producer:
        producer.put(b"first", "k").result(PATIENCE)
        fates = [producer.put(b"second", "k")]
        fates[0].exception(PATIENCE)
        producer.flush(PATIENCE)
        with pytest.raises(StoppedError, match=r'"trips" takes no records .*create it, or name another'):
            producer.put(b"third", "k")
    counts = producer.counts()
    assert (counts.made, counts.acknowledged, counts.failed, counts.uncertain) == (2, 1, 1, 0)


def test_an_error_nobody_foresaw_is_the_fate_of_the_records_and_not_the_end_of_a_thread():
    stream = MemoryStream([ArithmeticError("odd")])
    producer, (fate, *_) = put_all(stream, one_request())
    assert (str(fate.exception()), producer.counts().uncertain) == ("ArithmeticError: odd", 10)


def test_a_stream_that_does_not_exist_is_named_before_anything_is_put():
    stream = MemoryStream(listing_script=[refused("ResourceNotFoundException")])
    with pytest.raises(ListingError, match='"nope" takes no records'), Producer(stream, "nope", AGGREGATED):
        pass


def test_shards_are_listed_again_while_the_service_is_busy():
    clock, stream = ManualClock(), MemoryStream(listing_script=[refused("LimitExceededException"), lost_connection()])
    put_all(stream, Settings(linger_seconds=0.0, backoff=full_waits(clock)))
    assert (clock.slept, len(stream.user_records)) == ([0.05, 0.1], 10)


def test_after_a_reshard_the_map_is_renewed_and_aggregates_land_by_it():
    stream = MemoryStream(shards=1)
    with Producer(stream, "trips", one_request(AGGREGATED)) as producer:
        [producer.put(b"before", key) for key in "abcd"]
        producer.flush(PATIENCE)
        stream.reshard(4)
        [producer.put(b"unaware", key) for key in "abcd"]
        producer.flush(PATIENCE)
        [producer.put(b"after", key) for key in "abcd" * 2]
    after = [record for record in stream.records if record.user_records()[0].data == b"after"]
    assert {record.explicit_hash_key for record in after} <= {str(2**126 * part) for part in range(4)}
    assert (len(after) > 1, len(stream.user_records)) == (True, 16)


def test_a_full_buffer_makes_the_source_wait():
    stream = MemoryStream()
    stream.open.clear()
    with Producer(stream, "trips", one_request(linger_seconds=0.0, buffer_bytes=1_000)) as producer:
        producer.put(bytes(2_000), "k")
        with pytest.raises(FullError, match="2001 bytes are held"):
            producer.put(b"{}", "k", wait_seconds=0.01)
        stream.open.set()
        producer.put(b"{}", "k")
    assert producer.counts().acknowledged == 2


def test_abandoned_records_have_failed_and_what_is_on_its_way_has_not():
    stream = MemoryStream()
    stream.open.clear()
    with Producer(stream, "trips", one_request(linger_seconds=0.0)) as producer:
        under_way = producer.put(b"under way", "k")
        _until(lambda: producer.counts().requests == 1)
        waiting = producer.put(b"waiting", "k")
        producer.abandon()
        stream.open.set()
    assert (under_way.result().puts, str(waiting.exception())) == (1, "abandoned before trips had taken it")


def test_a_fate_cannot_be_cancelled():
    _, (fate, *_) = put_all(MemoryStream())
    assert not fate.cancel()


def test_nothing_is_taken_outside_the_block():
    producer, _ = put_all(MemoryStream())
    with pytest.raises(StoppedError, match="not open"):
        producer.put(b"{}", "k")


def test_a_record_that_kinesis_would_refuse_is_not_taken():
    with Producer(MemoryStream(), "trips", PLAIN) as producer, pytest.raises(ValueError, match="at most 1048576 bytes"):
        producer.put(bytes(2**20), "k")
    assert producer.counts().made == 0


def test_a_client_that_repeats_calls_by_itself_is_refused():
    stream = MemoryStream()
    stream.meta = SimpleNamespace(config=SimpleNamespace(retries={"mode": "legacy"}))
    with pytest.raises(ValueError, match="client must ask once"):
        Producer(stream, "trips")


@pytest.mark.parametrize(
    "changes",
    [{"aggregate_bytes": 100}, {"aggregate_bytes": 2**20}, {"requests_in_flight": 0}, {"linger_seconds": -1.0}],
)
def test_settings_that_could_not_work_are_refused(changes):
    with pytest.raises(ValueError, match="must"):
        Settings(**changes)


def _until(fact):
    ends = time.monotonic() + PATIENCE
    while not fact() and time.monotonic() < ends:
        threading.Event().wait(0.001)
