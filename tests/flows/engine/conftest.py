"""An emulator of these tests' own, away from the edge address, or the AWS that AWS_ENDPOINT_URL names.

Another AWS than our own emulator is used where it stands: the engine takes over what a scene's own state names.
"""

from __future__ import annotations

import os
import socket
from contextlib import closing

import pytest

from local.emulator import Emulator, running
from local.endpoint import Address, Capabilities
from local.engine import rulings
from tests.flows.engine import functions
from tests.flows.engine.scene import Scene


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory):
    named = Emulator.of_environment().look() if os.environ.get("AWS_ENDPOINT_URL") else None
    if named and named.kind != "ministack":
        yield named
        return
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        address = Address("http", "127.0.0.1", listener.getsockname()[1])
    with running(Emulator(address, tmp_path_factory.mktemp("emulator")), tell=lambda _: None) as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def capabilities(endpoint):
    return Capabilities(endpoint)


@pytest.fixture(scope="session")
def iam_enforced(capabilities):
    """Of this room's own endpoint, not of the stack's."""
    if not capabilities.iam_enforced:
        pytest.skip(capabilities.iam_enforced.reason)


@pytest.fixture(scope="session")
def witness(endpoint, tmp_path_factory):
    """Whether a function of this endpoint can write down on this machine what it saw; else why not."""
    scene = Scene(endpoint, tmp_path_factory.mktemp("witness"))
    scene.function(functions.plain)
    try:
        scene.client("lambda").invoke(FunctionName=scene.name, Payload=b'{"Records": []}')
    except Exception as error:  # noqa: BLE001  whatever an emulator without a runtime answers is the reason
        return f"{endpoint.url} runs no functions: {error}"
    return (
        None
        if scene.seen()
        else f"the functions of {endpoint.url} do not run on this machine, nobody sees their events"
    )


@pytest.fixture
def mute_scene(endpoint, tmp_path):
    """A function to map things to; what it sees is nobody's business."""
    scene = Scene(endpoint, tmp_path)
    yield scene
    scene.clear()


@pytest.fixture
def scene(mute_scene, witness):
    """A function to map things to, and what it saw."""
    if witness:
        pytest.skip(witness)
    return mute_scene


@pytest.fixture
def impatient(monkeypatch):
    """Waits that AWS does not document are short here; what follows from them is the same."""
    monkeypatch.setattr(rulings, "FIRST_RETRY_SECONDS", 0.05)
    monkeypatch.setattr(rulings, "IDLE_CLOSE_SECONDS", 0.5)
