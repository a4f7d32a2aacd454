"""Changes that can never go to the bus, kept with the reason, so that none of them holds up what comes behind it.

unpublishable/<sequence number>.json    {"reason", "record"}: the stream's record as it came
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, Unpack

from streamkit.throttle import Backoff, SecondsLeft, persist, proof

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import PutObjectOutputTypeDef, PutObjectRequestTypeDef

FOLDER = "unpublishable/"


class Bucket(Protocol):
    """What is needed of an S3 client."""

    def put_object(self, **request: Unpack[PutObjectRequestTypeDef]) -> PutObjectOutputTypeDef: ...


@dataclass(frozen=True, slots=True)
class Unpublishable:
    """One record of the table's stream, and why it can be no event."""

    sequence_number: str
    record: Mapping[str, Any]
    reason: str

    @property
    def key(self) -> str:
        """Its place in the bucket; kept again, it is still one."""
        return f"{FOLDER}{self.sequence_number}.json"


@dataclass(frozen=True, slots=True)
class Failures:
    """The bucket where they are looked for, beside the batches that Lambda gives up."""

    bucket_name: str
    bucket: Callable[[], Bucket]  # opened for the first of them: most processes never see one
    backoff: Backoff = field(default_factory=Backoff)

    def keep(self, one: Unpublishable, seconds_left: SecondsLeft) -> None:
        """It is in the bucket, or what the bucket refused with rises."""
        body = json.dumps({"reason": one.reason, "record": one.record}).encode()

        def attempt() -> None:
            proof(self.bucket().put_object(Bucket=self.bucket_name, Key=one.key, Body=body), "ETag")

        persist(attempt, self.backoff, seconds_left)
