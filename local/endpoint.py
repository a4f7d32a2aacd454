"""What answers on the edge address: its address, its kind, what it can do, and clients for it.

The address comes from AWS_ENDPOINT_URL, else LOCALSTACK_HOST, else it is http://127.0.0.1:4566; always 127.0.0.1,
never `localhost`, which may resolve to an address nobody listens on.
"""

from __future__ import annotations

import ipaddress
import json
import os
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError
from localstack_client import config as localstack

Kind = Literal["ministack", "localstack", "unknown"]

REGION = "us-east-1"
ROOT_CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}

# Neither the developer's profile nor the way out through a proxy has anything to do with an AWS on this machine.
NO_PROFILE = {"profile": (None, None, None, None), "config_file": (None, None, os.devnull, None)}
CONFIG = Config(proxies={}, s3={"addressing_style": "path"}, inject_host_prefix=False)
IMPATIENT = Config(
    proxies={}, connect_timeout=2, read_timeout=10, retries={"max_attempts": 0}, inject_host_prefix=False
)

TRUST_ANYONE = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
}


class AddressError(ValueError):
    """The edge address is not one this project may talk to."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the local AWS is, or would be."""

    scheme: str
    host: str
    port: int

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    @property
    def loopback(self) -> bool:
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An AWS that answers; `ours` when `python -m local up` or `running()` of this checkout started it."""

    url: str
    kind: Kind
    version: str
    ours: bool
    services: frozenset[str] = frozenset()  # as its health page lists them; empty when it has none

    def client(self, service: str, credentials: Mapping[str, str] = ROOT_CREDENTIALS) -> Any:
        return client(service, self.url, credentials)


@dataclass(frozen=True, slots=True)
class Capability:
    """Whether the endpoint offers something, and what made us think so: the reason of a skipped test."""

    offered: bool
    reason: str

    def __bool__(self) -> bool:
        return self.offered


def address() -> Address:
    """The edge address the environment asks for."""
    return parse(localstack.get_service_endpoint("edge") or "http://127.0.0.1:4566")


def parse(url: str) -> Address:
    """`url` as an address; refused unless it names a host and is not AWS itself."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise AddressError(f'AWS_ENDPOINT_URL must look like http://127.0.0.1:4566; got "{url}".')
    if parts.hostname.endswith(("amazonaws.com", "amazonaws.com.cn", "api.aws")):
        raise AddressError(f'AWS_ENDPOINT_URL must not be AWS itself here; got "{url}". Unset it.')
    port = _port(url)
    host = "127.0.0.1" if parts.hostname == "localhost" else parts.hostname
    return Address(parts.scheme, host, port)


def _port(url: str) -> int:
    parts = urlsplit(url)
    with suppress(ValueError):
        port = {"http": 80, "https": 443}[parts.scheme] if parts.port is None else parts.port
        if port > 0:
            return port
    raise AddressError(f'AWS_ENDPOINT_URL must have a port between 1 and 65535; got "{url}".')


def client(
    service: str,
    url: str,
    credentials: Mapping[str, str] = ROOT_CREDENTIALS,
    region: str = REGION,
    config: Config = CONFIG,
) -> Any:
    """A boto3 client of `url`, root's unless told otherwise, whatever profile or credentials the machine has."""
    session = boto3.Session(botocore_session=botocore.session.Session(session_vars=NO_PROFILE))
    return session.client(service, endpoint_url=url, region_name=region, config=config, **credentials)  # type: ignore[call-overload]


def session_of(granted: Mapping[str, Any]) -> dict[str, str]:
    """The credentials that AssumeRole granted, as a client takes them."""
    return {
        "aws_access_key_id": granted["AccessKeyId"],
        "aws_secret_access_key": granted["SecretAccessKey"],
        "aws_session_token": granted["SessionToken"],
    }


def answers_as_aws(url: str) -> bool:
    """Whether STS knows who root is at `url`; any emulator does, a web server does not."""
    with suppress(BotoCoreError, ClientError, ResponseParserError):
        return bool(client("sts", url, config=IMPATIENT).get_caller_identity().get("Account"))
    return False


class Capabilities:
    """What emulators differ in, each found out when it is first asked for, by trying."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    @cached_property
    def iam_enforced(self) -> Capability:
        return _iam_enforced(self._client)

    @cached_property
    def http_apis(self) -> Capability:
        return _offered("HTTP APIs", lambda: self._client("apigatewayv2").get_apis())

    @cached_property
    def autoscaling(self) -> Capability:
        listed = self._endpoint.services
        if listed and "application-autoscaling" not in listed:  # asking would cost MiniStack ten seconds
            return Capability(offered=False, reason="Application autoscaling: not among the services listed here")
        scaling = self._client("application-autoscaling")
        return _offered(
            "Application autoscaling", lambda: scaling.describe_scalable_targets(ServiceNamespace="dynamodb")
        )

    def _client(self, service: str, credentials: Mapping[str, str] = ROOT_CREDENTIALS) -> Any:
        return client(service, self._endpoint.url, credentials, config=IMPATIENT)


def _offered(what: str, attempt: Callable[[], Mapping[str, Any]]) -> Capability:
    try:
        attempt()
    except (BotoCoreError, ClientError, ResponseParserError) as error:
        return Capability(offered=False, reason=f"{what}: not offered here, {error}")
    return Capability(offered=True, reason=f"{what}: offered")


def _iam_enforced(client_of: Callable[..., Any]) -> Capability:
    """A role that may do nothing tries to list queues."""
    iam = client_of("iam")
    name = f"sluice-probe-{uuid.uuid4().hex[:12]}"
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST_ANYONE))["Role"]["Arn"]
    try:
        granted = client_of("sts").assume_role(RoleArn=role, RoleSessionName="probe")["Credentials"]
        client_of("sqs", session_of(granted)).list_queues()
    except ClientError as error:
        if error.response["Error"]["Code"].startswith("AccessDenied"):
            return Capability(offered=True, reason="a role without permissions was denied")
        raise
    finally:
        iam.delete_role(RoleName=name)
    return Capability(offered=False, reason="IAM is not enforced here: a role without permissions listed queues")
