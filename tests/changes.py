"""What the stream of a table sends: plain items on the wire, records, events."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

Item = Mapping[str, Any]

TABLE_STREAM = "arn:aws:dynamodb:us-east-1:111111111111:table/orders/stream/2026-11-21T00:00:00.000"


def wire(plain: Any) -> dict[str, Any]:
    """A plain value as Lambda sends it."""
    match plain:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": plain}
        case int():
            return {"N": str(plain)}
        case str():
            return {"S": plain}
        case bytes():
            return {"B": base64.b64encode(plain).decode()}
        case list():
            return {"L": [wire(one) for one in plain]}
        case dict():
            return {"M": {name: wire(one) for name, one in plain.items()}}
    raise TypeError(f"a test sends plain values only; got {plain!r}")


def wire_item(item: Item) -> dict[str, Any]:
    return {name: wire(one) for name, one in item.items()}


def change_record(
    event_name: str,
    before: Item | None,
    after: Item | None,
    *,
    sequence_number: int = 1,
    created: float = 1763683500.0,
    expired: bool = False,
    key: str = "id",
) -> dict[str, Any]:
    """One record of a table's stream with both images."""
    images = {"NewImage": after, "OldImage": before}
    one = after if after is not None else before
    assert one is not None
    identity = {"userIdentity": {"type": "Service", "principalId": "dynamodb.amazonaws.com"}} if expired else {}
    return {
        "eventID": f"{sequence_number:032x}",
        "eventName": event_name,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "ApproximateCreationDateTime": created,
            "Keys": wire_item({key: one[key]}),
            **{name: wire_item(image) for name, image in images.items() if image is not None},
            "SequenceNumber": str(sequence_number),
            "SizeBytes": 1,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
        **identity,
        "eventSourceARN": TABLE_STREAM,
    }


def change_event(*records: Mapping[str, Any]) -> dict[str, Any]:
    return {"Records": list(records)}
