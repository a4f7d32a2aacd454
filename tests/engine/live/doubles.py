"""Stand-ins of the live engine's tests: threads that are none, an AWS in memory, time that passes when told to."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from typing import Any

from local.engine.entries import KinesisEntry
from local.engine.live.access import Access
from local.engine.live.checkpoints import Checkpoint
from local.engine.live.clients import Clients
from local.engine.live.desk import Desk, Pools
from local.engine.live.invoking import FunctionFacts
from local.engine.live.loop import Loop
from local.engine.live.reading import Page, Position, ShardFacts
from local.engine.live.readings import Readings
from local.engine.live.stream_worker import StreamWorker
from local.engine.live.voice import Voice
from local.engine.mapping import load
from tests.doubles import ManualClock, refused
from tests.engine.doubles import SHARD, mapping

ROLE = "arn:aws:iam::123456789012:role/reader"


class AtOnce(Executor):
    """Does what it is given before `submit` returns."""

    def submit(self, task: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(task(*args, **kwargs))
        except Exception as error:  # noqa: BLE001  a thread pool keeps whatever is raised
            future.set_exception(error)
        return future


class BusyThreads(AtOnce):
    """Does nothing of what it is given before it comes free."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Future[Any], Callable[[], Any]]] = []

    def submit(self, task: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.waiting.append((future, partial(task, *args, **kwargs)))
        return future

    def come_free(self) -> None:
        while self.waiting:
            future, task = self.waiting.pop(0)
            future.set_result(super().submit(task).result())


class MemoryCheckpoints:
    """Checkpoints that outlive an engine, not the test."""

    def __init__(self) -> None:
        self.kept: dict[str, Checkpoint] = {}

    def save(self, _uuid: str, shard_id: str, checkpoint: Checkpoint) -> None:
        self.kept[shard_id] = checkpoint


class MemoryStream:
    """A reader of shards that are lists; an iterator is the place of the next record."""

    def __init__(self) -> None:
        self.records: dict[str, list[KinesisEntry]] = {}
        self.parents: dict[str, tuple[str, ...]] = {}
        self.starts_at = "0"
        self.closed: set[str] = set()
        self.refusals: list[Exception] = []
        self.unlisted: list[Exception] = []
        self.asked: list[Position] = []

    def shard(self, shard_id: str, *parents: str) -> None:
        self.records[shard_id] = []
        self.parents[shard_id] = parents

    def make_again(self) -> None:
        """Deleted and created: shards of the same names, and of other records."""
        self.starts_at += "1"
        self.records = {shard_id: [] for shard_id in self.records}

    def put(self, *numbers: int, shard_id: str = SHARD, arrived: float = 1000.0, key: str = "key") -> None:
        self.records[shard_id] += [KinesisEntry(str(n), key, b"%d" % n, arrived, 0) for n in numbers]

    def shards(self) -> list[ShardFacts]:
        if self.unlisted:
            raise self.unlisted.pop(0)
        return [ShardFacts(shard_id, self.parents[shard_id], starts_at=self.starts_at) for shard_id in self.records]

    def retention_seconds(self) -> float | None:
        return None

    def read(self, stamp: Any, position: Position, iterator: str | None, limit: int) -> Page:
        if self.refusals:
            raise self.refusals.pop(0)
        records = self.records[stamp.shard_id]
        if iterator is None:
            self.asked.append(position)
        at = self._place(records, position) if iterator is None else int(iterator)
        entries = records[at : at + limit]
        ends = stamp.shard_id in self.closed and at + len(entries) == len(records)
        return Page(entries, None if ends else str(at + len(entries)), behind=False, dry=not entries)

    @staticmethod
    def _place(records: list[KinesisEntry], position: Position) -> int:
        match position.kind:
            case "AFTER_SEQUENCE_NUMBER":
                return sum(int(record.sequence_number) <= int(str(position.value)) for record in records)
            case "LATEST":
                return len(records)
            case "AT_TIMESTAMP":
                return sum(record.arrived < float(position.value or 0) for record in records)
            case _:
                return 0


class ScriptedFunctions:
    """A Lambda client. Each answer of the script is returned, or raised; at its end the function returns {}."""

    def __init__(self, *script: Any) -> None:
        self.script = list(script)
        self.events: list[dict[str, Any]] = []

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        self.events.append(json.loads(Payload))
        answer = self.script.pop(0) if self.script else {}
        if isinstance(answer, Exception):
            raise answer
        error = {"FunctionError": "Unhandled"} if answer == "raises" else {}
        return {"Payload": io.BytesIO(json.dumps(answer).encode()), "ExecutedVersion": "$LATEST", **error}

    @property
    def numbers(self) -> list[list[str]]:
        return [[record["kinesis"]["sequenceNumber"] for record in event["Records"]] for event in self.events]


class MemoryDestination:
    """An SQS client with one queue, whose sends a script may refuse."""

    def __init__(self, *refusals: Exception) -> None:
        self.refusals = list(refusals)
        self.records: list[dict[str, Any]] = []

    def get_queue_url(self, **_: str) -> dict[str, str]:
        return {"QueueUrl": "https://sqs/failures"}

    def send_message(self, QueueUrl: str, MessageBody: str) -> None:  # noqa: N803
        if self.refusals:
            raise self.refusals.pop(0)
        self.records.append(json.loads(MessageBody))


class MemoryQueue:
    """An SQS client with one queue; a message stays until it is deleted, and is received once until revealed.

    With groups, a letter for each message, it is a FIFO queue, which offers nothing of a group while a message of it
    is hidden.
    """

    def __init__(self, *bodies: str, groups: str = "") -> None:
        self.groups = {str(n): group for n, group in enumerate(groups)}
        self.messages = {str(n): body for n, body in enumerate(bodies)}
        self.hidden: set[str] = set()
        self.hidden_seconds: set[int] = set()
        self.told: list[str] = []
        self.clock = ManualClock()
        self.ends: Callable[[], None] = lambda: None

    def get_queue_url(self, **_: str) -> dict[str, str]:
        return {"QueueUrl": "https://sqs/orders"}

    def receive_message(self, **request: Any) -> dict[str, Any]:
        held_back = {self.groups.get(name) for name in self.hidden & self.messages.keys()} - {None}
        visible = [name for name in self.messages if name not in self.hidden]
        offered = [name for name in visible if self.groups.get(name) not in held_back][: request["MaxNumberOfMessages"]]
        if not offered:
            self.clock.now += request["WaitTimeSeconds"]
            self.ends()
        self.hidden.update(offered)
        self.hidden_seconds.add(request["VisibilityTimeout"])
        return {
            "Messages": [
                {
                    "MessageId": name,
                    "ReceiptHandle": name,
                    "Body": self.messages[name],
                    "MD5OfBody": "digest",
                    "Attributes": {
                        "SenderId": "AIDA",
                        "ApproximateReceiveCount": "1",
                        "SentTimestamp": "1700000000000",
                        **({"MessageGroupId": self.groups[name]} if self.groups else {}),
                    },
                }
                for name in offered
            ]
        }

    def delete_message_batch(self, Entries: list[dict[str, Any]], **_: str) -> None:  # noqa: N803
        _refuse_more_than_ten(Entries)
        for entry in Entries:
            del self.messages[entry["ReceiptHandle"]]

    def change_message_visibility_batch(self, Entries: list[dict[str, Any]], **_: str) -> None:  # noqa: N803
        _refuse_more_than_ten(Entries)
        self.hidden -= {entry["ReceiptHandle"] for entry in Entries}


def _refuse_more_than_ten(entries: list[dict[str, Any]]) -> None:
    if len(entries) > 10:
        raise refused("AWS.SimpleQueueService.TooManyEntriesInBatchRequest", 400, "SQS")


class MemoryCloudWatch:
    """A CloudWatch client that counted invocations itself, or did not; it refuses data as often as it is told to."""

    def __init__(self, *, emits: bool = False, refusals: int = 0) -> None:
        self.emits = emits
        self.refusals = refusals
        self.names: list[str] = []

    def list_metrics(self, **_: Any) -> dict[str, Any]:
        return {"Metrics": [{}] if self.emits else []}

    def put_metric_data(self, Namespace: str, MetricData: list[dict[str, Any]]) -> None:  # noqa: N803
        self.refusals -= 1
        if self.refusals >= 0:
            raise refused("InternalFailure", 500, "PutMetricData")
        self.names += [datum["MetricName"] for datum in MetricData]


class MemoryClients(Clients):
    """Clients by service; nothing else is there."""

    def __init__(self, **services: Any) -> None:
        self.services = services
        self.roles: list[str | None] = []

    def client(
        self, service: str, region: str | None = None, role: str | None = None, read_seconds: float = 0.0
    ) -> Any:
        self.roles.append(role)
        return self.services[service]

    def forget(self, role: str) -> None:
        self.services.pop("stale", None)


class Stage:
    """One stream mapping at work, in one thread and in time that `pass_time` moves."""

    def __init__(
        self, stream: MemoryStream, functions: ScriptedFunctions, tmp_path: Any, sqs: Any = None, **settings: Any
    ) -> None:
        self.clock = ManualClock(now=2000.0)
        self.stream = stream
        self.functions = functions
        self.loop = Loop(lambda: self.clock.now)
        self.told: list[str] = []
        self.checkpoints = MemoryCheckpoints()
        self.readings = Readings(tmp_path)
        self.settings = {"StartingPosition": "TRIM_HORIZON", "DestinationConfig": None, **settings}
        self.clients = MemoryClients(**{"lambda": functions, "sqs": sqs})
        self.worker = self.start()

    def start(self) -> StreamWorker:
        """A worker that knows what is on disk, as after a kill."""
        loaded, clients = load(mapping(**self.settings)), self.clients
        at_once = AtOnce()
        desk = Desk(
            loaded,
            FunctionFacts(loaded.function, ROLE, 3.0),
            Access(clients, loaded.source, ROLE, self.told.append),
            clients,
            self.loop,
            Pools(at_once, at_once, at_once),
            self.checkpoints,  # type: ignore[arg-type]
            self.readings,
            Voice(self.told.append),
        )
        self.worker = StreamWorker(desk, self.stream, dict(self.checkpoints.kept))
        self.worker.start()
        self.loop.catch_up()
        return self.worker

    def pass_time(self, seconds: float, step: float = 0.25) -> None:
        end = self.clock.now + seconds
        while self.clock.now < end:
            self.clock.now += step
            self.loop.catch_up()

    def kill(self) -> None:
        """Nothing more happens of what was planned, as after kill -9."""
        self.worker.desk.stopping = True
        self.loop.agenda._heap.clear()


def throttled_by_lambda() -> Exception:
    return refused("TooManyRequestsException", 429, "Invoke")


def failed_by_service() -> Exception:
    return refused("ServiceException", 500, "Invoke")
