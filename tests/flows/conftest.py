"""The dev environment under a name of its own, applied once; destroyed at the end, and looked for."""

from __future__ import annotations

import pytest

from local.emulator import running
from local.endpoint import Capabilities
from local.fault_proxy import FaultProxy
from local.stack import ROOT, Stack
from tests.flows.deployed import Trips
from tests.flows.examples import rehearsal
from tests.flows.leftovers import leftovers

NAME = "flows"


@pytest.fixture(scope="session")
def endpoint():
    with running() as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def examples(endpoint):
    with rehearsal(endpoint.url) as examples:
        yield examples


@pytest.fixture(scope="session")
def stack(endpoint, request):
    if any("examples" in getattr(item, "fixturenames", ()) for item in request.session.items):
        request.getfixturevalue("examples")  # they go up beside the stack
    stack = Stack.at(endpoint.url, ROOT / ".local" / "flows", name=NAME)
    stack.apply()
    yield stack
    if request.session.exitstatus == pytest.ExitCode.INTERRUPTED and endpoint.ours:
        stack.forget()  # whoever pressed Ctrl-C shall not wait: the emulator ends now, and the stack with it
        return
    stack.destroy()
    assert leftovers(endpoint, f"sluice-{NAME}") == []


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
