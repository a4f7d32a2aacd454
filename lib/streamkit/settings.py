"""A function's settings, typed, from its environment.

class Settings(msgspec.Struct, frozen=True):
    trips_table: str                                            # TRIPS_TABLE
    payload_limit: Annotated[int, Meta(ge=1)] = 1_048_576       # PAYLOAD_LIMIT, if it is set

settings = read(Settings, os.environ)

What is wrong is told with its value, unless a variable by its name may hold a secret: errors are logged, and an address
may carry a password.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)

_MAY_BE_SECRET = re.compile(r"(\A|_)(CREDENTIALS?|KEY|PASSWORD|SECRET|TOKEN|UR[IL])\Z")


class SettingsError(ValueError):
    """The environment does not hold what the function needs."""


def read(kind: type[T], environment: Mapping[str, str]) -> T:
    """The settings of `kind`; an empty variable counts as one that is not set."""
    given = {}
    for field in msgspec.structs.fields(kind):
        name = field.encode_name.upper()
        if text := environment.get(name):
            given[field.encode_name] = _typed(name, text, field)
        elif field.required:
            raise SettingsError(f"{name} must be set; got nothing; set it in the function's environment")
    return kind(**given)


def _typed(name: str, text: str, field: msgspec.structs.FieldInfo) -> object:
    try:
        return msgspec.convert(text, field.type, strict=False)
    except msgspec.ValidationError as error:
        rule = str(error).partition(" - at")[0]
        got = f"{len(text)} characters, not shown here" if _MAY_BE_SECRET.search(name) else f'"{text}"'
        raise SettingsError(f"{name}: {rule}; got {got}; correct it in the function's environment") from error
