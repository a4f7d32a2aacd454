"""boto3 clients for one endpoint: as the given identity, or as a function's own role.

An address of one service (AWS_ENDPOINT_URL_KINESIS, say) wins over the endpoint, as it does everywhere in boto3.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.credentials import RefreshableCredentials
from botocore.session import get_session
from botocore.utils import parse_timestamp

from local.engine.live.troubles import answer_to

SESSION_NAME = "sluice-engine"
DEFAULT_REGION = "us-east-1"
READ_SECONDS = 30.0  # longer than any call but Invoke takes; a long poll of a queue included
CONNECTIONS = 40

AMAZON = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws")


class EndpointError(ValueError):
    """An address this engine must not, or cannot, talk to."""


def quick_session() -> Any:
    """Without the developer's profile, and quick at pages of ten thousand records: at their time stamps, and where
    they are Kinesis's, past botocore's parser, which takes twice as long as everything else that is done with them."""
    session = get_session({"profile": (None, None, None, None)})
    session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=_timestamp)
    session.register("before-parse.kinesis.GetRecords", _leave_records_as_they_are)
    return session


def _leave_records_as_they_are(**parsing: Any) -> None:
    """A page's records as JSON has them: data in base64, time stamps in seconds."""
    response = parsing["response_dict"]
    if response["status_code"] != 200 or "json" not in response["headers"].get("Content-Type", "").lower():
        return
    try:
        page = json.loads(response["body"])
    except (ValueError, RecursionError):
        return  # the parser says it
    if isinstance(page, dict) and isinstance(page.get("Records"), list):
        parsing["customized_response_dict"]["Records"] = page.pop("Records")
        response["body"] = json.dumps(page).encode()


def _timestamp(value: Any) -> datetime:
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    return parse_timestamp(value)


def checked(url: str) -> str:
    """The endpoint without a trailing slash; AWS itself is refused: there the real pollers do this work."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or not _has_a_port(url):
        raise EndpointError(f'--endpoint must look like http://127.0.0.1:4566; got "{url}"')
    if parts.hostname.endswith(AMAZON):
        raise EndpointError(f'--endpoint must not be AWS itself, whose mappings need no engine; got "{url}"')
    return url.rstrip("/")


def _has_a_port(url: str) -> bool:
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


class Clients:
    """Made when first asked for and kept; safe to ask from several threads."""

    def __init__(self, endpoint: str, environment: Mapping[str, str] = os.environ) -> None:
        self.endpoint = checked(endpoint)
        self.environment = environment
        core = quick_session()
        core.set_credentials(
            environment.get("AWS_ACCESS_KEY_ID", "test"),
            environment.get("AWS_SECRET_ACCESS_KEY", "test"),
            environment.get("AWS_SESSION_TOKEN"),
        )
        self.given = boto3.Session(botocore_session=core)
        self.region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or DEFAULT_REGION
        self._lock = Lock()
        self._sessions: dict[str, boto3.Session] = {}
        self._clients: dict[tuple[object, ...], Any] = {}

    def client(
        self, service: str, region: str | None = None, role: str | None = None, read_seconds: float = READ_SECONDS
    ) -> Any:
        """A client that never retries by itself: whoever calls decides what a failed call means."""
        key = (service, region, role, read_seconds)
        with self._lock:
            if key not in self._clients:
                session = self.given if role is None else self._session_of(role)
                self._clients[key] = session.client(  # type: ignore[call-overload]
                    service,
                    region_name=region or self.region,
                    endpoint_url=self._address(service),
                    config=Config(
                        retries={"total_max_attempts": 1},
                        connect_timeout=3,
                        read_timeout=read_seconds,
                        max_pool_connections=CONNECTIONS,
                        inject_host_prefix=False,
                        s3={"addressing_style": "path"},
                    ),
                )
            return self._clients[key]

    def forget(self, role: str) -> None:
        """The endpoint no longer knows the role's credentials: the next client assumes it anew."""
        with self._lock:
            self._sessions.pop(role, None)
            self._clients = {key: client for key, client in self._clients.items() if key[2] != role}

    def _address(self, service: str) -> str | None:
        name = {"lambda": "LAMBDA", "dynamodbstreams": "DYNAMODB_STREAMS"}.get(service, service.upper())
        return None if self.environment.get(f"AWS_ENDPOINT_URL_{name}") else self.endpoint

    def _session_of(self, role: str) -> boto3.Session:
        if role not in self._sessions:
            sts = self.given.client(
                "sts",
                region_name=self.region,
                endpoint_url=self._address("sts"),
                config=Config(retries={"total_max_attempts": 1}, connect_timeout=3, read_timeout=READ_SECONDS),
            )

            def assume() -> dict[str, str]:
                answer = sts.assume_role(RoleArn=role, RoleSessionName=SESSION_NAME)
                with answer_to("AssumeRole"):
                    granted = answer["Credentials"]
                    return {
                        "access_key": granted["AccessKeyId"],
                        "secret_key": granted["SecretAccessKey"],
                        "token": granted["SessionToken"],
                        "expiry_time": granted["Expiration"].isoformat(),
                    }

            core = quick_session()
            core._credentials = RefreshableCredentials.create_from_metadata(
                metadata=assume(), refresh_using=assume, method="sts-assume-role"
            )
            self._sessions[role] = boto3.Session(botocore_session=core)
        return self._sessions[role]
