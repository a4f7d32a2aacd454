"""An invocation answers when its log is whole, and waits no longer."""

import json
import time
from base64 import b64decode

import pytest

SOURCE = """
import os, subprocess, sys, threading

def handle(event, context):
    exec(event["does"])
"""


@pytest.fixture(scope="module")
def logged(endpoint, deploy):
    """What an invocation wrote, as `LogType=Tail` shows it."""
    function, functions = deploy(endpoint, "logs", SOURCE, ["logs:*"]), endpoint.client("lambda")

    def logged(does):
        payload = json.dumps({"does": does})
        answer = functions.invoke(FunctionName=function, Payload=payload, LogType="Tail")
        return b64decode(answer.get("LogResult", "")).decode()

    logged("pass")  # a cold start is none of these laws
    return logged


def test_a_silent_function_is_not_waited_for(logged):
    assert min(seconds(logged, "pass") for _ in range(5)) < 0.03


def seconds(logged, does):
    began = time.monotonic()
    logged(does)
    return time.monotonic() - began


@pytest.mark.parametrize(
    ("does", "log"),
    [
        ("print(1); print(2)", "1\n2"),
        ("print('no end of line', end='')", "no end of line"),
        ("os.write(2, b'past Python')", "past Python"),
        ("print('first'); sys.stderr.write('last')", "first\nlast"),
        ("[print(n) for n in range(100_000)]", "99999"),
        ("subprocess.run(['echo', 'a child'], stdout=2)", "a child"),
        ("print(chr(30))", "\x1e"),
    ],
)
def test_a_log_is_whole_and_nothing_but_what_was_written(logged, does, log):
    assert logged(does).endswith(log)
    assert logged("print('next')") == "next"


def test_a_function_that_closed_its_log_answers_all_the_same(logged):
    assert [logged("print('before'); os.close(2)"), logged("pass")] == ["before", ""]
    logged("os._exit(0)")


@pytest.mark.parametrize("does", ["os._exit(3)", "raise ValueError(1)"])
def test_a_function_that_died_leaves_what_it_wrote_before(logged, does):
    assert logged(f"print('last words'); {does}").startswith("last words")
