"""The dev environment under a name of its own, applied once; destroyed at the end, and looked for."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from local.emulator import running
from local.endpoint import Capabilities, Endpoint
from local.engine_process import EngineProcess
from local.fault_proxy import FaultProxy
from local.stack import ROOT, Stack
from tests.flows.deployed import Trips
from tests.flows.engines import kill
from tests.flows.examples import rehearsal
from tests.flows.leftovers import leftovers
from tests.flows.neighbourhood import neighbourhood as neighbours
from tests.flows.shop import Shop

NAME = "flows"

# Short windows, so that many close in a test; buckets of a minute all the same, as the producer's report has them.
TRIPS = {
    "stream": {"capacity": {"mode": "PROVISIONED", "shards": 2}},
    "window": {"seconds": 3, "bucket_seconds": 60, "allowed_lateness_seconds": 900},
}


@pytest.fixture(scope="session")
def endpoint():
    with running() as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def examples(endpoint):
    with rehearsal(endpoint.url) as examples:
        yield examples


@pytest.fixture(scope="session")
def neighbourhood():
    with neighbours() as neighbourhood:
        yield neighbourhood


@pytest.fixture(scope="session")
def stack(endpoint, neighbourhood, request):
    if any("examples" in getattr(item, "fixturenames", ()) for item in request.session.items):
        request.getfixturevalue("examples")  # they go up beside the stack
    orders = neighbourhood.settings(http_apis=bool(Capabilities(endpoint).http_apis))
    variables = {"trips": TRIPS, "orders": orders}
    stack = Stack.at(endpoint.url, home(endpoint) / "flows", name=NAME, variables=variables)
    stack.apply()
    yield stack
    if request.session.exitstatus == pytest.ExitCode.INTERRUPTED and endpoint.ours:
        stack.forget()  # whoever pressed Ctrl-C shall not wait: the emulator ends now, and the stack with it
        return
    stack.destroy()
    assert leftovers(endpoint, f"sluice-{NAME}") == []


@pytest.fixture(scope="session")
def deployed(endpoint, stack):
    """The trips flow, at rest: the endpoint's own pollers know no windows, and would deliver the stream anew."""
    deployed = Trips(endpoint, stack.outputs())
    deployed.poll(on=False)
    return deployed


@pytest.fixture
def engine(endpoint, stack, deployed, tmp_path):
    """The engine of `make up` on the flow's mappings; it goes on where the one before it stood."""
    deployed.poll(on=True)  # a mapping that is off stays off under an engine
    process = EngineProcess(endpoint.url, tmp_path)
    process.up(stack.state)
    yield process
    kill(process)
    deployed.poll(on=False)


@pytest.fixture(scope="module")
def shop(endpoint, stack, deployed, tmp_path_factory):
    """The orders flow under the engine, for all tests of a file."""
    if not (offered := Capabilities(endpoint).http_apis):
        pytest.skip(offered.reason)
    shop = Shop(endpoint, stack.outputs())
    shop.poll(on=True)
    process = EngineProcess(endpoint.url, tmp_path_factory.mktemp("engine"))
    process.up(stack.state)
    yield shop
    kill(process)
    shop.poll(on=False)


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


def home(endpoint: Endpoint) -> Path:
    """Where the files of the AWS at this address are."""
    return ROOT / ".local" / str(urlsplit(endpoint.url).port)


@pytest.fixture(scope="session")
def iam_enforced(endpoint):
    enforced = Capabilities(endpoint).iam_enforced
    if not enforced:
        pytest.skip(enforced.reason)
