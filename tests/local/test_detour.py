"""A function's calls go where the detour leads, through its alias too, and nothing of it stays."""

import json

import pytest

from local.detour import detour
from local.faults import Rule, Throttle

HANDLER = """
import os
import boto3
from botocore.config import Config

def handle(event, context):
    try:
        boto3.client("dynamodb", config=Config(retries={"max_attempts": 0})).list_tables()
        return {"error": None, "environment": sorted(os.environ)}
    except Exception as error:
        return {"error": type(error).__name__}
"""


@pytest.fixture(scope="module")
def functions(endpoint):
    return endpoint.client("lambda")


@pytest.fixture(scope="module")
def deployed(endpoint, functions, deploy):
    name = deploy(endpoint, "lister", HANDLER, permissions=["dynamodb:ListTables"])
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    return name


def told_by(functions, qualifier):
    return json.load(functions.invoke(FunctionName="lister", Qualifier=qualifier, Payload=b"{}")["Payload"])


@pytest.mark.parametrize(("alias", "qualifier"), [(None, "$LATEST"), ("live", "live")])
def test_a_detoured_function_meets_the_proxys_faults(functions, deployed, proxy, alias, qualifier):
    with detour(functions, deployed, proxy.url, alias), proxy.faults(Rule(Throttle(), "dynamodb", "ListTables")):
        assert told_by(functions, qualifier)["error"] == "ProvisionedThroughputExceededException"


def test_the_function_is_as_it_was_after_a_detour(functions, deployed, proxy):
    def state():
        versions = functions.list_versions_by_function(FunctionName=deployed)["Versions"]
        return (
            functions.get_function_configuration(FunctionName=deployed)["Environment"],
            functions.get_alias(FunctionName=deployed, Name="live")["FunctionVersion"],
            [version["Version"] for version in versions],
        )

    before = state()
    with detour(functions, deployed, proxy.url, "live"):
        pass
    assert state() == before


def test_a_function_calls_the_emulator_itself_without_a_detour(functions, deployed):
    assert told_by(functions, "live")["error"] is None


def test_a_function_sees_nothing_of_the_developers_environment(functions, deployed):
    assert not {"AWS_PROFILE", "HTTP_PROXY"} & set(told_by(functions, "live")["environment"])
