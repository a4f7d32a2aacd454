"""Scenes made with boto3: one function with its role, things it is mapped to, and a state that says how.

The state is what `terraform show -json` would print: some settings are dropped by the emulator, never by a state.
"""

from __future__ import annotations

import io
import json
import time
import zipfile
from base64 import b64decode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from local.endpoint import REGION, Endpoint
from local.engine.live import Engine, Habits, running_engine
from local.engine.live.terraform_state import KIND, PLAIN
from tests.flows.engine import functions

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
PATIENCE_SECONDS = 30.0
QUICK = Habits(refresh_seconds=1.0, poll_seconds=0.1, metric_seconds=1.0, drain_seconds=10.0)


class Scene:
    def __init__(self, endpoint: Endpoint, folder: Path) -> None:
        self.endpoint = endpoint
        self.folder = folder
        self.name = f"scene-{uuid4().hex[:8]}"
        self.seen_path = folder / "seen.jsonl"
        self.home = folder / "engine"
        self.told: list[str] = []
        self.by_engine: list[dict[str, Any]] | None = None
        self.declared: list[dict[str, Any]] = []
        self.uuids: list[str] = []
        self.account = str(self.client("sts").get_caller_identity()["Account"])
        self.stream_arn = self.arn("kinesis", f"stream/{self.name}")
        self.function_arn = self.arn("lambda", f"function:{self.name}")

    def client(self, service: str) -> Any:
        return self.endpoint.client(service)

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{REGION}:{self.account}:{resource}"

    # what there is

    def function(self, behaviour: Callable[..., Any], *statements: tuple[list[str], str], timeout: int = 10) -> None:
        """Deploys one of tests/flows/engine/functions.py with a role that may do just this."""
        self.client("iam").create_role(RoleName=self.name, AssumeRolePolicyDocument=json.dumps(TRUST))
        granted = [{"Effect": "Allow", "Action": actions, "Resource": arn} for actions, arn in statements]
        if granted:
            policy = json.dumps({"Version": "2012-10-17", "Statement": granted})
            self.client("iam").put_role_policy(RoleName=self.name, PolicyName="scene", PolicyDocument=policy)
        self.deploy(behaviour, timeout)

    def deploy(self, behaviour: Callable[..., Any], timeout: int = 10) -> None:
        """The function alone, for the role that is there."""
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w") as archive:
            archive.writestr("functions.py", Path(functions.__file__).read_text())
        self.client("lambda").create_function(
            FunctionName=self.name,
            Runtime="python3.13",
            Role=self.role_arn,
            Handler=f"functions.{behaviour.__name__}",
            Timeout=timeout,
            Code={"ZipFile": package.getvalue()},
            Environment={"Variables": {"SEEN": str(self.seen_path)}},
        )

    @property
    def role_arn(self) -> str:
        return f"arn:aws:iam::{self.account}:role/{self.name}"

    @property
    def reads_stream(self) -> tuple[list[str], str]:
        calls = ["DescribeStreamSummary", "GetRecords", "GetShardIterator", "ListShards"]
        return [f"kinesis:{call}" for call in calls], self.stream_arn

    def stream(self, shards: int = 1, kinesis: Any = None) -> str:
        kinesis = kinesis or self.client("kinesis")
        kinesis.create_stream(StreamName=self.name, ShardCount=shards)
        kinesis.get_waiter("stream_exists").wait(StreamName=self.name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
        return self.stream_arn

    @property
    def reads_table(self) -> tuple[list[str], str]:
        calls = ["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"]
        return [f"dynamodb:{call}" for call in calls], self.arn("dynamodb", f"table/{self.name}/stream/*")

    def table(self) -> str:
        """The ARN of its change stream."""
        created = self.client("dynamodb").create_table(
            TableName=self.name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        return str(created["TableDescription"]["LatestStreamArn"])

    def put(self, *values: Any, key: str = "key", kinesis: Any = None) -> list[str]:
        """Records with these JSON values; their sequence numbers."""
        records = [{"PartitionKey": key, "Data": json.dumps(value).encode()} for value in values]
        answer = (kinesis or self.client("kinesis")).put_records(StreamName=self.name, Records=records)
        return [record["SequenceNumber"] for record in answer["Records"]]

    def map(self, source_arn: str, **settings: Any) -> str:
        """Creates a mapping and declares it; the state keeps every setting."""
        fields = {"EventSourceArn": source_arn, "FunctionName": self.name, **settings}
        if ":sqs:" not in source_arn:
            fields.setdefault("StartingPosition", "TRIM_HORIZON")
        created = self.client("lambda").create_event_source_mapping(**fields)
        self.uuids.append(created["UUID"])
        self.declared.append({**fields, "UUID": created["UUID"], "FunctionArn": self.function_arn})
        return str(created["UUID"])

    def state(self) -> Path:
        """The declared mappings as `terraform show -json` prints them."""
        resources = [
            {"address": f"{KIND}.m{n}", "mode": "managed", "type": KIND, "values": _attributes(fields)}
            for n, fields in enumerate(self.declared)
        ]
        path = self.folder / "state.json"
        path.write_text(json.dumps({"format_version": "1.0", "values": {"root_module": {"resources": resources}}}))
        return path

    # what happens

    @contextmanager
    def engine(self, **more: Any) -> Iterator[Engine]:
        options = {"home": self.home, "habits": QUICK, "tell": self.told.append, **more}
        self.by_engine = None
        with running_engine(self.endpoint.url, self.state(), **options) as engine:
            yield engine
            # Given back, the emulator's poller begins where it stood itself and delivers everything once more.
            self.by_engine = self.seen()

    def seen(self) -> list[dict[str, Any]]:
        """The events the function was called with, in order, until the engine ended."""
        if self.by_engine is not None:
            return self.by_engine
        if not self.seen_path.exists():
            return []
        return [json.loads(line) for line in self.seen_path.read_text().splitlines()]

    def values(self) -> list[list[Any]]:
        return [values_of(event) for event in self.seen()]

    def poller_state(self, uuid: str) -> str:
        return str(self.client("lambda").get_event_source_mapping(UUID=uuid)["State"])

    def clear(self) -> None:
        for uuid in self.uuids:
            self.client("lambda").delete_event_source_mapping(UUID=uuid)


def values_of(event: dict[str, Any]) -> list[Any]:
    """The JSON values of an event's Kinesis records."""
    return [json.loads(b64decode(record["kinesis"]["data"])) for record in event["Records"]]


def eventually(condition: Callable[[], Any], what: str, seconds: float = PATIENCE_SECONDS) -> Any:
    """What `condition` comes to as soon as it is true of anything."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError(f"{what}: not within {seconds:.0f} s")


def flat(lists: Sequence[Sequence[Any]]) -> list[Any]:
    return [each for inner in lists for each in inner]


def _attributes(fields: dict[str, Any]) -> dict[str, Any]:
    attributes = {key: fields[name] for key, name in PLAIN.items() if name in fields}
    failure = fields.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
    if failure:
        attributes["destination_config"] = [{"on_failure": [{"destination_arn": failure}]}]
    if metrics := fields.get("MetricsConfig"):
        attributes["metrics_config"] = [{"metrics": metrics["Metrics"]}]
    return attributes
