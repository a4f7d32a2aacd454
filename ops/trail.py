"""The audit trail of orders, looked through for versions that it lacks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Unpack

from domain.audit import FOLDER, gaps

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import ListObjectsV2OutputTypeDef, ListObjectsV2RequestTypeDef


class Bucket(Protocol):
    """What is needed of an S3 client."""

    def list_objects_v2(self, **request: Unpack[ListObjectsV2RequestTypeDef]) -> ListObjectsV2OutputTypeDef: ...


@dataclass(frozen=True, slots=True)
class Trail:
    """How many versions there are, and which are missing below the last one of each order."""

    versions: int
    missing: Mapping[str, list[int]]


def read(bucket: Bucket, name: str) -> Trail:
    """The whole trail; a version that is on its way just now is missing as well."""
    found = list(keys(bucket, name))
    return Trail(len(found), gaps(found))


def keys(bucket: Bucket, name: str) -> Iterator[str]:
    """Every key of the trail, page by page."""
    request: ListObjectsV2RequestTypeDef = {"Bucket": name, "Prefix": FOLDER}
    while True:
        answer = bucket.list_objects_v2(**request)
        yield from (one["Key"] for one in answer.get("Contents", []))
        if "NextContinuationToken" not in answer:
            return
        request["ContinuationToken"] = answer["NextContinuationToken"]


def as_text(trail: Trail) -> str:
    """One line for each order with a gap, then what there is in all."""
    lines = [f"{order}  lacks {', '.join(map(str, versions))}" for order, versions in sorted(trail.missing.items())]
    return "\n".join([*lines, f"{trail.versions} versions, {len(trail.missing)} orders with gaps"])


def as_json(trail: Trail) -> str:
    """One object for each order with a gap; nothing where there is none."""
    return "\n".join(
        json.dumps({"orderId": order, "missing": versions}) for order, versions in sorted(trail.missing.items())
    )
