"""The audit bucket. An object is written if there is none: the first stands, whatever comes later.

put If-None-Match: *    200   written
                        412   there is one: ours, told before, or of another change, which nobody may pass over
                        409   two writers at once: asked again
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, Unpack

from botocore.exceptions import ClientError

from order_audit.line import Line
from streamkit.throttle import Backoff, SecondsLeft, error_name, persist, proof

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import (
        HeadObjectOutputTypeDef,
        HeadObjectRequestTypeDef,
        PutObjectOutputTypeDef,
        PutObjectRequestTypeDef,
    )

SEQUENCE_NUMBER = "sequence-number"


class AuditConflictError(RuntimeError):
    """Another change stands under this version of the order; neither is overwritten."""


class Bucket(Protocol):
    """What the store needs of an S3 client."""

    def put_object(self, **request: Unpack[PutObjectRequestTypeDef]) -> PutObjectOutputTypeDef: ...

    def head_object(self, **request: Unpack[HeadObjectRequestTypeDef]) -> HeadObjectOutputTypeDef: ...


@dataclass(frozen=True, slots=True)
class AuditStore:
    """Lines by order and version."""

    bucket_name: str
    bucket: Bucket
    backoff: Backoff = field(default_factory=Backoff)

    def write(self, line: Line, seconds_left: SecondsLeft) -> bool:
        """True if it is written now, False if it stood already."""
        return persist(lambda: self._write(line), self.backoff, seconds_left)

    def _write(self, line: Line) -> bool:
        try:
            answer = self.bucket.put_object(
                Bucket=self.bucket_name,
                Key=line.key,
                Body=line.content,
                ContentType="application/json",
                Metadata={SEQUENCE_NUMBER: line.sequence_number},
                IfNoneMatch="*",
            )
        except ClientError as error:
            if error_name(error) != "PreconditionFailed":
                raise
            self._refuse_another(line)
            return False
        proof(answer, "ETag")
        return True

    def _refuse_another(self, line: Line) -> None:
        answer: Any = self.bucket.head_object(Bucket=self.bucket_name, Key=line.key)
        standing = proof(answer, "Metadata").get(SEQUENCE_NUMBER)
        if standing != line.sequence_number:
            raise AuditConflictError(
                f"a version of an order must be one change; {line.key} holds change {standing} and may not become "
                f"{line.sequence_number}; look who wrote that order, versions are written by domain.order"
            )
