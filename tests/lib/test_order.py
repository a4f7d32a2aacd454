"""The laws of an order: what is one, what is none and why, and what may follow what."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.order import (
    FOLLOWS,
    MOST_CENTS,
    MOST_LINES,
    MOST_UNITS,
    RULES,
    IllegalTransitionError,
    Line,
    NewOrder,
    Order,
    Receipt,
    Stage,
    Status,
    UnreadableOrderError,
    image,
    moment,
    moved,
    noted,
    order_of,
    parse,
    placed,
    request_hash,
    total_cents,
)
from domain.reading import Refusal

NOON = datetime(2026, 11, 21, 12, 0, 0, 123_987, tzinfo=UTC)
LINE = {"sku": "tea", "quantity": 2, "priceCents": 250}

NAMES = st.from_regex(r"\A[A-Za-z0-9._:@|-]{1,128}\Z")
LINES: Any = st.lists(
    st.builds(Line, NAMES, st.integers(1, MOST_UNITS), st.integers(0, MOST_CENTS)),
    min_size=1,
    max_size=MOST_LINES,
    unique_by=lambda line: line.sku,
)
NEW_ORDERS = st.builds(NewOrder, NAMES, LINES.map(tuple))
ANYTHING: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def body(*items: dict[str, Any], **fields: Any) -> str:
    """An order as a customer sends it; a field given as `...` is left out."""
    sent = {"customerId": "c-1", "items": list(items or [LINE])} | fields
    return json.dumps({name: value for name, value in sent.items() if value is not ...})


def line(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in (LINE | fields).items() if value is not ...}


def refusal(sent: str | bytes) -> Refusal:
    outcome = parse(sent)
    assert isinstance(outcome, Refusal)
    return outcome


def order(*statuses: Status) -> Order:
    first = placed(NewOrder("c-1", (Line("tea", 2, 250),)), "o-1", NOON, "trace-1")
    for number, status in enumerate(statuses, 1):
        first = moved(first, status, NOON + timedelta(seconds=number))
    return first


def test_an_order_is_a_customer_and_lines():
    assert parse(body()) == NewOrder("c-1", (Line("tea", 2, 250),))


@pytest.mark.parametrize(
    "sent",
    [
        body(line(sku="x" * 128)),
        body(line(sku="a.B_9:@|-")),
        body(line(quantity=1)),
        body(line(quantity=MOST_UNITS)),
        body(line(priceCents=0)),
        body(line(priceCents=MOST_CENTS)),
        body(*(line(sku=f"s-{number}") for number in range(MOST_LINES))),
        body(line(colour="green"), coupon=[{"of": "no interest"}]),
        body().encode(),
        f" {body()}\n",
    ],
    ids=range(10),
)
def test_everything_up_to_the_bounds_is_an_order(sent):
    assert isinstance(parse(sent), NewOrder)


WRONG: dict[str, list[Any]] = {
    "sku": [..., None, 7, "", "x" * 129, "a b", "a#b", "é", "a\n", "\ud800", ["a"]],
    "quantity": [..., None, 0, -1, MOST_UNITS + 1, 10**30, 1.0, True, "1", [1], {}],
    "priceCents": [..., None, -1, MOST_CENTS + 1, 10**400, 0.5, False, "1"],
}


@pytest.mark.parametrize(
    ("field", "value"), [(field, value) for field, values in WRONG.items() for value in values], ids=ascii
)
def test_a_missing_or_wrong_field_of_a_line_is_named_with_its_place_and_rule(field, value):
    found = refusal(body(LINE, line(**{"sku": "milk"} | {field: value})))
    assert found.field == f"items[1].{field}"
    assert found.reason.startswith(f"items[1].{field} must be {RULES[f'items[].{field}']}; ")


@pytest.mark.parametrize("value", [..., None, 7, "", "x" * 129, "a b", "a\0", "\ud800", []], ids=ascii)
def test_a_missing_or_wrong_customer_is_named_with_the_rule(value):
    found = refusal(body(customerId=value))
    assert (found.field, found.reason.partition(";")[0]) == ("customerId", f"customerId must be {RULES['customerId']}")


@pytest.mark.parametrize(
    "value", [..., None, [], {}, "tea", [LINE] * (MOST_LINES + 1)], ids=lambda value: str(value)[:9]
)
def test_missing_too_few_or_too_many_lines_are_refused(value):
    assert refusal(body(items=value)).field == "items"


def test_a_sku_occurs_once():
    found = refusal(body(LINE, line(sku="milk"), line(quantity=1)))
    assert found == Refusal('items[2].sku must differ from those before it; got "tea"', "items[2].sku")


@pytest.mark.parametrize("number", ["1e3", "1.0", "1E0", "1e400", "-0.0", "9" * 5_000])
def test_an_integer_is_written_as_one_and_shown_as_it_was_written(number):
    assert f"got {number[:80]}" in refusal(body().replace("250", number)).reason


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        (body().replace('"quantity"', '"quantity": 2, "quantity"'), "quantity"),
        ('{"items": [], "items": []}', "items"),
        ('{"note": {"a": {"b": 1, "b": 1}}}', "b"),
        ('{"\\ud800": 1, "\\ud800": 1}', "\\ud800"),
    ],
    ids=["quantity", "items", "nested", "surrogate"],
)
def test_a_name_occurs_once_in_its_object(sent, name):
    assert refusal(sent) == Refusal(f"{name} must occur once in its object; got it more than once", name)


@pytest.mark.parametrize(
    "sent",
    [
        *("", "{", "[]", "null", '"order"', "7", "NaN", '{"a": Infinity}', "{} {}", "\ufeff{}", "{'a': 1}", "01"),
        *(b"\xff", b'{"a": "\xed\xa0\x80"}', "[" * 60_000, '{"a":' * 10_000, "[" * 900 + "]" * 900),
    ],
    ids=lambda sent: ascii(sent[:9]),
)
def test_what_is_no_json_object_is_refused_as_a_whole(sent):
    assert refusal(sent).reason.startswith("the body must be ")


@given(
    st.text() | st.binary() | ANYTHING.map(json.dumps) | st.builds(body, ANYTHING, customerId=ANYTHING, items=ANYTHING)
)
def test_nothing_that_is_sent_raises(sent):
    assert isinstance(parse(sent), NewOrder | Refusal)


@given(ANYTHING)
def test_a_refusal_is_short_and_in_ascii(value):
    found = refusal(body(line(quantity=value, priceCents=-1)))
    assert found.reason.isascii()
    assert len(found.reason) < 250


@given(NEW_ORDERS)
def test_an_order_reads_as_it_was_written(new):
    sent = json.dumps(
        {
            "items": [{"priceCents": one.price_cents, "quantity": one.quantity, "sku": one.sku} for one in new.items],
            "customerId": new.customer_id,
        }
    )
    assert parse(sent) == new


def test_bodies_that_say_the_same_have_one_hash_and_others_another():
    hashes = [
        request_hash(new)
        for sent in (body(), body(note=1), json.dumps(json.loads(body()), indent=2), body(line(quantity=1)))
        if isinstance(new := parse(sent), NewOrder)
    ]
    assert [hashes.index(one) for one in hashes] == [0, 0, 0, 3]


def test_the_largest_total_is_exact_in_every_reader_of_json():
    largest = total_cents([Line(f"s-{number}", MOST_UNITS, MOST_CENTS) for number in range(MOST_LINES)])
    assert largest == int(float(largest)) == 5 * 10**13


def test_a_placed_order_is_its_own_first_version():
    assert image(order()) == {
        "id": "o-1",
        "status": "PLACED",
        "version": 1,
        "customerId": "c-1",
        "items": [LINE],
        "totalCents": 500,
        "placedAt": "2026-11-21T12:00:00.123Z",
        "updatedAt": "2026-11-21T12:00:00.123Z",
        "history": [{"status": "PLACED", "at": "2026-11-21T12:00:00.123Z", "version": 1}],
        "correlationId": "trace-1",
        "requestHash": request_hash(NewOrder("c-1", (Line("tea", 2, 250),))),
    }


@pytest.mark.parametrize(
    ("before", "after"), [(before, after) for before in Status for after in Status if after in FOLLOWS[before]]
)
def test_an_allowed_transition_is_the_next_version_and_enters_the_history(before, after):
    standing = noted(order(), NOON, status=before)
    later = moved(standing, after, NOON + timedelta(minutes=1), reason="because")
    assert (later.status, later.version, later.reason) == (after, standing.version + 1, "because")
    assert later.history[-1] == Stage(after, later.updated_at, later.version)


@pytest.mark.parametrize(
    ("before", "after"), [(before, after) for before in Status for after in Status if after not in FOLLOWS[before]]
)
def test_any_other_transition_is_refused_with_what_would_be_allowed(before, after):
    with pytest.raises(IllegalTransitionError, match=rf"{before} must be followed by .*; got {after} for order o-1"):
        moved(noted(order(), NOON, status=before), after, NOON)


def test_a_fact_is_a_version_but_no_stage():
    rejected = order(Status.REJECTED)
    later = noted(rejected, NOON, compensated=True)
    assert (later.version, later.compensated, later.history) == (3, True, rejected.history)


@given(NEW_ORDERS, NAMES)
def test_an_order_comes_back_from_its_image(new, name):
    first = placed(new, name, NOON, name, placed_by="someone")
    paid = noted(first, NOON, payment=Receipt("p-1", moment(NOON)), expires_at=1, compensated=False)
    assert [order_of(image(first)), order_of(json.loads(json.dumps(image(paid))))] == [first, paid]


@pytest.mark.parametrize(
    ("spoiled", "told"),
    [
        ({"version": 0}, "version: Expected `int` >= 1"),
        ({"status": "LOST"}, "status: Invalid enum value 'LOST'"),
        ({"items": []}, "items must be an array of 1 to 50 lines; got an array of 0"),
        ({"items": [line(quantity=0)]}, "items[0].quantity must be an integer from 1 to 1000; got 0"),
        ({"totalCents": 499}, "totalCents must be the sum of its items, 500; got 499"),
        ({"placedAt": "yesterday"}, "placedAt: Expected `str` matching regex"),
        ({"history": []}, "history: Expected `array` of length >= 1"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_an_item_that_is_no_order_says_which_and_why(spoiled, told):
    with pytest.raises(UnreadableOrderError) as error:
        order_of(image(order()) | spoiled)
    assert "o-1" in str(error.value)
    assert told in str(error.value)


def test_attributes_of_others_are_passed_over():
    assert order_of(image(order()) | {"pickedBy": "someone"}) == order()


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (NOON, "2026-11-21T12:00:00.123Z"),
        (NOON.replace(microsecond=999), "2026-11-21T12:00:00.000Z"),
        (datetime(2026, 11, 21, 1, tzinfo=timezone(timedelta(hours=2))), "2026-11-20T23:00:00.000Z"),
    ],
    ids=["milliseconds", "cut", "offset"],
)
def test_moments_are_text_in_utc_with_milliseconds(at, text):
    assert moment(at) == text
