"""What of the user's settings pip gets to see."""

import pytest

from tools.pip import pip_environment


@pytest.mark.parametrize(
    "name", ["PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_REQUIREMENT", "PIP_PYTHON", "PIP_DRY_RUN"]
)
def test_no_variable_says_what_is_installed_or_where(name):
    assert name not in pip_environment({name: "elsewhere"})


@pytest.mark.parametrize("name", ["PIP_USER", "PIP_REQUIRE_VIRTUALENV"])
def test_what_a_configuration_file_may_say_too_is_overruled(name):
    assert pip_environment({name: "1"})[name] == "0"


@pytest.mark.parametrize(
    "name", ["PIP_INDEX_URL", "PIP_FIND_LINKS", "PIP_CERT", "PIP_PROXY", "PIP_CONFIG_FILE", "HTTPS_PROXY", "PATH"]
)
def test_the_way_to_an_index_stays_the_users(name):
    assert pip_environment({name: "theirs"})[name] == "theirs"
