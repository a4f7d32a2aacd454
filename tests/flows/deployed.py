"""The deployed trips flow as a test sees it: invoke the writer, read what was left behind."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from local.detour import detour
from local.endpoint import Endpoint
from tests.flows import polling
from tests.flows.polling import ALIAS

MOST_WRITES = 25  # of one BatchWriteItem


@dataclass(frozen=True, slots=True)
class Invocation:
    """What Lambda answered: the function's response, or its error."""

    response: Any
    error: str | None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Trips:
    """The trips flow behind `outputs` of the root stack."""

    endpoint: Endpoint
    outputs: dict[str, Any]

    def invoke_writer(self, event: dict[str, Any]) -> Invocation:
        return self.invoke(self.outputs["trip_writer_function_name"], event)

    def invoke(self, function: str, event: dict[str, Any]) -> Invocation:
        answer = self.endpoint.client("lambda").invoke(
            FunctionName=function, Qualifier=ALIAS, Payload=json.dumps(event).encode()
        )
        payload = json.loads(answer["Payload"].read() or b"null")
        if "FunctionError" in answer:
            return Invocation(None, payload.get("errorType", "unknown"), payload.get("errorMessage", ""))
        return Invocation(payload, None)

    @contextmanager
    def writer_calling(self, url: str) -> Iterator[None]:
        """The deployed writer makes its AWS calls to `url` until the block ends."""
        with detour(self.endpoint.client("lambda"), self.outputs["trip_writer_function_name"], url, alias=ALIAS):
            yield

    @contextmanager
    def writer_without(self, sid: str) -> Iterator[None]:
        """The writer's role lacks the statement `sid` until the block ends."""

        def kept(statement: dict[str, Any]) -> dict[str, Any] | None:
            return None if statement["Sid"] == sid else statement

        with self._with_statements(self.outputs["trip_writer_function_name"], kept, sid):
            yield

    @contextmanager
    def function_without(self, function: str, action: str) -> Iterator[None]:
        """The function's role may no longer do `action` until the block ends."""

        def kept(statement: dict[str, Any]) -> dict[str, Any] | None:
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            left = [name for name in actions if name != action]
            return {**statement, "Action": left} if left else None

        with self._with_statements(function, kept, action):
            yield

    @contextmanager
    def _with_statements(
        self, role: str, kept: Callable[[dict[str, Any]], dict[str, Any] | None], what: str
    ) -> Iterator[None]:
        iam, of_role = self.endpoint.client("iam"), {"RoleName": role}
        (policy_name,) = iam.list_role_policies(**of_role)["PolicyNames"]
        policy = iam.get_role_policy(**of_role, PolicyName=policy_name)["PolicyDocument"]
        statements = [left for statement in policy["Statement"] if (left := kept(statement)) is not None]
        if statements == policy["Statement"]:
            raise LookupError(f"the role {role} has no {what!r}; it has {_sids(policy)}.")
        less = json.dumps({**policy, "Statement": statements})
        iam.put_role_policy(**of_role, PolicyName=policy_name, PolicyDocument=less)
        try:
            yield
        finally:
            iam.put_role_policy(**of_role, PolicyName=policy_name, PolicyDocument=json.dumps(policy))

    def put(self, payloads: Sequence[bytes]) -> None:
        """Puts at most 500 records into the stream, each under a partition key of its own."""
        records = [{"Data": data, "PartitionKey": str(number)} for number, data in enumerate(payloads)]
        answer = self.endpoint.client("kinesis").put_records(
            StreamName=self.outputs["trips_stream_name"], Records=records
        )
        assert answer["FailedRecordCount"] == 0

    @property
    def functions(self) -> list[str]:
        """The functions that read the stream."""
        return [self.outputs["trip_writer_function_name"], self.outputs["window_aggregator_function_name"]]

    def mappings(self) -> list[dict[str, Any]]:
        """The event source mappings of the flow's functions, as Lambda shows them."""
        return polling.mappings(self.endpoint.client("lambda"), self.functions)

    def polled(self) -> list[str]:
        """The mappings that the endpoint's own pollers drive, and those it is about to."""
        return polling.polled(self.endpoint.client("lambda"), self.functions)

    def poll(self, *, on: bool) -> None:
        """Has the endpoint's own pollers begin, or end."""
        polling.poll(self.endpoint.client("lambda"), self.functions, on=on)

    def items(self) -> dict[str, dict[str, Any]]:
        """Every trip in the table, by tripId, in DynamoDB's wire types."""
        return {item["tripId"]["S"]: item for item in self._scanned(self.outputs["trips_table_name"])}

    def totals_items(self) -> list[dict[str, Any]]:
        """Everything in the totals table, in DynamoDB's wire types."""
        return list(self._scanned(self.outputs["trip_totals_table_name"]))

    def marks(self) -> dict[str, int]:
        """How far each shard is counted: its last sequence number."""
        marks = self.endpoint.client("dynamodb").query(
            TableName=self.outputs["trip_totals_table_name"],
            KeyConditionExpression="vendorId = :zero AND begins_with(#window, :mark)",
            ExpressionAttributeNames={"#window": "window"},
            ExpressionAttributeValues={":zero": {"N": "0"}, ":mark": {"S": "mark#"}},
            ConsistentRead=True,
        )["Items"]
        return {
            item["window"]["S"].removeprefix("mark#"): int(item.get("lastSequenceNumber", {"S": "0"})["S"])
            for item in marks
        }

    def forget_trips(self) -> None:
        self._delete(self.outputs["trips_table_name"], [{"tripId": {"S": trip_id}} for trip_id in self.items()])

    def forget_totals(self, *, marks: bool = False) -> None:
        """Totals, parts and late trips go; what says how far shards are counted stays, unless it shall go as well."""
        keys = [{name: item[name] for name in ("vendorId", "window")} for item in self.totals_items()]
        of_vendors = [key for key in keys if marks or key["vendorId"]["N"] != "0"]
        self._delete(self.outputs["trip_totals_table_name"], of_vendors)

    def quarantined(self) -> list[dict[str, Any]]:
        """Takes every message out of quarantine, oldest shard position first."""
        queue, url = self.endpoint.client("sqs"), self.outputs["quarantine_queue_url"]
        taken: list[dict[str, Any]] = []
        while messages := queue.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0).get(
            "Messages"
        ):
            taken += [json.loads(message["Body"]) for message in messages]
            receipts = [{"Id": message["MessageId"], "ReceiptHandle": message["ReceiptHandle"]} for message in messages]
            queue.delete_message_batch(QueueUrl=url, Entries=receipts)
        return sorted(taken, key=lambda message: (int(message["sequenceNumber"]), message["index"]))

    def kept_object(self, key: str) -> bytes:
        body: bytes = (
            self.endpoint.client("s3").get_object(Bucket=self.outputs["failures_bucket_name"], Key=key)["Body"].read()
        )
        return body

    def _scanned(self, table: str) -> Iterator[dict[str, Any]]:
        pages = self.endpoint.client("dynamodb").get_paginator("scan")
        for page in pages.paginate(TableName=table, ConsistentRead=True):
            yield from page["Items"]

    def _delete(self, table: str, keys: Sequence[Any]) -> None:
        tables = self.endpoint.client("dynamodb")
        for start in range(0, len(keys), MOST_WRITES):
            requests = [{"DeleteRequest": {"Key": key}} for key in keys[start : start + MOST_WRITES]]
            tables.batch_write_item(RequestItems={table: requests})


def _sids(policy: dict[str, Any]) -> str:
    return ", ".join(statement["Sid"] for statement in policy["Statement"])
