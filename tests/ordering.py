"""An order_pipeline with everything around it in memory, and what stock and money must come to.

orders table ──changes──> pipeline ──> gateway, carrier
     ^                     │    ^
     └──── next version ───┘    └── retry queue
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import uuid4

from aws_lambda_powertools.logging import Logger

from domain.order import Line, NewOrder, Order, Status, image, order_of, placed
from local.engine import QueueMessage, TableChange, Timeline, simulate
from local.engine.function import Context
from local.engine.queue import QueueSettings
from order_pipeline.handler import Worker, settle
from order_pipeline.partners import BuiltIn, ParcelCarrier, Partner, PaymentGateway
from order_pipeline.sink import RetryQueue
from order_pipeline.steps import Pipeline
from order_pipeline.store import OrderStore
from streamkit.attributes import attributes
from streamkit.breaker import Numbers
from streamkit.breaker_store import Breaker, Tally
from streamkit.changes import item
from streamkit.https import Address
from tests.doubles import Fate, ManualClock, ManualContext, MemoryQueue, full_waits
from tests.memory_dynamodb import Failing, MemoryDynamoDB, Written
from tests.partners import MemoryPartner

STREAM = "arn:aws:dynamodb:us-east-1:123456789012:table/orders/stream/2024-05-01T00:00:00.000"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:retries"
NOON = 1714564800.0  # 2024-05-01T12:00:00Z
PLACED = "20240501120000000"  # noon, as partners know the orders that were placed then
KEYS = {"orders": ("id",), "stock": ("sku",), "breakers": ("name",)}
NUMBERS = Numbers(failures=3, window_seconds=60, rest_seconds=10, longest_rest_seconds=40, lease_seconds=20)
ADDRESS = Address(secure=True, host="partner.example", port=443, path="")


class RacedDynamoDB(MemoryDynamoDB):
    """In front of any call something else may happen first."""

    def __init__(self, script: Iterable[Failing | None] = ()) -> None:
        super().__init__(script, KEYS)
        self.meanwhile: Callable[[], None] = lambda: None

    def _called(self, operation: str, do: Callable[[], Any]) -> Any:
        self.meanwhile()
        return super()._called(operation, do)


class World:
    """One function with its tables, partners and retry queue; faults until `calm`."""

    def __init__(
        self,
        tables: Iterable[Failing | None] = (),
        queue: Iterable[Fate] = (),
        crashes: Iterable[bool] = (),
        gateway: MemoryPartner | None = None,
        carrier: MemoryPartner | None = None,
        order_days: int | None = None,
        timeout_seconds: float = 15.7,  # 0.2 s for steps and repetitions
        numbers: Numbers = NUMBERS,
    ) -> None:
        self.tables = RacedDynamoDB(tables)
        self.queue = MemoryQueue(queue)
        self.crashes = iter(crashes)
        self.has_gateway, self.has_carrier = gateway is not None, carrier is not None
        self.gateway, self.carrier = gateway or MemoryPartner(), carrier or MemoryPartner()
        self.order_days, self.timeout_seconds, self.numbers = order_days, timeout_seconds, numbers
        self.clock = ManualClock(NOON)
        self.lines = io.StringIO()
        self.log = Logger(service=f"ordering_{uuid4()}", stream=self.lines)
        self.names = map(str, count(1))
        self.history: list[Written] = []
        self.tally = Tally()
        self.invocation = ManualClock()
        self.breakers = {name: self.breaker(name) for name in ("payment", "carrier")}

    def calm(self) -> None:
        self.tables.script = iter(())
        self.tables.meanwhile = lambda: None
        self.queue.script = iter(())
        self.crashes = iter(())
        for partner in (self.gateway, self.carrier):
            partner.fortune = iter(())

    # the shop

    def stock(self, **available: int) -> None:
        """So many of each sku, at 250 cents."""
        for sku, units in available.items():
            row = {"sku": sku, "priceCents": 250, "available": units}
            self.tables.tables["stock"][sku] = dict(attributes(row))

    def place(self, order_id: str, *lines: tuple[str, int, int]) -> Order:
        """An order of (sku, quantity, price), as the API puts it."""
        new = NewOrder("c-1", tuple(Line(*line) for line in lines))
        order = placed(new, order_id, datetime.fromtimestamp(self.clock.now, UTC), f"corr-{order_id}")
        self.put(order)
        return order

    def put(self, order: Order) -> None:
        script, self.tables.script = self.tables.script, iter(())
        meanwhile, self.tables.meanwhile = self.tables.meanwhile, lambda: None
        self.tables.put_item(TableName="orders", Item=attributes(image(order)))
        self.tables.script, self.tables.meanwhile = script, meanwhile

    # the function

    def breaker(self, name: str) -> Breaker:
        return Breaker(
            name,
            "breakers",
            self.tables,
            self.numbers,
            clock=lambda: self.clock.now,
            make_name=lambda: next(self.names),
            tally=self.tally,
        )

    def worker(self, clock: ManualClock) -> Worker:
        waits = full_waits(clock)
        gateway = Partner(ADDRESS, 5.0, self.breakers["payment"], self.gateway.post)
        carrier = Partner(ADDRESS, 5.0, self.breakers["carrier"], self.carrier.post)
        return Worker(
            Pipeline(
                OrderStore("orders", "stock", self.tables, waits),
                PaymentGateway(gateway) if self.has_gateway else BuiltIn(),
                ParcelCarrier(carrier) if self.has_carrier else BuiltIn(),
                lambda: datetime.fromtimestamp(self.clock.now, UTC),
                self.order_days,
            ),
            RetryQueue("https://queue", self.queue, waits),
            self.tally,
            self.log,
            partner_seconds=5.0,
        )

    def __call__(self, event: dict[str, Any], engine: Context | None = None) -> dict[str, Any]:
        """An invocation when the engine makes it, or a second after the one before."""
        self.clock.now = max(self.clock.now, engine.began) if engine else self.clock.now + 1.0
        self.invocation = ManualClock()
        answer = settle(event, ManualContext(self.invocation, self.timeout_seconds), self.worker(self.invocation))
        if next(self.crashes, False):
            raise RuntimeError("the answer is lost")
        return answer

    # what drives it

    def changes(self) -> list[Written]:
        """The changes of orders that the stream has yet to deliver, which it does once."""
        new = [one for one in self.tables.changes if one.table == "orders"]
        self.tables.changes.clear()
        self.history += new
        return new

    def stream(self, changes: Iterable[Written], **settings: Any) -> Timeline:
        """Deliver changes through the mapping of the table's stream, on two shards."""
        return simulate(
            {
                "EventSourceArn": STREAM,
                "StartingPosition": "TRIM_HORIZON",
                "BisectBatchOnFunctionError": True,
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                "DestinationConfig": {"OnFailure": {"Destination": "arn:aws:s3:::failures"}},
                "MaximumRecordAgeInSeconds": 21_600,
                **settings,
            },
            [change(written, self.clock.now) for written in changes],
            self,
        )

    def messages(self, bodies: Iterable[str]) -> Timeline:
        """Deliver messages through the mapping of the retry queue."""
        return simulate(
            {"EventSourceArn": QUEUE, "FunctionResponseTypes": ["ReportBatchItemFailures"]},
            [QueueMessage(body, sent=self.clock.now) for body in bodies],
            self,
            queue=QueueSettings(visibility_seconds=360.0, max_receive_count=3),
        )

    def waiting(self) -> list[str]:
        """The messages in the retry queue, which it delivers once."""
        bodies = list(self.queue.bodies)
        self.queue.bodies.clear()
        self.queue.delays.clear()
        return bodies

    def finish(self) -> None:
        """Deliver all there is, until there is nothing more."""
        for _ in range(100):
            changes, bodies = self.changes(), self.waiting()
            if not changes and not bodies:
                return
            self.stream(changes)
            self.messages(bodies)
            self.clock.now += 60.0
        raise AssertionError("the orders go round and round")

    # what stands

    def order(self, order_id: str) -> Order:
        return order_of(item(self.tables.tables["orders"][order_id]))

    def orders(self) -> list[Order]:
        return [order_of(item(one)) for one in self.tables.tables["orders"].values()]

    def available(self) -> dict[str, int]:
        stock = self.tables.tables["stock"].items()
        return {sku: int(row["available"]["N"]) for sku, row in stock if not sku.startswith("reservation#")}

    def reservations(self) -> list[str]:
        return [sku for sku in self.tables.tables["stock"] if sku.startswith("reservation#")]

    def statuses(self, order_id: str) -> list[str]:
        return [str(stage.status) for stage in self.order(order_id).history]

    def logged(self, message: str) -> list[dict[str, Any]]:
        lines = map(json.loads, self.lines.getvalue().splitlines())
        return [line for line in lines if line["message"] == message]


def shipped(orders: Iterable[Order]) -> tuple[Counter[str], int]:
    """Units by sku, and cents, of what has left the house."""
    units: Counter[str] = Counter()
    cents = 0
    for order in orders:
        if order.status is Status.SHIPPED:
            units.update({line.sku: 0 for line in order.items})
            for line in order.items:
                units[line.sku] += line.quantity
            cents += order.total_cents
    return units, cents


def change(written: Written, created: float) -> TableChange:
    name = "INSERT" if written.before is None else "REMOVE" if written.after is None else "MODIFY"
    shard = f"shardId-{sum(written.key['id']['S'].encode()) % 2:012d}"
    return TableChange(shard, name, written.key, written.after, written.before, created=created)


LINE = ("apple", 2, 250)
STAGES = ["PLACED", "VALIDATED", "PAID", "RESERVED", "SHIPPED"]


def world(*tables, gateway=None, carrier=None, apples=10, **settings):
    made = World(tables, gateway=gateway, carrier=carrier, **settings)
    made.stock(apple=apples, pear=10)
    return made


def everyone_refuses(body):
    return True


def sqs(*bodies):
    return {
        "Records": [
            {
                "eventSource": "aws:sqs",
                "messageId": f"m-{number}",
                "body": body if isinstance(body, str) else json.dumps(body),
            }
            for number, body in enumerate(bodies)
        ]
    }


def stream_event(*written, identity=None):
    """An event of the table's stream, in the shape of AWS."""
    records = []
    for number, one in enumerate(written):
        name = "INSERT" if one.before is None else "REMOVE" if one.after is None else "MODIFY"
        images = {"OldImage": one.before, "NewImage": one.after}
        record = {
            "eventID": str(number),
            "eventName": name,
            "eventSource": "aws:dynamodb",
            "dynamodb": {
                "ApproximateCreationDateTime": 1714564800,
                "Keys": one.key,
                "SequenceNumber": str(100 + number),
                **{kind: image for kind, image in images.items() if image is not None},
            },
        }
        records.append(record | ({"userIdentity": identity} if identity else {}))
    return {"Records": records}


def placing(made, *ids):
    """The changes that placing orders leaves in the stream."""
    for order_id in ids:
        made.place(order_id, LINE)
    return made.changes()


def brought_to(made, status, order_id="o-1"):
    """The change that brought the order to `status`, undelivered, in a world where all went well until then."""
    changes = placing(made, order_id)
    while changes[-1].after["status"]["S"] != status:
        made(stream_event(*changes))
        changes = made.changes()
    return changes
