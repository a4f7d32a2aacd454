"""Which notices are out: one item for each, claimed before it is published and marked after.

    claim ──> publish ──> mark      as it should be
    claim ──> crash                 the claim ends with its invocation; the next one publishes
    claim ──> publish ──> crash     the next one publishes as well

A notice goes twice in that last case alone, and in those that look like it: SNS took it and its answer was lost, or the
table took no mark in the time that was left. Marking first would lose it there; twice is better than never. A claim
keeps out another invocation that has the same message at the same time, as a standard queue may well deliver it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol, Unpack

from botocore.exceptions import ClientError

from order_notifications.notice import Notice
from streamkit.changes import item
from streamkit.throttle import PROOF, Backoff, SecondsLeft, error_name, persist, proof

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, UpdateItemInputTypeDef, UpdateItemOutputTypeDef

DAY_SECONDS = 86_400


class Claim(Enum):
    OURS = "to be published by us"
    ANOTHERS = "in another invocation's hands"
    SENT = "published"


class Table(Protocol):
    """What the store needs of a DynamoDB client."""

    def update_item(self, **request: Unpack[UpdateItemInputTypeDef]) -> UpdateItemOutputTypeDef: ...


@dataclass(frozen=True, slots=True)
class NoticeStore:
    """Notices by order and version; the id has with it when the order was placed, for it may be placed again."""

    table_name: str
    table: Table
    notice_days: int
    clock: Callable[[], float] = time.time
    backoff: Backoff = field(default_factory=Backoff)

    def claim(self, notice: Notice, owner: str, lease_seconds: float, seconds_left: SecondsLeft) -> Claim:
        """Whose turn it is to publish the notice; ours for `lease_seconds`, if it is."""
        return persist(lambda: self._claim(notice, owner, lease_seconds), self.backoff, seconds_left)

    def mark(self, notice: Notice, seconds_left: SecondsLeft) -> None:
        """Write down that it is published."""
        persist(lambda: self._mark(notice), self.backoff, seconds_left)

    def _claim(self, notice: Notice, owner: str, lease_seconds: float) -> Claim:
        now = self.clock()
        try:
            answer = self.table.update_item(
                TableName=self.table_name,
                Key=_key(notice),
                UpdateExpression="SET #owner = :owner, #claimedUntil = :until, #expiresAt = :expiry",
                # AND binds before OR.
                ConditionExpression="attribute_not_exists(#orderId)"
                " OR attribute_not_exists(#sentAt) AND #claimedUntil < :now",
                ExpressionAttributeNames=_names("orderId", "sentAt", "owner", "claimedUntil", "expiresAt"),
                ExpressionAttributeValues={
                    ":owner": {"S": owner},
                    ":until": _milliseconds(now + lease_seconds),
                    ":now": _milliseconds(now),
                    ":expiry": self._expiry(now),
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **PROOF,
            )
        except ClientError as error:
            if error_name(error) != "ConditionalCheckFailedException":
                raise
            response: Any = error.response
            standing = item(response.get("Item", {}))
            if "sentAt" in standing:
                return Claim.SENT
            # A claim whose answer was lost on the way is still ours.
            return Claim.OURS if standing.get("owner") == owner else Claim.ANOTHERS
        proof(answer, "ConsumedCapacity")
        return Claim.OURS

    def _mark(self, notice: Notice) -> None:
        now = self.clock()
        answer = self.table.update_item(
            TableName=self.table_name,
            Key=_key(notice),
            UpdateExpression="SET #sentAt = :now, #expiresAt = :expiry",
            ExpressionAttributeNames=_names("sentAt", "expiresAt"),
            ExpressionAttributeValues={":now": _milliseconds(now), ":expiry": self._expiry(now)},
            **PROOF,
        )
        proof(answer, "ConsumedCapacity")

    def _expiry(self, now: float) -> AttributeValueTypeDef:
        return {"N": str(int(now) + self.notice_days * DAY_SECONDS)}


def _key(notice: Notice) -> dict[str, AttributeValueTypeDef]:
    return {"orderId": {"S": notice.incarnation}, "version": {"N": str(notice.version)}}


def _milliseconds(seconds: float) -> AttributeValueTypeDef:
    return {"N": str(int(seconds * 1000))}


def _names(*names: str) -> dict[str, str]:
    return {f"#{name}": name for name in names}
