"""An emulator of these tests' own, on a free port and in a temporary folder; the edge address stays untouched."""

from __future__ import annotations

import io
import json
import socket
import threading
import zipfile
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from local.emulator import Emulator, running
from local.endpoint import Address
from local.fault_proxy import FaultProxy


@pytest.fixture(scope="session")
def free_address():
    """Makes loopback addresses that nobody uses."""

    def free():
        with closing(socket.create_server(("127.0.0.1", 0))) as listener:
            return Address("http", "127.0.0.1", listener.getsockname()[1])

    return free


@pytest.fixture(scope="session")
def endpoint(free_address, tmp_path_factory):
    with pytest.MonkeyPatch.context() as machine:
        machine.setenv("AWS_PROFILE", "of-the-developer")
        machine.setenv("HTTP_PROXY", "http://127.0.0.1:1")
        with running(Emulator(free_address(), tmp_path_factory.mktemp("emulator"))) as endpoint:
            machine.undo()
            yield endpoint


@pytest.fixture
def proxy(endpoint):
    with FaultProxy(endpoint.url, seed=1) as proxy:
        yield proxy


TRUST_LAMBDA = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


@pytest.fixture(scope="session")
def deploy():
    """Deploys a function of one module, published as version 1, with a role of its own."""

    def deploy(endpoint, name, source, permissions):
        iam, functions = endpoint.client("iam"), endpoint.client("lambda")
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST_LAMBDA))["Role"]
        statement = {"Effect": "Allow", "Action": permissions, "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=policy)
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w") as archive:
            archive.writestr("module.py", source)
        functions.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=role["Arn"],
            Handler="module.handle",
            Timeout=60,
            Code={"ZipFile": package.getvalue()},
            Publish=True,
        )
        return name

    return deploy


class Recorder(ThreadingHTTPServer):
    """An endpoint that answers everything with `{}` and remembers what it was asked, body included."""

    request_queue_size = 128

    def __init__(self):
        self.requests = []
        super().__init__(("127.0.0.1", 0), _Recording)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


class _Recording(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Recorder

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.requests.append((self.command, self.path, dict(self.headers), body))
        answer = json.dumps({"connection": self.client_address[1]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer)

    do_GET = do_HEAD = do_PUT = do_POST  # noqa: N815

    def log_message(self, *_):
        pass


@pytest.fixture
def recorder():
    recorder = Recorder()
    thread = threading.Thread(target=recorder.serve_forever, args=(0.02,))
    thread.start()
    yield recorder
    recorder.shutdown()
    recorder.server_close()
    thread.join()
