"""The live engine's decisions about a queue, in one thread and without waiting."""

import pytest

from local.engine.live.access import Access
from local.engine.live.checkpoints import Checkpoints
from local.engine.live.desk import Desk, Pools
from local.engine.live.invoking import FunctionFacts
from local.engine.live.loop import Loop
from local.engine.live.queue_worker import QueueWorker
from local.engine.live.readings import Readings
from local.engine.live.voice import Voice
from local.engine.mapping import load
from tests.doubles import ManualClock, refused
from tests.engine.doubles import FIFO, QUEUE, mapping
from tests.engine.live.doubles import (
    ROLE,
    AtOnce,
    BusyThreads,
    MemoryClients,
    MemoryQueue,
    ScriptedFunctions,
    throttled_by_lambda,
)


@pytest.fixture
def at_work(tmp_path):
    """Makes a queue mapping at work; twenty seconds have passed when it returns."""

    def at_work(queue, functions, arn=QUEUE, calling=None, **settings):
        clock = ManualClock(now=2000.0)
        loop = Loop(lambda: clock.now)
        loaded, clients = load(mapping(arn, **settings)), MemoryClients(sqs=queue, **{"lambda": functions})
        desk = Desk(
            loaded,
            FunctionFacts(loaded.function, ROLE, 3.0),
            Access(clients, loaded.source, ROLE, lambda _: None),
            clients,
            loop,
            Pools(AtOnce(), calling or AtOnce(), AtOnce()),
            Checkpoints(tmp_path),
            Readings(tmp_path),
            Voice(queue.told.append),
        )
        worker = QueueWorker(desk, queue_seconds=30.0)
        queue.clock = clock
        worker.start()

        queue.ends = lambda: setattr(desk, "stopping", clock.now > 2020.0)  # an empty queue is asked for ever
        while clock.now <= 2020.0:
            clock.now += 0.05
            loop.catch_up()
        return worker

    return at_work


def bodies(functions):
    return [[record["body"] for record in event["Records"]] for event in functions.events]


def test_what_succeeds_is_deleted(at_work):
    queue, functions = MemoryQueue("a", "b", "c"), ScriptedFunctions()
    at_work(queue, functions)
    assert (bodies(functions), queue.messages) == ([["a", "b", "c"]], {})


def test_a_batch_that_fails_stays_in_the_queue(at_work):
    queue, functions = MemoryQueue("a", "b"), ScriptedFunctions("raises")
    at_work(queue, functions)
    assert queue.messages == {"0": "a", "1": "b"}


def test_only_the_messages_a_function_reports_stay(at_work):
    queue = MemoryQueue("a", "b")
    functions = ScriptedFunctions({"batchItemFailures": [{"itemIdentifier": "1"}]})
    at_work(queue, functions, FunctionResponseTypes=["ReportBatchItemFailures"])
    assert queue.messages == {"1": "b"}


def test_a_throttled_batch_is_sent_again_while_its_messages_are_hidden(at_work):
    queue, functions = MemoryQueue("a"), ScriptedFunctions(throttled_by_lambda(), throttled_by_lambda(), {})
    at_work(queue, functions)
    assert (bodies(functions), queue.messages) == ([["a"]] * 3, {})


def test_a_deletion_that_is_answered_with_200_and_refused_all_the_same_is_told_once(at_work):
    class Keeping(MemoryQueue):
        def delete_message_batch(self, Entries, **_):  # noqa: N803
            return {"Failed": [{"Id": entry["Id"], "Code": "ReceiptHandleIsInvalid"} for entry in Entries]}

    queue = Keeping(*map(str, range(25)))
    at_work(queue, ScriptedFunctions(), BatchSize=10)
    assert (len(queue.told), "could not be deleted" in queue.told[0]) == (1, True)
    assert "10 messages refused, the first: ReceiptHandleIsInvalid" in queue.told[0]


def test_a_queue_that_vanished_is_told_once_and_so_is_its_return(at_work):
    class Vanished(MemoryQueue):
        looks = 0

        def receive_message(self, **request):
            self.looks += 1
            if self.looks <= 3:
                raise refused("AWS.SimpleQueueService.NonExistentQueue", 400, "ReceiveMessage")
            return super().receive_message(**request)

    queue, functions = Vanished("a"), ScriptedFunctions()
    at_work(queue, functions)
    assert [text.split(": ", 1)[1].split(";")[0] for text in queue.told] == [
        f"{QUEUE} is gone",
        "is read again",
    ]
    assert bodies(functions) == [["a"]]


def test_what_no_filter_lets_through_is_deleted_unseen(at_work):
    queue, functions = MemoryQueue('{"city":"Zurich"}', '{"city":"Basel"}'), ScriptedFunctions()
    at_work(queue, functions, FilterCriteria={"Filters": [{"Pattern": '{"body":{"city":["Basel"]}}'}]})
    assert (bodies(functions), queue.messages) == ([['{"city":"Basel"}']], {})


def test_a_batch_larger_than_one_receive_is_gathered_over_its_window(at_work):
    queue, functions = MemoryQueue(*map(str, range(25))), ScriptedFunctions()
    at_work(queue, functions, BatchSize=100, MaximumBatchingWindowInSeconds=2)
    assert [len(batch) for batch in bodies(functions)] == [25]


def test_messages_are_hidden_for_as_long_as_a_batch_may_take(at_work):
    queue = MemoryQueue("a")
    at_work(queue, ScriptedFunctions(), BatchSize=100, MaximumBatchingWindowInSeconds=40)
    assert queue.hidden_seconds == {73}


def test_what_was_received_and_not_sent_is_visible_again_at_the_end(at_work):
    queue, functions = MemoryQueue("a"), ScriptedFunctions()
    worker = at_work(queue, functions, BatchSize=100, MaximumBatchingWindowInSeconds=300)
    worker.stop()
    assert (queue.hidden, functions.events) == (set(), [])


def test_a_large_batch_that_was_never_sent_is_visible_again_at_the_end(at_work):
    queue, functions, threads = MemoryQueue(*map(str, range(25))), ScriptedFunctions(), BusyThreads()
    worker = at_work(queue, functions, calling=threads, BatchSize=100, MaximumBatchingWindowInSeconds=2)
    worker.stop()
    threads.come_free()
    worker.desk.loop.catch_up()
    assert (queue.hidden, functions.events, worker.busy) == (set(), [], 0)


MEGABYTE = "x" * 1_000_000  # six of them fill an event


def heavy(groups):
    return MemoryQueue(*(f"{n}{MEGABYTE}" for n in range(len(groups))), groups=groups)


def places(functions):
    return ["".join(body[0] for body in batch) for batch in bodies(functions)]


def test_what_one_event_cannot_hold_of_a_group_follows_when_it_is_done(at_work):
    functions = ScriptedFunctions()
    at_work(heavy("aaaaaaaa"), functions, FIFO)
    assert places(functions) == ["012345", "67"]


def test_what_one_event_cannot_hold_of_a_group_that_failed_waits_behind_it(at_work):
    queue, functions = heavy("aaaaaaaa"), ScriptedFunctions("raises")
    at_work(queue, functions, FIFO)
    assert places(functions) == ["012345"]
    assert queue.hidden == {*"012345"}


def test_what_one_event_cannot_hold_of_other_groups_waits_for_nobody(at_work):
    functions = ScriptedFunctions()
    at_work(heavy("aaaaaaabb"), functions, FIFO)
    assert places(functions) == ["012345", "78", "6"]


def test_what_waits_behind_a_batch_that_was_never_sent_is_visible_again_with_it(at_work):
    queue, threads = heavy("aaaaaaaa"), BusyThreads()
    worker = at_work(queue, ScriptedFunctions(), FIFO, calling=threads)
    worker.stop()
    threads.come_free()
    worker.desk.loop.catch_up()
    assert (queue.hidden, worker.busy) == (set(), 0)


def test_what_waited_behind_a_batch_that_ends_after_the_engine_did_is_visible_again(at_work):
    class StopsMeanwhile(ScriptedFunctions):
        def invoke(self, FunctionName, Payload):  # noqa: N803
            worker.stop()
            return super().invoke(FunctionName, Payload)

    queue, functions, threads = heavy("aaaaaaaa"), StopsMeanwhile(), BusyThreads()
    worker = at_work(queue, functions, FIFO, calling=threads)
    worker.desk.stopping = False  # the queue's end is not the engine's
    threads.come_free()
    worker.desk.loop.catch_up()
    assert (places(functions), queue.hidden & queue.messages.keys()) == (["012345"], set())
