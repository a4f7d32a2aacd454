"""Batches that AWS accepts in part: how each operation lists its entries and reports the refused ones.

PutRecords, PutEvents, PutRecordBatch   answers by position, and a count of failures
SendMessageBatch and its like (SQS)     answers by the entries' Ids, in two lists
BatchWriteItem, BatchGetItem            gives the refused requests back, by table
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Protocol

from local.aws_call import Call
from local.faults import known_batches

Document = dict[str, Any]


class Batch(Protocol):
    """A request of many entries, each of which AWS may accept or refuse by itself."""

    @property
    def size(self) -> int: ...

    def without(self, refused: Collection[int]) -> Document:
        """The request with only the accepted entries."""

    def answer(self, accepted: Document, refused: Collection[int]) -> Document:
        """AWS's answer to the whole request, given its answer to the accepted entries ({} when there were none)."""


@dataclass(frozen=True, slots=True)
class Positional:
    """Results stand in the order of the entries."""

    request: Document
    entries: str
    results: str
    failures: str
    code: str

    @property
    def size(self) -> int:
        return len(self.request[self.entries])

    def without(self, refused: Collection[int]) -> Document:
        return {**self.request, self.entries: _rest(self.request[self.entries], refused)}

    def answer(self, accepted: Document, refused: Collection[int]) -> Document:
        failure = {"ErrorCode": self.code, "ErrorMessage": "Rate exceeded."}
        upstream = iter(accepted.get(self.results, []))
        results = [failure if index in refused else next(upstream) for index in range(self.size)]
        return {**accepted, self.results: results, self.failures: accepted.get(self.failures, 0) + len(refused)}


@dataclass(frozen=True, slots=True)
class Identified:
    """SQS: results carry the Ids of their entries."""

    request: Document

    @property
    def size(self) -> int:
        return len(self.request["Entries"])

    def without(self, refused: Collection[int]) -> Document:
        return {**self.request, "Entries": _rest(self.request["Entries"], refused)}

    def answer(self, accepted: Document, refused: Collection[int]) -> Document:
        failed = [
            {"Id": entry["Id"], "SenderFault": False, "Code": "InternalError", "Message": "Please try again."}
            for index, entry in enumerate(self.request["Entries"])
            if index in refused
        ]
        return {"Successful": accepted.get("Successful", []), "Failed": [*accepted.get("Failed", []), *failed]}


@dataclass(frozen=True, slots=True)
class Writes:
    """BatchWriteItem: requests by table; refused ones come back as UnprocessedItems."""

    request: Document

    @property
    def size(self) -> int:
        return sum(map(len, self.request["RequestItems"].values()))

    def without(self, refused: Collection[int]) -> Document:
        return {**self.request, "RequestItems": self._choose(refused, chosen=False)}

    def answer(self, accepted: Document, refused: Collection[int]) -> Document:
        unprocessed = dict(accepted.get("UnprocessedItems", {}))
        for table, requests in self._choose(refused, chosen=True).items():
            unprocessed[table] = [*unprocessed.get(table, []), *requests]
        return {**accepted, "UnprocessedItems": unprocessed}

    def _choose(self, refused: Collection[int], *, chosen: bool) -> Document:
        tables: dict[str, list[Document]] = {}
        for index, (table, request) in enumerate(_flat(self.request["RequestItems"])):
            if (index in refused) == chosen:
                tables.setdefault(table, []).append(request)
        return tables


@dataclass(frozen=True, slots=True)
class Reads:
    """BatchGetItem: keys by table; refused ones come back as UnprocessedKeys."""

    request: Document

    @property
    def size(self) -> int:
        return sum(len(table["Keys"]) for table in self.request["RequestItems"].values())

    def without(self, refused: Collection[int]) -> Document:
        return {**self.request, "RequestItems": self._choose(refused, chosen=False)}

    def answer(self, accepted: Document, refused: Collection[int]) -> Document:
        unprocessed = dict(accepted.get("UnprocessedKeys", {}))
        for table, request in self._choose(refused, chosen=True).items():
            keys = [*unprocessed.get(table, {}).get("Keys", []), *request["Keys"]]
            unprocessed[table] = {**request, "Keys": keys}
        return {"Responses": {}, **accepted, "UnprocessedKeys": unprocessed}

    def _choose(self, refused: Collection[int], *, chosen: bool) -> Document:
        items = self.request["RequestItems"]
        tables: dict[str, Document] = {}
        for index, (table, key) in enumerate(_flat({name: table["Keys"] for name, table in items.items()})):
            if (index in refused) == chosen:
                tables.setdefault(table, {**items[table], "Keys": []})["Keys"].append(key)
        return tables


def batch_of(call: Call, request: Document) -> Batch:
    """The request of a divisible call as a batch."""
    if call.service == "sqs":
        return Identified(request)
    match call.service, call.operation:
        case "dynamodb", "BatchWriteItem":
            return Writes(request)
        case "dynamodb", "BatchGetItem":
            return Reads(request)
        case "kinesis", "PutRecords":
            code = "ProvisionedThroughputExceededException"
            return Positional(request, "Records", "Records", "FailedRecordCount", code)
        case "events", "PutEvents":
            return Positional(request, "Entries", "Entries", "FailedEntryCount", "ThrottlingException")
        case "firehose", "PutRecordBatch":
            code = "ServiceUnavailableException"
            return Positional(request, "Records", "RequestResponses", "FailedPutCount", code)
    raise ValueError(f"{call.service} {call.operation} is no batch that AWS answers in part. {known_batches()}")


def _rest(entries: list[Document], refused: Collection[int]) -> list[Document]:
    return [entry for index, entry in enumerate(entries) if index not in refused]


def _flat(tables: dict[str, list[Document]]) -> list[tuple[str, Document]]:
    return [(table, entry) for table, entries in tables.items() for entry in entries]
