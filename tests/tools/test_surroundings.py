"""What the stages see of the user's environment: a proof comes out the same on everybody's machine."""

import pytest

from tools.surroundings import surroundings


@pytest.mark.parametrize(
    "name", ["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_REGION", "AWS_SESSION_TOKEN", "TF_CLI_ARGS", "TF_CLI_ARGS_plan"]
)
def test_the_users_account_and_habits_stay_outside(name):
    assert name not in surroundings({name: "theirs"})


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SQS", "PATH", "HTTP_PROXY", "TF_PLUGIN_DIR"])
def test_the_way_out_and_the_local_aws_stay_the_users(name):
    assert surroundings({name: "theirs"})[name] == "theirs"


@pytest.mark.parametrize(
    ("environ", "unproxied"),
    [
        ({}, "127.0.0.1"),
        ({"NO_PROXY": "intranet"}, "intranet,127.0.0.1"),
        ({"no_proxy": "intranet"}, "intranet,127.0.0.1"),
        ({"NO_PROXY": "localhost,127.0.0.1"}, "localhost,127.0.0.1"),
        ({"NO_PROXY": "*"}, "*"),
    ],
)
def test_no_proxy_stands_between_us_and_this_machine(environ, unproxied):
    seen = surroundings(environ)
    assert (seen["NO_PROXY"], seen["no_proxy"]) == (unproxied, unproxied)
