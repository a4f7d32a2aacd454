"""An emulator of these tests' own, on a free port and in a temporary folder; the edge address stays untouched."""

from __future__ import annotations

import socket
from contextlib import closing

import pytest

from local.emulator import Emulator, running
from local.endpoint import Address
from local.fault_proxy import FaultProxy


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory):
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        address = Address("http", "127.0.0.1", listener.getsockname()[1])
    with running(Emulator(address, tmp_path_factory.mktemp("emulator"))) as endpoint:
        yield endpoint


@pytest.fixture
def proxy(endpoint):
    with FaultProxy(endpoint.url, seed=1) as proxy:
        yield proxy
