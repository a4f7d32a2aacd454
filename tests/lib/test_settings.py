"""The laws of a function's settings."""

from typing import Annotated

import msgspec
import pytest

from streamkit.settings import SettingsError, read


class Settings(msgspec.Struct, frozen=True):
    trips_table: str
    payload_limit: Annotated[int, msgspec.Meta(ge=1)] = 10
    eager: bool = False


def test_settings_are_typed_from_the_environment():
    environment = {"TRIPS_TABLE": "007", "PAYLOAD_LIMIT": "20", "EAGER": "true", "OTHER": "x"}
    assert read(Settings, environment) == Settings("007", payload_limit=20, eager=True)


def test_what_is_not_set_or_empty_has_its_default():
    assert read(Settings, {"TRIPS_TABLE": "trips", "PAYLOAD_LIMIT": ""}) == Settings("trips")


class Guarded(msgspec.Struct, frozen=True):
    cache_url: Annotated[str, msgspec.Meta(pattern="^redis://")] = "redis://localhost"
    api_key: Annotated[str, msgspec.Meta(max_length=3)] = ""
    token: Annotated[str, msgspec.Meta(max_length=3)] = ""
    client_secret: int = 0
    password: int = 0


@pytest.mark.parametrize("name", ["CACHE_URL", "API_KEY", "TOKEN", "CLIENT_SECRET", "PASSWORD"])
def test_what_may_be_a_secret_is_told_without_its_value(name):
    with pytest.raises(SettingsError, match=rf"{name}: .*; got 10 characters, not shown here; correct it") as raised:
        read(Guarded, {name: "redis:s3cr"})
    assert "s3cr" not in f"{raised.value} {raised.value.__cause__}"


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({}, "TRIPS_TABLE must be set; got nothing; set it in the function's environment"),
        ({"TRIPS_TABLE": ""}, "TRIPS_TABLE must be set"),
        ({"TRIPS_TABLE": "t", "PAYLOAD_LIMIT": "6mb"}, 'PAYLOAD_LIMIT: Expected `int`, got `str`; got "6mb"'),
        ({"TRIPS_TABLE": "t", "PAYLOAD_LIMIT": "0"}, 'PAYLOAD_LIMIT: Expected `int` >= 1; got "0"'),
    ],
)
def test_what_is_missing_or_wrong_is_told_with_value_and_remedy(environment, message):
    with pytest.raises(SettingsError, match=message):
        read(Settings, environment)
