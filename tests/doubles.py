"""What stands in for AWS and for time in unit tests: same names, same shapes, same refusals.

A script says what becomes of each call in turn; after its end every call succeeds.

    MemoryTable([2, throttled(), None])     the first call takes two items, the second none, the third all
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import md5
from typing import TYPE_CHECKING, Any, Self, Unpack

from botocore.exceptions import ClientError, ReadTimeoutError

from streamkit.throttle import Backoff

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import BatchWriteItemInputTypeDef, BatchWriteItemOutputTypeDef
    from mypy_boto3_s3.type_defs import PutObjectOutputTypeDef, PutObjectRequestTypeDef
    from mypy_boto3_sqs.type_defs import (
        ResponseMetadataTypeDef,
        SendMessageBatchRequestTypeDef,
        SendMessageBatchResultTypeDef,
    )

# What one call comes to: all is taken, only the first few entries are, or it raises.
Fate = int | Exception | None


def refused(code: str, status: int = 400, operation: str = "AnyOperation") -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": "scripted"}, "ResponseMetadata": _metadata(status)}
    return ClientError(answer, operation)


def cancelled(*codes: str) -> ClientError:
    """A transaction that DynamoDB cancelled, with the reason for each of its actions."""
    error = refused("TransactionCanceledException", operation="TransactWriteItems")
    answer: Any = error.response
    answer["CancellationReasons"] = [{"Code": code} for code in codes]
    return error


def throttled() -> ClientError:
    return refused("ProvisionedThroughputExceededException")


def timed_out() -> ReadTimeoutError:
    return ReadTimeoutError(endpoint_url="https://dynamodb.us-east-1.amazonaws.com/")


@dataclass
class ManualClock:
    """Time that passes only when it is slept, or a service takes it."""

    now: float = 0.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@dataclass
class ManualContext:
    """The context of an invocation that began with the clock at 0 and may run `timeout_seconds`."""

    clock: ManualClock
    timeout_seconds: float = 30.0
    aws_request_id: str = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"

    def get_remaining_time_in_millis(self) -> int:
        return int((self.timeout_seconds - self.clock.now) * 1000)


def full_waits(clock: ManualClock) -> Backoff:
    """A backoff whose jitter is always the whole bound, on a manual clock."""
    return Backoff(jitter=lambda: 1.0, sleep=clock.sleep)


class Scripted:
    """A service that does to each call what its script says, and then whatever is asked."""

    def __init__(self, script: Iterable[Fate] = ()) -> None:
        self.script: Iterator[Fate] = iter(script)
        self.calls: list[int] = []
        self.begun: list[float] = []
        self._pass: Callable[[], float] = lambda: 0.0

    def slow(self, clock: ManualClock, seconds: float) -> Self:
        """The service, of which every call takes so long; `begun` says when each began."""

        def take() -> float:
            began = clock.now
            clock.now += seconds
            return began

        self._pass = take
        return self

    def taken(self, entries: int) -> int:
        """How many of the call's entries are taken."""
        self.calls.append(entries)
        self.begun.append(self._pass())
        fate = next(self.script, None)
        if isinstance(fate, Exception):
            raise fate
        return entries if fate is None else min(fate, entries)


class MemoryTable(Scripted):
    """A DynamoDB client with one table whose partition key is `key`."""

    def __init__(self, script: Iterable[Fate] = (), key: str = "tripId") -> None:
        super().__init__(script)
        self.key = key
        self.items: dict[str, dict[str, Any]] = {}

    def batch_write_item(self, **request: Unpack[BatchWriteItemInputTypeDef]) -> BatchWriteItemOutputTypeDef:
        ((name, writes),) = request["RequestItems"].items()
        items: list[Any] = [write["PutRequest"]["Item"] for write in writes]
        keys = [item[self.key]["S"] for item in items]
        if not 1 <= len(items) <= 25 or len(set(keys)) < len(keys):
            raise refused("ValidationException", operation="BatchWriteItem")
        taken = self.taken(len(items))
        self.items |= {key: _plain(item) for key, item in zip(keys[:taken], items, strict=False)}
        left: Any = {name: list(writes)[taken:]} if taken < len(items) else {}
        return {
            "UnprocessedItems": left,
            "ItemCollectionMetrics": {},
            "ConsumedCapacity": [],
            "ResponseMetadata": _metadata(),
        }


class MemoryQueue(Scripted):
    """An SQS client with one queue. Entries that a script leaves over fail with `code`."""

    def __init__(self, script: Iterable[Fate] = (), code: str = "InternalError", sender_fault: bool = False) -> None:
        super().__init__(script)
        self.code = code
        self.sender_fault = sender_fault
        self.bodies: list[str] = []
        self.delays: list[int] = []

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.bodies]

    def send_message_batch(self, **request: Unpack[SendMessageBatchRequestTypeDef]) -> SendMessageBatchResultTypeDef:
        entries = list(request["Entries"])
        if not 1 <= len(entries) <= 10:
            raise refused("AWS.SimpleQueueService.TooManyEntriesInBatchRequest", operation="SendMessageBatch")
        if sum(len(entry["MessageBody"].encode()) for entry in entries) > 256 * 1024:
            raise refused("AWS.SimpleQueueService.BatchRequestTooLong", operation="SendMessageBatch")
        taken = self.taken(len(entries))
        self.bodies += [entry["MessageBody"] for entry in entries[:taken]]
        self.delays += [entry.get("DelaySeconds", 0) for entry in entries[:taken]]
        return {
            "Successful": [
                {
                    "Id": entry["Id"],
                    "MessageId": f"message-{entry['Id']}",
                    "MD5OfMessageBody": md5(entry["MessageBody"].encode()).hexdigest(),
                }
                for entry in entries[:taken]
            ],
            "Failed": [
                {"Id": entry["Id"], "SenderFault": self.sender_fault, "Code": self.code, "Message": "scripted"}
                for entry in entries[taken:]
            ],
            "ResponseMetadata": _metadata(),
        }


class MemoryBucket(Scripted):
    """An S3 client with one bucket."""

    def __init__(self, script: Iterable[Fate] = ()) -> None:
        super().__init__(script)
        self.objects: dict[str, bytes] = {}

    def put_object(self, **request: Unpack[PutObjectRequestTypeDef]) -> PutObjectOutputTypeDef:
        self.taken(1)
        body: Any = request["Body"]
        self.objects[request["Key"]] = bytes(body)
        answer: Any = {"ETag": f'"{md5(body).hexdigest()}"', "ResponseMetadata": _metadata()}
        return answer  # type: ignore[no-any-return]  # its type lists two dozen keys that S3 leaves out


class Rubbish:
    """A client whose every call is answered with status 200 and a body in which botocore finds nothing."""

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        return lambda **_: {"ResponseMetadata": _metadata()}


def _plain(item: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {name: int(value["N"]) if "N" in value else value["S"] for name, value in item.items()}


def _metadata(status: int = 200) -> ResponseMetadataTypeDef:
    return {"RequestId": "scripted", "HTTPStatusCode": status, "HTTPHeaders": {}, "RetryAttempts": 0, "HostId": ""}
