"""What order_api answers to whom, and what it has written then."""

import base64
import json
from typing import Any

import pytest

from order_api.request import MOST_BODY_BYTES, order_id
from streamkit.attributes import attributes
from tests.order_requests import TEA, Shop, get, order_body, post, request, with_token

PADDING = MOST_BODY_BYTES - len(order_body(note=""))


def encoded(event: dict[str, Any], body: bytes) -> dict[str, Any]:
    return event | {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}


def test_an_order_is_accepted_once_it_is_written_down():
    shop = Shop()
    answer = shop.ask(post())
    assert (answer.status, answer.body) == (202, {"id": answer.order_id, "status": "PLACED"})
    assert answer.headers["location"] == f"/api/orders/{answer.order_id}"
    assert shop.items[answer.order_id]["totalCents"] == {"N": "500"}


def test_an_order_is_shown_with_its_history_and_without_what_is_ours():
    shop = Shop()
    order = shop.ask(post(x_correlation_id="mine")).order_id
    shop.items[order] |= attributes({"placedBy": "one", "expiresAt": 7, "pickedBy": "someone"})
    assert shop.ask(with_token(get(order), "one")).body == {
        "id": order,
        "status": "PLACED",
        "version": 1,
        "customerId": "c-1",
        "items": [TEA],
        "totalCents": 500,
        "placedAt": "2026-11-21T12:00:01.000Z",
        "updatedAt": "2026-11-21T12:00:01.000Z",
        "history": [{"status": "PLACED", "at": "2026-11-21T12:00:01.000Z", "version": 1}],
        "correlationId": "mine",
    }


def test_the_same_key_and_body_get_the_same_answer_and_make_one_order():
    shop = Shop()
    answers = [shop.ask(post(key="k")), shop.ask(post(json.dumps(json.loads(order_body()), indent=1), key="k"))]
    assert (answers[0], len(shop.items)) == (answers[1], 1)


def test_a_repeat_is_told_the_same_whatever_became_of_the_order():
    shop = Shop()
    first = shop.ask(post(key="k"))
    shop.items[first.order_id] |= attributes({"status": "SHIPPED", "version": 5})
    assert shop.ask(post(key="k")) == first


def test_a_key_with_another_body_is_refused_and_the_order_stays():
    shop = Shop()
    first = shop.ask(post(key="k"))
    second = shop.ask(post(order_body(TEA | {"quantity": 3}), key="k"))
    assert second.error == (422, "key_reused", "Idempotency-Key")
    assert shop.items[first.order_id]["totalCents"] == {"N": "500"}


def test_without_a_key_every_request_is_an_order():
    shop = Shop()
    assert shop.ask(post()).order_id != shop.ask(post()).order_id


def test_a_key_means_another_order_for_every_subject():
    shop = Shop()
    subjects = [with_token(post(key="k"), "one"), with_token(post(key="k"), "other"), post(key="k")]
    assert len({shop.ask(event).order_id for event in subjects}) == 3


def test_no_pair_of_subject_and_key_reads_as_another():
    pairs = [("ab", "c"), ("a", "bc"), ('a", "b', "c"), ("a", 'b", "c'), ("c", None), ("c", "null"), ("c", "")]
    assert len({order_id(key, subject) for key, subject in pairs}) == len(pairs)


def test_an_order_placed_with_a_token_is_shown_to_its_subject_alone():
    shop = Shop()
    order = shop.ask(with_token(post(), "one")).order_id
    askers = [with_token(get(order), "one"), with_token(get(order), "other"), get(order)]
    assert [shop.ask(event).status for event in askers] == [200, 404, 404]


@pytest.mark.parametrize("claims", [{"client_id": "machine"}, {"sub": ""}, {"sub": 7}, {}], ids=repr)
@pytest.mark.parametrize("event", [post(), post(key="k"), get("o-1")], ids=["place", "place with a key", "show"])
def test_a_token_without_a_subject_places_and_sees_nothing(event, claims):
    shop = Shop()
    authorizer = {"jwt": {"claims": claims, "scopes": None}}
    answer = shop.ask(event | {"requestContext": event["requestContext"] | {"authorizer": authorizer}})
    assert (answer.error, shop.table.calls) == ((403, "no_subject", None), [])


def test_an_order_in_a_status_newer_than_this_deployment_is_shown_and_its_repeat_accepted():
    shop = Shop()
    order = shop.ask(post(key="k")).order_id
    shop.items[order] |= attributes({"status": "RETURNED", "refundedTo": "a new attribute"})
    shown, repeat = shop.ask(get(order)), shop.ask(post(key="k"))
    assert (shown.status, shown.body["status"], "refundedTo" in shown.body) == (200, "RETURNED", False)
    assert (repeat.status, repeat.body) == (202, {"id": order, "status": "PLACED"})


@pytest.mark.parametrize("name", ["unknown", "", "%2e", "a b", "x" * 129, "é", "..", "a/b"])
def test_an_order_that_is_none_is_not_found(name):
    assert Shop().ask(get(name)).error == (404, "not_found", None)


@pytest.mark.parametrize("path", ["/", "", "/api", "/api/order", "/api/orders-x", "api/orders", "/API/ORDERS", "//"])
def test_another_path_is_not_found(path):
    assert Shop().ask(request("POST", path)).error == (404, "not_found", None)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "", "POST"),
        ("DELETE", "", "POST"),
        ("POST", "/o-1", "GET"),
        ("HEAD", "/o-1", "GET"),
        ("\u2028", "", "POST"),
    ],
)
def test_another_method_is_told_which_one_there_is(method, path, allowed):
    answer = Shop().ask(request(method, f"/api/orders{path}"))
    assert (answer.error, answer.headers["allow"]) == ((405, "method_not_allowed", None), allowed)


def test_the_location_keeps_what_a_stage_or_a_domain_puts_before():
    answer = Shop().ask(post() | {"rawPath": "/live/api/orders"})
    assert answer.headers["location"] == f"/live/api/orders/{answer.order_id}"


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        'application/json;charset="UTF-8"',
        " application/json ;",
        "application/json; profile=x; charset = utf8",
    ],
)
def test_json_in_utf_8_is_read_however_its_type_is_written(kind):
    assert Shop().ask(post(content_type=kind)).status == 202


@pytest.mark.parametrize(
    "kind",
    [
        "",
        "text/plain",
        "application/json; charset=latin1",
        "application/json; charset",
        "application/jsonp",
        "application/json, text/html",
        "x" * 9_000,
    ],
    ids=lambda kind: kind[:30],
)
def test_another_type_of_content_is_refused(kind):
    assert Shop().ask(post(content_type=kind)).error == (415, "unsupported_media_type", "Content-Type")


def test_content_without_a_type_or_under_a_code_is_refused():
    untyped = request("POST", "/api/orders", order_body())
    assert Shop().ask(untyped).error == (415, "unsupported_media_type", "Content-Type")
    assert Shop().ask(post(content_encoding="gzip")).error == (415, "unsupported_media_type", "Content-Encoding")


def test_header_names_are_the_same_in_any_case():
    shop = Shop()
    upper = post() | {
        "headers": {"Content-Type": "application/json", "IDEMPOTENCY-KEY": "k", "X-Correlation-ID": "mine"}
    }
    assert shop.ask(upper).order_id == shop.ask(post(key="k")).order_id


@pytest.mark.parametrize("length", [PADDING, PADDING + 1], ids=["most", "more"])
@pytest.mark.parametrize("is_encoded", [False, True])
def test_a_body_has_64_kib_whether_it_comes_as_text_or_base64(length, is_encoded):
    body = order_body(note="x" * length)
    event = encoded(post(), body.encode()) if is_encoded else post(body)
    assert Shop().ask(event).status == (202 if length == PADDING else 413)


def test_bytes_are_counted_not_characters():
    assert Shop().ask(post(json.dumps({"note": "é" * 40_000}, ensure_ascii=False))).error == (413, "too_large", None)


@pytest.mark.parametrize(
    "event",
    [
        post("") | {"body": None},
        post() | {"body": 7},
        post() | {"body": "\ud800"},
        post() | {"body": "no base64!", "isBase64Encoded": True},
        post() | {"body": "é", "isBase64Encoded": True},
        post() | {"body": f"{base64.b64encode(order_body().encode()).decode()}!", "isBase64Encoded": True},
        encoded(post(), b"\xff\xfe"),
        post("{"),
        post("[" * 60_000),
    ],
    ids=["none", "number", "surrogate", "base64", "base64 é", "base64 !", "utf-16", "open", "nested"],
)
def test_a_body_that_is_no_json_is_refused(event):
    shop = Shop()
    assert shop.ask(event).error == (400, "invalid", None)
    assert shop.items == {}


def test_a_field_that_breaks_a_rule_is_named():
    answer = Shop().ask(post(order_body(TEA, TEA | {"sku": "milk", "quantity": 0})))
    assert answer.error == (400, "invalid", "items[1].quantity")
    assert answer.body["error"]["message"] == "items[1].quantity must be an integer from 1 to 1000; got 0"


@pytest.mark.parametrize("key", ["", " ", "a b", "é", "x" * 256, "a\n", "\ud800"], ids=ascii)
def test_a_key_of_other_characters_is_refused(key):
    assert Shop().ask(post(key=key)).error == (400, "invalid", "Idempotency-Key")


@pytest.mark.parametrize("key", ["1", "x" * 255, '"8e03978e-40d5-43dd-bc93-6894a57f9324"'], ids=lambda key: key[:5])
def test_a_key_may_be_any_visible_text(key):
    assert Shop().ask(post(key=key)).status == 202


@pytest.mark.parametrize(
    "event",
    [
        {},
        [],
        None,
        "text",
        {"version": "1.0", "httpMethod": "GET", "path": "/api/orders"},
        {"Records": []},
        post() | {"rawPath": 7},
    ],
    ids=["empty", "list", "null", "text", "format 1.0", "records", "path"],
)
def test_an_event_of_another_kind_gets_a_clear_answer(event):
    assert Shop().ask(event).error == (400, "unknown_event", None)


def test_a_correlation_id_goes_in_and_out_and_stays_with_the_order():
    shop = Shop()
    answer = shop.ask(post(key="k", x_correlation_id="mine"))
    assert answer.headers["x-correlation-id"] == "mine"
    assert shop.items[answer.order_id]["correlationId"] == {"S": "mine"}


def test_without_one_an_answer_about_an_order_has_the_orders():
    shop = Shop()
    order = shop.ask(post(key="k", x_correlation_id="mine")).order_id
    events = [get(order), post(key="k"), get(order, x_correlation_id="other")]
    assert [shop.ask(event).headers["x-correlation-id"] for event in events] == ["mine", "mine", "other"]


@pytest.mark.parametrize("given", ["", "a b", "a\r\nset-cookie: b", "x" * 129, "é", "{}"], ids=ascii)
def test_a_correlation_id_that_headers_cannot_bear_is_replaced(given):
    assert Shop().ask(post(x_correlation_id=given)).headers["x-correlation-id"] == "name-1"
