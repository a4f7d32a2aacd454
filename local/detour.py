"""A deployed function whose AWS calls go through another address for a while: the fault proxy, say.

    with detour(endpoint.client("lambda"), "sluice-dev-trips-trip-writer", proxy.url, alias="live"):
        invoke(...)

The alias gets a version of its own, made from the function as it is plus AWS_ENDPOINT_URL, and gets its old version
back: what Terraform deployed is untouched afterwards. An emulator hands every function its own address, but a
function's own AWS_ENDPOINT_URL wins. Changing an environment takes an emulator about a second, twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def detour(functions: Any, name: str, url: str, alias: str | None = None) -> Iterator[None]:
    """The function calls AWS at `url`, through `alias` as well if one is named, until the block ends."""
    before = functions.get_function_configuration(FunctionName=name).get("Environment", {}).get("Variables", {})
    try:
        _set_environment(functions, name, {**before, "AWS_ENDPOINT_URL": url})
        if alias is None:
            yield
        else:
            with _version_of_its_own(functions, name, alias):
                yield
    finally:
        _set_environment(functions, name, before)


@contextmanager
def _version_of_its_own(functions: Any, name: str, alias: str) -> Iterator[None]:
    before = functions.get_alias(FunctionName=name, Name=alias)["FunctionVersion"]
    version = functions.publish_version(FunctionName=name)["Version"]
    try:
        functions.update_alias(FunctionName=name, Name=alias, FunctionVersion=version)
        yield
    finally:
        functions.update_alias(FunctionName=name, Name=alias, FunctionVersion=before)
        functions.delete_function(FunctionName=name, Qualifier=version)


def _set_environment(functions: Any, name: str, variables: dict[str, str]) -> None:
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
    functions.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
