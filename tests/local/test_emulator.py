"""`up` brings one emulator to life, `down` ends what `up` started and nothing else, whatever happened in between."""

import json
import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import pytest

from local import processes
from local.__main__ import NOTHING_ANSWERS, main
from local.emulator import Emulator, EmulatorError, running
from local.endpoint import Address

ROOT = Path(__file__).resolve().parents[2]
MUTE_HOLDER = """
import socket, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("up", flush=True)
sys.stdin.read()
"""
WEB_SERVER = """
import http.server, sys
server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler)
print("up", flush=True)
server.serve_forever()
"""
LOCALSTACK = """
import http.server, json, sys

class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        known = self.path == "/_localstack/health"
        health = {"services": {"kinesis": "available"}, "edition": "community", "version": "4.14.0"}
        self.send_response(200 if known else 404)
        self.end_headers()
        self.wfile.write(json.dumps(health).encode() if known else b"<Error><Code>NoSuchBucket</Code></Error>")

    def log_message(self, *_):
        pass

server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Health)
print("up", flush=True)
server.serve_forever()
"""
LINGERER = """
import threading, time
threading.Thread(target=time.sleep, args=(60,)).start()

def handle(event, context):
    print("done")
"""
PYTEST_RUN = """
import pathlib, sys, tempfile, pytest
with tempfile.TemporaryDirectory() as folder:
    test = pathlib.Path(folder, "test_waiting.py")
    test.write_text('''
import sys, time
from pathlib import Path
import pytest
from local.emulator import Emulator, running
from local.endpoint import parse

@pytest.fixture(scope="session")
def endpoint():
    with running(Emulator(parse(sys.argv[1]), Path(sys.argv[2]))) as endpoint:
        yield endpoint

def test_waiting(endpoint):
    print("up", flush=True)
    time.sleep(60)
''')
    sys.exit(pytest.main(["-qs", "--no-header", "-p", "no:cacheprovider", "--rootdir", folder, folder]))
"""
TEST_RUN = """
import sys, time
from pathlib import Path
from local.emulator import Emulator, running
from local.endpoint import parse
with running(Emulator(parse(sys.argv[1]), Path(sys.argv[2]))):
    print("up", flush=True)
    time.sleep(60)
"""


def silent(_):
    pass


@pytest.fixture
def emulator(free_address, tmp_path):
    emulator = Emulator(free_address(), tmp_path / "home")
    yield emulator
    with suppress(EmulatorError):
        emulator.down(silent)


@pytest.fixture
def program():
    """Starts Python programs and ends them; each says `up` when it is."""
    started = []

    def start(code, *arguments):
        process = subprocess.Popen(
            [sys.executable, "-c", code, *arguments], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        started.append(process)
        assert process.stdout is not None
        assert b"up\n" in iter(process.stdout.readline, b"")
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_up_answers_and_says_that_it_is_ours(emulator):
    endpoint, started = emulator.up(silent)
    assert (endpoint.url, endpoint.kind, endpoint.ours, started) == (emulator.address.url, "ministack", True, True)


def test_a_second_up_uses_the_first(emulator):
    first, _ = emulator.up(silent)
    assert emulator.up(silent) == (first, False)


def test_racing_ups_start_one_emulator(emulator):
    with ThreadPoolExecutor(4) as pool:
        started = [started for _, started in pool.map(lambda _: emulator.up(silent), range(4))]
    assert sorted(started) == [False, False, False, True]


def test_down_leaves_no_process_and_no_unpacked_file(emulator):
    emulator.up(silent)
    group = emulator.status().process.group
    emulator.down(silent)
    assert (processes.members(group), sorted(path.name for path in emulator.home.iterdir())) == (
        [],
        ["emulator.log", "lock"],
    )


def test_a_second_down_finds_nothing_to_do(emulator):
    told: list[str] = []
    emulator.up(silent)
    emulator.down(silent)
    emulator.down(told.append)
    assert told == [f"nothing of ours runs at {emulator.address.url}"]


def test_an_emulator_started_elsewhere_is_used_and_left_alone(emulator, tmp_path):
    elsewhere = Emulator(emulator.address, tmp_path / "elsewhere")
    emulator.up(silent)
    with running(elsewhere, silent) as endpoint:
        assert not endpoint.ours
    elsewhere.down(silent)
    assert emulator.look().ours


def test_localstack_is_known_by_its_health_page_and_used(emulator, program):
    localstack = program(LOCALSTACK, str(emulator.address.port))
    with running(emulator, silent) as endpoint:
        assert (endpoint.kind, endpoint.version, endpoint.ours) == ("localstack", "4.14.0", False)
    emulator.down(silent)
    assert localstack.poll() is None


def test_a_killed_emulator_is_replaced(emulator):
    emulator.up(silent)
    os.kill(emulator.status().process.pid, signal.SIGKILL)
    assert emulator.up(silent)[1]


def test_function_workers_that_outlived_a_killed_emulator_are_ended(emulator, deploy):
    endpoint, _ = emulator.up(silent)
    endpoint.client("lambda").invoke(FunctionName=deploy(endpoint, "lingerer", LINGERER, ["sqs:ListQueues"]))
    group = emulator.status().process.group
    workers = [process.pid for process in processes.members(group) if process.pid != group]
    os.kill(group, signal.SIGKILL)
    emulator.down(silent)
    assert (len(workers), processes.members(group)) == (1, [])


@pytest.mark.parametrize("record", ["", "{", "[]", '{"pid": "x", "started": 1}', '{"pid": 999999999, "started": "1"}'])
def test_a_worthless_record_is_forgotten(emulator, record):
    emulator.home.mkdir()
    emulator.ledger.path.write_text(record)
    emulator.down(silent)
    assert not emulator.ledger.path.exists()


def test_down_spares_a_stranger_that_got_the_same_pid(emulator, program):
    stranger = program("import sys; print('up', flush=True); sys.stdin.read()  # ministack")
    emulator.home.mkdir()
    emulator.ledger.path.write_text(json.dumps({"pid": stranger.pid, "started": "another time", "at": 0}))
    emulator.down(silent)
    assert stranger.poll() is None


@pytest.mark.parametrize("code", [MUTE_HOLDER, WEB_SERVER])
def test_a_busy_port_is_told_with_its_holder(emulator, program, code):
    holder = program(code, str(emulator.address.port))
    who = rf'pid {holder.pid} \("[^"]*python' if sys.platform == "linux" else "another program"
    with pytest.raises(EmulatorError, match=rf"127\.0\.0\.1:{emulator.address.port} is held by {who}"):
        emulator.up(silent)


def test_a_failed_start_shows_the_end_of_the_log(emulator):
    with closing(socket.socket()) as holder:
        holder.bind(("127.0.0.1", emulator.address.port))  # bound, not listening: only the emulator itself finds out
        with pytest.raises(EmulatorError, match=r"(?s)ended at once.*emulator\.log:.*[Aa]ddress already in use"):
            emulator.up(silent)


def test_a_start_that_takes_too_long_leaves_nothing_running(emulator):
    with pytest.raises(EmulatorError, match="was not ready after 0 s"):
        emulator.up(silent, ready_seconds=0)
    assert (emulator.look(), emulator.status().process) == (None, None)


def test_a_folder_that_cannot_be_written_is_told(free_address, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(EmulatorError, match="must be a folder we may write to"):
        Emulator(free_address(), tmp_path / "file" / "home").up(silent)


def test_nothing_is_started_on_an_address_of_another_machine(tmp_path):
    with pytest.raises(EmulatorError, match="only http on a loopback address is started here"):
        Emulator(Address("http", "203.0.113.1", 1), tmp_path)._refuse_if_busy()


@pytest.mark.parametrize("code", [TEST_RUN, PYTEST_RUN])
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_a_test_run_that_is_interrupted_ends_its_emulator(emulator, program, code, ending):
    run = program(code, emulator.address.url, str(emulator.home))
    run.send_signal(ending)
    run.wait(timeout=20)
    assert (emulator.look(), emulator.ledger.path.exists()) == (None, False)


def test_status_tells_when_nothing_answers(free_address, monkeypatch, capsys):
    url = free_address().url
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    assert (main(["status"]), capsys.readouterr().out) == (
        NOTHING_ANSWERS,
        f"endpoint  {url}\nhealth    nothing answers as AWS\n",
    )


def test_status_tells_of_an_emulator_that_is_not_ours(endpoint, monkeypatch, capsys):
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.url)
    assert (main(["status"]), capsys.readouterr().out.splitlines()[1:]) == (
        0,
        [f"health    ministack {endpoint.version} answers", "process   not started by this checkout"],
    )
