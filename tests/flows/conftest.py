"""The dev environment, applied once to the local AWS for all flow tests; destroyed at the end, and looked for."""

from __future__ import annotations

import os

import pytest

from local.emulator import running
from local.endpoint import REGION, ROOT, Capabilities
from local.fault_proxy import FaultProxy
from local.stack import Stack
from tests.flows.deployed import Trips
from tests.flows.leftovers import leftovers

PREFIX = "sluice-dev-"


@pytest.fixture(scope="session")
def endpoint():
    with running() as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def stack(endpoint):
    stack = Stack(local_environment(endpoint.url))
    stack.apply()
    yield stack
    stack.destroy()
    assert leftovers(endpoint, PREFIX) == []


@pytest.fixture(scope="session")
def deployed(endpoint, stack):
    return Trips(endpoint, stack.outputs())


@pytest.fixture
def trips(deployed):
    """The trips flow with nothing in its table or quarantine."""
    deployed.forget_trips()
    deployed.quarantined()
    return deployed


@pytest.fixture
def proxy(endpoint):
    with FaultProxy(endpoint.url, seed=1) as proxy:
        yield proxy


@pytest.fixture(scope="session")
def iam_enforced(endpoint):
    enforced = Capabilities(endpoint).iam_enforced
    if not enforced:
        pytest.skip(enforced.reason)


def local_environment(url: str) -> dict[str, str]:
    """The environment in which Terraform reaches the local AWS as root; no profile of the developer's gets in."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return inherited | {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": ROOT["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": ROOT["aws_secret_access_key"],
        "AWS_REGION": REGION,
    }
