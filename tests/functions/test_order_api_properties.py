"""Whatever is sent is answered, and never written unless accepted; however calls fail and meet, a key is one order."""

import base64
import io
import json
import threading
from typing import Any

from aws_lambda_powertools.logging import Logger
from hypothesis import example, given
from hypothesis import strategies as st

from tests.doubles import refused, throttled, timed_out
from tests.memory_dynamodb import Failing, MemoryDynamoDB
from tests.order_requests import TEA, Answered, Shop, order_body, post

LOG = Logger(service="order_api_properties", stream=io.StringIO())

JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
NUMBERS = st.sampled_from(
    ["0", "-1", "1001", "1e3", "1.0", "1e400", "-0", "NaN", "9" * 5_000, "01", "true", "[[]]", "{}"]
)
NESTED = st.builds(
    lambda kind, depth: kind * depth, st.sampled_from(["[", '{"a":', "[{", '{"items":[']), st.integers(1, 9_000)
)
LINES = st.fixed_dictionaries({}, optional={name: st.just(value) | JSON for name, value in TEA.items()})
NEARLY_ORDERS = st.builds(
    lambda items, fields: order_body(**fields, items=items),
    st.lists(st.just(TEA) | LINES, max_size=60) | JSON,
    st.dictionaries(st.sampled_from(["customerId", "note", "é", "\ud800"]), JSON),
)
SPOILED = st.builds(lambda number: order_body().replace("250", number), NUMBERS)
LARGE = st.builds(lambda size: order_body(note="x" * size), st.integers(65_000, 200_000))
BODIES: Any = NEARLY_ORDERS | SPOILED | NESTED | LARGE | st.text() | JSON.map(json.dumps) | st.just(order_body())

HEADER_NAMES = st.sampled_from(
    ["content-type", "Content-Type", "idempotency-key", "x-correlation-id", "content-encoding"]
)
HEADERS = st.dictionaries(HEADER_NAMES | st.text(), st.text() | JSON | st.sampled_from(["application/json", "k"]))
PATHS = st.text() | st.sampled_from(
    ["/api/orders", "/api/orders/o-1", "/live/api/orders", "/api/orders/" + "x" * 9_000]
)
HTTP = st.fixed_dictionaries({}, optional={"method": st.text() | st.sampled_from(["POST", "GET", "PUT"]) | JSON})
REQUESTS = st.fixed_dictionaries(
    {"version": st.just("2.0"), "rawPath": PATHS, "requestContext": st.fixed_dictionaries({"http": HTTP}) | JSON},
    optional={"headers": HEADERS | JSON, "body": BODIES | JSON, "isBase64Encoded": st.booleans() | JSON},
)
POSTS = st.builds(lambda body, headers: post() | {"body": body, "headers": headers}, BODIES | JSON, HEADERS | JSON)
ORDERS = st.builds(post, BODIES, key=st.none() | st.text())
ENCODED = st.builds(
    lambda content: post() | {"body": base64.b64encode(content).decode(), "isBase64Encoded": True},
    st.binary() | BODIES.map(lambda body: body.encode(errors="surrogatepass")),
)
EVENTS = ORDERS | POSTS | ENCODED | REQUESTS | JSON

LOST = [Failing(timed_out(), after=True), Failing(refused("InternalServerError", 500), after=True)]
TROUBLE = [Failing(throttled()), Failing(timed_out()), Failing(refused("TransactionConflictException")), *LOST]
FATES = st.none() | st.sampled_from(TROUBLE)
SCRIPTS = st.lists(FATES, max_size=30)


@given(EVENTS)
@example(post(json.dumps({"customerId": "c", "items": [TEA], "a": "\ud800"}), key="\ud800"))
def test_no_input_is_a_fault_of_ours_and_nothing_refused_is_written(event):
    shop = Shop(log=LOG)
    answer = shop.ask(event)
    assert answer.status in {202, 400, 404, 405, 413, 415}
    assert len(shop.items) == (answer.status == 202)
    assert ("error" in answer.body) == (answer.status != 202)


@given(EVENTS)
def test_every_answer_can_be_sent(event):
    headers = Shop(log=LOG).ask(event).headers
    assert [value for value in headers.values() if not value.isascii() or not value.isprintable()] == []
    assert headers["x-correlation-id"]


@given(SCRIPTS, st.integers(2, 5))
def test_whoever_is_accepted_is_told_of_the_one_order_that_stands(script, repeats):
    shop = Shop(script, log=LOG)
    answers = [shop.ask(post(key="k", x_correlation_id="mine")) for _ in range(repeats)]
    accepted = [answer for answer in answers if answer.status == 202]
    assert {answer.status for answer in answers} <= {202, 409, 503}
    assert [answer for answer in accepted if [answer.order_id] != list(shop.items)] == []
    assert [answer for answer in accepted if answer != accepted[0]] == []


@given(SCRIPTS, st.integers(1, 4), st.integers(0, 3), st.lists(st.integers(0, 9), max_size=60))
def test_requests_that_meet_in_any_order_of_their_calls_make_one_order(script, same, others, turns):
    table = TurnTable(script)
    shop = Shop(log=LOG)
    shop.table = table
    mine, another = post(key="k"), post(order_body(TEA | {"quantity": 3}), key="k")
    answers = table.met(shop, [mine] * same + [another] * others, turns)
    accepted = {tuple(sorted(answer.body.items())) for answer in answers if answer.status == 202}
    assert len(table.items) <= 1
    assert len(accepted) == (202 in {answer.status for answer in answers})
    assert not {202} < {answer.status for answer in answers[:same] if answer.status in {202, 422}}
    assert {answer.status for answer in answers} <= {202, 409, 422, 503}


@given(SCRIPTS)
def test_a_caller_who_goes_on_asking_comes_to_one_order(script):
    shop = Shop(script, log=LOG)
    answers = [shop.ask(post(key="k")) for _ in range(40)]
    assert (answers[-1].status, len(shop.items)) == (202, 1)


@given(SCRIPTS)
def test_a_request_without_a_key_makes_one_order_at_most(script):
    shop = Shop(script, log=LOG)
    answer = shop.ask(post())
    assert len(shop.items) <= 1
    assert answer.status == 503 or list(shop.items) == [answer.order_id]


class TurnTable(MemoryDynamoDB):
    """A table whose every call waits for its turn: one request goes on at a time, as far as its next call."""

    def __init__(self, script: Any) -> None:
        super().__init__(script, keys={"orders": ("id",)})
        self.paused = threading.Semaphore(0)
        self.own = threading.local()

    def _called(self, operation: str, do: Any) -> Any:
        self.paused.release()
        self.own.turn.acquire()
        return super()._called(operation, do)

    def met(self, shop: Shop, events: list[Any], turns: list[int]) -> list[Answered]:
        """The answers to `events`, asked at once; `turns` says who goes on, and then all do in order."""
        answers: dict[int, Answered] = {}
        gates = [threading.Semaphore(0) for _ in events]

        def ask(number: int) -> None:
            self.own.turn = gates[number]
            answers[number] = shop.ask(events[number])
            self.paused.release()

        for number in range(len(events)):
            threading.Thread(target=ask, args=[number], daemon=True).start()
            self.paused.acquire()
        upcoming = iter(turns)
        while waiting := [number for number in range(len(events)) if number not in answers]:
            gates[waiting[next(upcoming, 0) % len(waiting)]].release()
            self.paused.acquire()
        return [answers[number] for number in range(len(events))]
