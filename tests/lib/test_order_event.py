"""The laws of an order's event: what the bus carries is read as it was written, or refused by the field."""

from decimal import Decimal

import pytest

from domain.order_event import OrderEventError, order_event, told, version_of
from tests.order_events import body, details, rejected, shipped, trimmed


def read(one):
    return order_event(body(one))


def test_an_event_has_its_change_in_types():
    event = read(details(shipped())[2])
    assert (event.order_id, event.version, event.status, event.previous_status) == ("o-1", 3, "PAID", "VALIDATED")
    assert (event.before or {})["version"] == 2


def test_a_status_that_another_write_left_is_no_transition():
    assert [read(one).is_transition for one in details([*rejected(), None])] == [True, True, False, False]


def test_the_image_of_a_removed_order_is_its_last():
    assert (read(details([*shipped(), None])[-1]).image or {})["status"] == "SHIPPED"


def test_numbers_with_fractions_stay_exact():
    one = details(shipped())[0]
    event = order_event(body(one | {"after": {"rate": 0}}).replace('"rate": 0', '"rate": 0.1'))
    assert event.after == {"rate": Decimal("0.1")}


def test_fields_that_are_not_known_are_passed_over():
    assert read(details(shipped())[0] | {"colour": "red"}).version == 1


def test_an_image_is_shown_without_what_is_nobodys_business():
    assert told({"id": "o-1", "requestHash": "x"}) == {"id": "o-1"}


@pytest.mark.parametrize("version", [None, "3", True, 0, -1, Decimal("1.5")], ids=repr)
def test_an_image_without_a_version_is_refused(version):
    with pytest.raises(OrderEventError, match="an order must have a version from 1"):
        version_of({"id": "o-1", "version": version})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("orderId", ""),
        ("orderId", 7),
        ("orderId", "../o-1"),
        ("orderId", "o" * 129),
        ("version", 0),
        ("version", "1"),
        ("version", 1.0),
        ("status", "NO STATUS"),
        ("previousStatus", ""),
        ("change", "UPSERT"),
        ("changed", [1]),
        ("after", []),
        ("sequenceNumber", None),
    ],
    ids=repr,
)
def test_a_message_that_is_no_orders_event_is_refused_by_the_field(field, value):
    with pytest.raises(OrderEventError, match=rf"detail\.{field}"):
        order_event(body(details(shipped())[0] | {field: value}))


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "no JSON", '{"detail": null}', "[" * 100_000, '{"detail": {}}'], ids=len
)
def test_a_body_that_is_no_event_is_refused(text):
    with pytest.raises(OrderEventError):
        order_event(text)


def test_an_event_without_the_images_of_its_change_is_refused_unless_it_is_trimmed():
    first = details(shipped())[0]
    assert order_event(body(trimmed(first))).trimmed
    with pytest.raises(OrderEventError, match=r"must be the images of INSERT; got before missing and after missing"):
        order_event(body(first | {"after": None}))
