"""The deployed orders flow as its customers, its subscribers and whoever audits it see it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import urllib3

from domain.order import Status
from local.endpoint import REGION, Endpoint
from local.stack import ROOT, as_root
from streamkit.changes import item
from tests.flows import polling

HEARD = "orders-heard"  # the queue that listens to the topic
READERS = 8  # of the audit trail at once


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API answered, and to whom: the `order_id` is the one that its Location names."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str]

    @property
    def order_id(self) -> str:
        return self.headers["location"].rsplit("/", 1)[-1]


@dataclass(frozen=True)
class Shop:
    """The orders flow behind `outputs` of the root stack."""

    endpoint: Endpoint
    outputs: dict[str, Any]
    customers: int = 8  # who call at once
    _http: urllib3.HTTPConnectionPool = field(init=False)
    _clients: dict[str, Any] = field(default_factory=dict)  # each takes a while to make

    def __post_init__(self) -> None:
        address = urlsplit(self.endpoint.url)
        pool = urllib3.HTTPConnectionPool(address.hostname or "", address.port, maxsize=self.customers, retries=False)
        object.__setattr__(self, "_http", pool)

    def client(self, service: str) -> Any:
        """One client of each service, which its callers share."""
        if service not in self._clients:
            self._clients[service] = self.endpoint.client(service)
        return self._clients[service]

    def poll(self, *, on: bool) -> None:
        """Has the endpoint's own pollers begin, or end."""
        functions = list(self.outputs["orders_function_names"].values())
        polling.poll(self.client("lambda"), functions, on=on)

    def place(self, body: Any, key: str | None = None, **headers: str) -> Answer:
        """POST; a `body` that is no text is sent as JSON."""
        keyed = {"idempotency-key": key} if key else {}
        sent = body if isinstance(body, str) else json.dumps(body)
        return self._ask("POST", "/api/orders", sent, {"content-type": "application/json", **keyed, **headers})

    def find(self, order_id: str) -> Answer:
        return self._ask("GET", f"/api/orders/{order_id}", None, {})

    def _ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Answer:
        # An API has a name of its own, which nobody resolves on this machine.
        there = {"host": urlsplit(self.outputs["orders_api_url"]).netloc, **headers}
        answer = self._http.request(method, path, body=body, headers=there, timeout=30)
        told = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(answer.status, json.loads(answer.data), told)

    def operate(self, *command: str) -> str:
        """What `python -m ops` prints."""
        env = {**as_root(self.endpoint.url, os.environ), "AWS_DEFAULT_REGION": REGION}
        done = subprocess.run(
            [sys.executable, "-m", "ops", *command], cwd=ROOT, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def stock_up(self, sku: str, price_cents: int, available: int) -> None:
        numbers = ["--price-cents", str(price_cents), "--available", str(available)]
        self.operate("stock", "set", sku, "--table", self.outputs["orders_stock_table_name"], *numbers)

    def stock(self) -> dict[str, dict[str, Any]]:
        """Skus and reservations by their key."""
        return {one["sku"]: one for one in self.items("orders_stock_table_name")}

    def orders(self) -> dict[str, dict[str, Any]]:
        return {one["id"]: one for one in self.items("orders_table_name")}

    def unfinished(self) -> set[str]:
        """The orders that still have a step before them."""
        names = {"#status": "status", "#compensated": "compensated"}
        values = {":shipped": {"S": Status.SHIPPED}, ":true": {"BOOL": True}}
        return self._ids("NOT (#status = :shipped OR #compensated = :true)", names, values)

    def untouched(self) -> set[str]:
        """The orders that nobody has looked at yet."""
        return self._ids("#status = :placed", {"#status": "status"}, {":placed": {"S": Status.PLACED}})

    def _ids(self, condition: str, names: dict[str, str], values: dict[str, Any]) -> set[str]:
        """The orders for which the condition holds; asked often, so only their ids travel."""
        pages = self.client("dynamodb").get_paginator("scan")
        found = pages.paginate(
            TableName=self.outputs["orders_table_name"],
            FilterExpression=condition,
            ProjectionExpression="id",
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
            ConsistentRead=True,
        )
        return {one["id"]["S"] for page in found for one in page["Items"]}

    def remove(self, order_id: str) -> None:
        """Deletes the order, as its time to live would."""
        table = self.client("dynamodb")
        table.delete_item(TableName=self.outputs["orders_table_name"], Key={"id": {"S": order_id}})

    def figures(self) -> dict[tuple[str, str], dict[str, int]]:
        """What is counted, by period and figure; markers are not figures."""
        counted = self.items("orders_figures_table_name")
        return {
            (one.pop("period"), one.pop("figure")): one for one in counted if not one["period"].startswith("order#")
        }

    def breakers(self) -> dict[str, dict[str, Any]]:
        return {one["name"]: one for one in self._scanned(f"{self.outputs['orders_table_name']}-breakers")}

    def items(self, output: str) -> Iterator[dict[str, Any]]:
        """All that a table holds, in plain Python."""
        return self._scanned(self.outputs[output])

    def _scanned(self, table: str) -> Iterator[dict[str, Any]]:
        pages = self.client("dynamodb").get_paginator("scan")
        for page in pages.paginate(TableName=table, ConsistentRead=True):
            yield from map(item, page["Items"])

    def audited(self) -> list[str]:
        """The keys of the audit trail."""
        pages = (
            self.client("s3").get_paginator("list_objects_v2").paginate(Bucket=self.outputs["orders_audit_bucket_name"])
        )
        return [one["Key"] for page in pages for one in page.get("Contents", [])]

    def trail(self, order_id: str = "") -> dict[str, list[dict[str, Any]]]:
        """The audit trail: every order's events by version, or those of one order."""
        trail: dict[str, list[dict[str, Any]]] = {}
        with ThreadPoolExecutor(READERS) as readers:
            keys = (key for key in sorted(self.audited()) if key.startswith(f"orders/{order_id}"))
            for event in readers.map(self._event, keys):
                trail.setdefault(event["orderId"], []).append(event)
        return trail

    def _event(self, key: str) -> dict[str, Any]:
        body = self.client("s3").get_object(Bucket=self.outputs["orders_audit_bucket_name"], Key=key)["Body"].read()
        event: dict[str, Any] = json.loads(body)
        return event

    def waiting(self) -> dict[str, int]:
        """The flow's queues that have messages in whatever state, and how many."""
        queues = self.client("sqs")
        prefix = self.outputs["orders_table_name"]
        numbers = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        delayed = "ApproximateNumberOfMessagesDelayed"
        found = {}
        for url in queues.list_queues(QueueNamePrefix=prefix)["QueueUrls"]:
            attributes = queues.get_queue_attributes(QueueUrl=url, AttributeNames=[*numbers, delayed])["Attributes"]
            found[url.rsplit("/", 1)[-1].removeprefix(f"{prefix}-")] = sum(map(int, attributes.values()))
        return {name: count for name, count in found.items() if count}

    @contextmanager
    def listening(self) -> Iterator[str]:
        """A queue that hears every notification until the block ends."""
        queues, topics = self.client("sqs"), self.client("sns")
        topic = self.outputs["orders_notifications_topic_arn"]
        url: str = queues.create_queue(QueueName=HEARD)["QueueUrl"]
        arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        queues.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(_deliveries(topic, arn))})
        subscription = topics.subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=arn,
            Attributes={"RawMessageDelivery": "true"},
            ReturnSubscriptionArn=True,
        )
        try:
            yield url
        finally:
            topics.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])
            queues.delete_queue(QueueUrl=url)

    def heard(self, url: str) -> list[dict[str, Any]]:
        """Takes every message out of a queue."""
        queues, taken = self.client("sqs"), []
        while messages := queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            taken += [json.loads(message["Body"]) for message in messages]
            receipts = [{"Id": message["MessageId"], "ReceiptHandle": message["ReceiptHandle"]} for message in messages]
            queues.delete_message_batch(QueueUrl=url, Entries=receipts)
        return taken

    def fulfilments(self) -> dict[str, str]:
        """Status of each execution of the state machine, by the order it is for."""
        machines = self.client("stepfunctions")
        name = f"{self.outputs['orders_table_name']}-fulfilment"
        (arn,) = [
            one["stateMachineArn"] for one in machines.list_state_machines()["stateMachines"] if one["name"] == name
        ]
        pages = machines.get_paginator("list_executions").paginate(stateMachineArn=arn)
        found = [execution for page in pages for execution in page["executions"]]
        assert len({one["name"] for one in found}) == len(found)
        return {one["name"].partition("@")[0]: one["status"] for one in found}

    def counted(self, actor: str, since_ms: int) -> dict[str, int]:
        """The sums of a function's own metrics, out of its log."""
        sums: dict[str, int] = {}
        for line in self.log(actor, since_ms):
            if "_aws" in line:
                names = [one["Name"] for one in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]]
                for name in names:
                    values = line[name] if isinstance(line[name], list) else [line[name]]
                    sums[name] = sums.get(name, 0) + int(sum(values))
        return sums

    def log(self, actor: str, since_ms: int) -> Iterator[dict[str, Any]]:
        """The JSON lines of a function's log."""
        group = f"/aws/lambda/{self.outputs['orders_function_names'][actor]}"
        pages = self.client("logs").get_paginator("filter_log_events")
        for page in pages.paginate(logGroupName=group, startTime=since_ms):
            for event in page["events"]:
                if event["message"].startswith("{"):
                    yield json.loads(event["message"])


def _deliveries(topic_arn: str, queue_arn: str) -> dict[str, Any]:
    """The policy of a queue that the topic may deliver to."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}
