"""What a request asks for, out of an HTTP API's event; pure, and nothing a caller sends makes it raise.

    POST <base>/api/orders        Place: a new order, under the id that its Idempotency-Key stands for
    GET  <base>/api/orders/{id}   Show: an order as it stands
    anything else                 an Answer that says why not

`base` is whatever the API's stage or domain puts before.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from domain.order import CORRELATION_ID, NAME, NewOrder, parse
from domain.reading import Refusal
from order_api import answer
from order_api.answer import Answer

MOST_BODY_BYTES = 64 * 1024

_PATH = re.compile(r"(?P<orders>(?:/[\w.~-]+)*?/api/orders)(?:/(?P<id>[^/]*))?", re.ASCII)
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_ORDER_ID = re.compile(NAME)
_CORRELATION_ID = re.compile(CORRELATION_ID)
_CHARSETS = {"utf-8", "utf8", '"utf-8"', '"utf8"'}


@dataclass(frozen=True, slots=True)
class Place:
    """An order to write down; `order_id` is None without a key."""

    new: NewOrder
    order_id: str | None
    placed_by: str | None
    orders: str  # the path orders are under

    def location(self, order_id: str) -> str:
        return f"{self.orders}/{order_id}"


@dataclass(frozen=True, slots=True)
class Show:
    """An order to show to `asked_by`, the subject of a token."""

    order_id: str
    asked_by: str | None


def asked(event: Mapping[str, Any]) -> Place | Show | Answer:
    """What the request asks for, or why it is refused."""
    http = _mapping(_mapping(event.get("requestContext")).get("http"))
    method, path = http.get("method"), event.get("rawPath")
    if event.get("version") != "2.0" or not isinstance(method, str) or not isinstance(path, str):
        return answer.unknown_event()
    found = _PATH.fullmatch(path)
    if not found:
        return answer.not_found("the path must be /api/orders or /api/orders/{id}")
    match found["id"], method:
        case None, "POST":
            return _place(event, found["orders"])
        case None, _:
            return answer.method_not_allowed(_shown(method), "POST")
        case order_id, "GET" if _ORDER_ID.fullmatch(order_id):
            subject = _subject(event)
            return subject if isinstance(subject, Answer) else Show(order_id, subject)
        case _, "GET":
            return no_such_order()
    return answer.method_not_allowed(_shown(method), "GET")


def no_such_order() -> Answer:
    """The same for one that does not exist and for one that is not the caller's."""
    return answer.not_found("the id must be that of an order; there is none with this one")


def correlation_id(event: Mapping[str, Any]) -> str | None:
    """The caller's, where it is one that logs and headers can bear."""
    given = _headers(event).get("x-correlation-id", "")
    return given if _CORRELATION_ID.fullmatch(given) else None


def order_id(key: str, subject: str | None) -> str:
    """The id of the order that comes with this key from this subject: 128 bits of a digest.

    As one pair in JSON, no key of one subject reads as another key of another subject.
    """
    return sha256(json.dumps([subject, key]).encode()).hexdigest()[:32]


def _place(event: Mapping[str, Any], orders: str) -> Place | Answer:
    headers, subject = _headers(event), _subject(event)
    if isinstance(subject, Answer):
        return subject
    if refusal := _unreadable(headers):
        return refusal
    key = headers.get("idempotency-key")
    if key is not None and not _KEY.fullmatch(key):
        message = f"Idempotency-Key must be 1 to 255 visible ASCII characters, or absent; got {_shown(key)}"
        return answer.refused(400, "invalid", message, "Idempotency-Key")
    body = _content(event)
    if isinstance(body, Answer):
        return body
    match parse(body):
        case Refusal(reason, field):
            return answer.refused(400, "invalid", reason, field)
        case new:
            return Place(new, order_id(key, subject) if key is not None else None, subject, orders)


def _unreadable(headers: Mapping[str, str]) -> Answer | None:
    """Why a body of this type is not looked at."""
    kind, encoding = headers.get("content-type"), headers.get("content-encoding", "identity")
    if kind is None or not _is_json(kind):
        message = f"Content-Type must be application/json in UTF-8; got {_shown(kind) if kind else 'nothing'}"
        return answer.refused(415, "unsupported_media_type", message, "Content-Type")
    if encoding.strip().lower() != "identity":
        message = f"Content-Encoding must be absent; got {_shown(encoding)}"
        return answer.refused(415, "unsupported_media_type", message, "Content-Encoding")
    return None


def _is_json(kind: str) -> bool:
    """Whether a content type is JSON in UTF-8; parameters other than the charset mean nothing."""
    name, *parameters = (part.strip() for part in kind.lower().split(";"))
    named = (parameter.partition("=") for parameter in parameters)
    return name == "application/json" and all(
        charset.strip() in _CHARSETS for parameter, _, charset in named if parameter.strip() == "charset"
    )


def _content(event: Mapping[str, Any]) -> bytes | Answer:
    """The body as it was sent; API Gateway hands over as base64 what it does not take for text."""
    body = event.get("body")
    text = body if isinstance(body, str) else ""
    if len(text) > 2 * MOST_BODY_BYTES:  # even as base64
        return _too_large()
    try:
        content = base64.b64decode(text, validate=True) if event.get("isBase64Encoded") is True else text.encode()
    except ValueError:
        return answer.refused(400, "invalid", "the body must be JSON in UTF-8; got one that cannot be decoded")
    return content if len(content) <= MOST_BODY_BYTES else _too_large()


def _too_large() -> Answer:
    return answer.refused(413, "too_large", f"the body must have at most {MOST_BODY_BYTES} bytes; got more")


def _headers(event: Mapping[str, Any]) -> dict[str, str]:
    """Header names are the same in any case; an event made by hand may have them as HTTP writes them."""
    headers = _mapping(event.get("headers"))
    return {str(name).lower(): value for name, value in headers.items() if isinstance(value, str)}


def _subject(event: Mapping[str, Any]) -> str | Answer | None:
    """Whom the JWT authorizer let in; None where the API has none."""
    authorizer = _mapping(_mapping(event.get("requestContext")).get("authorizer"))
    if not authorizer:
        return None
    subject = _mapping(_mapping(authorizer.get("jwt")).get("claims")).get("sub")
    return subject if isinstance(subject, str) and subject else answer.no_subject()


def _mapping(found: object) -> Mapping[str, Any]:
    return found if isinstance(found, Mapping) else {}


def _shown(text: str) -> str:
    return json.dumps(text[:80])
