"""The deployed trips flow as a test sees it: invoke the writer, read what it left behind."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from local.detour import detour
from local.endpoint import Endpoint

ALIAS = "live"


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
        answer = self.endpoint.client("lambda").invoke(
            FunctionName=self.outputs["trip_writer_function_name"], Qualifier=ALIAS, Payload=json.dumps(event).encode()
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
        iam = self.endpoint.client("iam")
        of_role = {"RoleName": self.outputs["trip_writer_function_name"]}
        (policy_name,) = iam.list_role_policies(**of_role)["PolicyNames"]
        policy = iam.get_role_policy(**of_role, PolicyName=policy_name)["PolicyDocument"]
        kept = [statement for statement in policy["Statement"] if statement["Sid"] != sid]
        if len(kept) == len(policy["Statement"]):
            raise LookupError(f"the writer's role has no statement {sid!r}; it has {_sids(policy)}.")
        iam.put_role_policy(**of_role, PolicyName=policy_name, PolicyDocument=json.dumps({**policy, "Statement": kept}))
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

    def writer_mapping(self) -> dict[str, Any]:
        (mapping,) = self.endpoint.client("lambda").list_event_source_mappings(
            FunctionName=f"{self.outputs['trip_writer_function_name']}:{ALIAS}"
        )["EventSourceMappings"]
        return dict(mapping)

    def writer_is_polled(self) -> bool:
        """Whether the endpoint's own poller drives the writer."""
        return self.writer_mapping()["State"] in ("Enabled", "Enabling")

    def stop_polling(self) -> None:
        self.endpoint.client("lambda").update_event_source_mapping(UUID=self.writer_mapping()["UUID"], Enabled=False)

    def items(self) -> dict[str, dict[str, Any]]:
        """Every trip in the table, by tripId, in DynamoDB's wire types."""
        pages = self.endpoint.client("dynamodb").get_paginator("scan")
        found = pages.paginate(TableName=self.outputs["trips_table_name"], ConsistentRead=True)
        return {item["tripId"]["S"]: item for page in found for item in page["Items"]}

    def forget_trips(self) -> None:
        table = self.endpoint.client("dynamodb")
        for trip_id in self.items():
            table.delete_item(TableName=self.outputs["trips_table_name"], Key={"tripId": {"S": trip_id}})

    def quarantined(self) -> list[dict[str, Any]]:
        """Takes every message out of quarantine, oldest shard position first."""
        queue, url = self.endpoint.client("sqs"), self.outputs["quarantine_queue_url"]
        taken: list[dict[str, Any]] = []
        while messages := queue.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0).get(
            "Messages"
        ):
            for message in messages:
                taken.append(json.loads(message["Body"]))
                queue.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return sorted(taken, key=lambda message: (int(message["sequenceNumber"]), message["index"]))

    def kept_object(self, key: str) -> bytes:
        body: bytes = (
            self.endpoint.client("s3").get_object(Bucket=self.outputs["failures_bucket_name"], Key=key)["Body"].read()
        )
        return body


def _sids(policy: dict[str, Any]) -> str:
    return ", ".join(statement["Sid"] for statement in policy["Statement"])
