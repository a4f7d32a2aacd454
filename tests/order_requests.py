"""What API Gateway hands to order_api, and what order_api hands back."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from aws_lambda_powertools.logging import Logger

from order_api.handler import Api, respond
from order_api.store import OrderStore
from tests.doubles import ManualClock, ManualContext, full_waits
from tests.memory_dynamodb import Failing, MemoryDynamoDB

TEA = {"sku": "tea", "quantity": 2, "priceCents": 250}
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def order_body(*items: dict[str, Any], **fields: Any) -> str:
    return json.dumps({"customerId": "c-1", "items": list(items or [TEA])} | fields)


def request(method: str, path: str, body: str | None = None, **headers: str) -> dict[str, Any]:
    """An event in payload format 2.0, as far as it is read; header names with _ for -."""
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {name.replace("_", "-"): value for name, value in headers.items()},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "t"},
            "requestId": "JKJaXmPLvHcESHA=",
            "stage": "$default",
        },
        "isBase64Encoded": False,
    } | ({"body": body} if body is not None else {})


def post(body: str | None = None, key: str | None = None, **headers: str) -> dict[str, Any]:
    """A well-formed order; `body` and `headers` say what is otherwise."""
    keyed = {"idempotency_key": key} if key is not None else {}
    given = {"content_type": "application/json"} | keyed | headers
    return request("POST", "/api/orders", order_body() if body is None else body, **given)


def get(order_id: str, **headers: str) -> dict[str, Any]:
    return request("GET", f"/api/orders/{order_id}", **headers)


def with_token(event: dict[str, Any], subject: str) -> dict[str, Any]:
    """The event behind a JWT authorizer that has let `subject` in."""
    authorizer = {"jwt": {"claims": {"sub": subject, "iss": "https://issuer.example"}, "scopes": None}}
    return event | {"requestContext": event["requestContext"] | {"authorizer": authorizer}}


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer as its caller sees it."""

    status: int
    headers: dict[str, str]
    body: Any

    @property
    def error(self) -> tuple[int, str, str | None]:
        """Status, code and field of a refusal."""
        return self.status, self.body["error"]["code"], self.body["error"].get("field")

    @property
    def order_id(self) -> str:
        order_id: str = self.body["id"]
        return order_id


@dataclass(slots=True)
class Shop:
    """The API over a table in memory. Every invocation has its own clock; made names count up."""

    script: Iterable[Failing | None] = ()
    timeout_seconds: float = 10.0
    logged: io.StringIO = field(default_factory=io.StringIO)
    log: Logger | None = None
    table: MemoryDynamoDB = field(init=False)
    names: int = 0
    seconds: int = 0

    def __post_init__(self) -> None:
        self.table = MemoryDynamoDB(self.script, keys={"orders": ("id",)})
        self.log = self.log or Logger(service=f"order_api_{uuid4()}", stream=self.logged)

    @property
    def items(self) -> dict[str, Any]:
        return self.table.tables["orders"]

    @property
    def lines(self) -> list[dict[str, Any]]:
        """What was logged."""
        return [json.loads(line) for line in self.logged.getvalue().splitlines()]

    def ask(self, event: Any) -> Answered:
        clock = ManualClock()
        store = OrderStore("orders", self.table, full_waits(clock))
        assert self.log
        api = Api(store, self.log, clock=self._now, make_name=self._name)
        answer = respond(event, ManualContext(clock, self.timeout_seconds), api)
        return Answered(answer["statusCode"], answer["headers"], json.loads(answer["body"]))

    def _name(self) -> str:
        self.names += 1
        return f"name-{self.names}"

    def _now(self) -> datetime:
        self.seconds += 1
        return NOON + timedelta(seconds=self.seconds)
