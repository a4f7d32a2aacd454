"""An emulator of these tests' own, away from the edge address: the engine takes over whatever mappings it finds."""

from __future__ import annotations

import socket
from contextlib import closing

import pytest

from local.emulator import Emulator, running
from local.endpoint import Address
from local.engine import rulings
from tests.flows.engine.small_stack import SmallStack


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory):
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        address = Address("http", "127.0.0.1", listener.getsockname()[1])
    with running(Emulator(address, tmp_path_factory.mktemp("emulator")), tell=lambda _: None) as endpoint:
        yield endpoint


@pytest.fixture
def stack(endpoint, tmp_path):
    """A function to map things to, and what it saw."""
    stack = SmallStack(endpoint, tmp_path)
    yield stack
    stack.clear()


@pytest.fixture
def impatient(monkeypatch):
    """Waits that AWS does not document are short here; what follows from them is the same."""
    monkeypatch.setattr(rulings, "FIRST_RETRY_SECONDS", 0.05)
    monkeypatch.setattr(rulings, "IDLE_CLOSE_SECONDS", 0.5)
